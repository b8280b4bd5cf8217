import type { Writable } from 'node:stream';
import { writeFLVHeader } from '../../../io/index.ts';
import type {
  EndReason,
  MediaMessage,
  StreamSubscriber,
  SubscriberStream,
} from '../../../server/index.ts';
import { announcedTracks } from './announcedTracks.ts';
import type { FLVConnection } from './FLVConnection.ts';
import type { FLVEncoder } from './FLVEncoder.ts';

/** Sends a live stream as an FLV file that does not end, until the publisher goes. */
export class FLVPlayer implements StreamSubscriber {
  readonly connection: FLVConnection;
  readonly #encoder: FLVEncoder;
  #output: Writable | undefined;
  /** What came before the first audio or video; the header of the file depends on it. */
  #beginning: MediaMessage[] | undefined = [];
  #subscription: SubscriberStream | undefined;
  #base = 0;
  #isCorked = false;

  constructor(connection: FLVConnection, encoder: FLVEncoder) {
    this.connection = connection;
    this.#encoder = encoder;
  }

  /** Bytes that the client has not taken yet. */
  get queuedBytes(): number {
    return this.#output?.writableLength ?? 0;
  }

  /** Begins to send. */
  open(output: Writable, subscription: SubscriberStream): void {
    this.#output = output;
    this.#subscription = subscription;
    subscription.start();
    this.#beginIfPossible();
  }

  deliver(message: MediaMessage): void {
    if (this.#beginning === undefined) {
      this.#write(this.#encoder.encode(message, this.#base));
      return;
    }
    this.#beginning.push(message);
    if (this.#subscription?.isOpen === true && !isSetUp(message)) this.#beginIfPossible();
  }

  /** The publisher has gone: an FLV file has an end. */
  unpublished(): void {
    this.connection.close();
  }

  ended(reason: EndReason): void {
    if (reason === 'too-slow') {
      this.connection.close({ kind: 'policy', description: 'too slow for the stream' });
    } else {
      this.connection.close();
    }
  }

  /** Writes the header and what has come, once there is media: before, nobody knows of what kinds the stream is. */
  #beginIfPossible(): void {
    const messages = this.#beginning ?? [];
    const first = messages.find((message) => !isSetUp(message));
    if (first === undefined) return;
    this.#beginning = undefined;
    const tracks = announcedTracks(this.#subscription?.stream, messages);
    this.#write(writeFLVHeader(tracks));
    this.#base = this.#encoder.baseOf(first.timestamp);
    for (const message of messages) {
      // Long ago the publisher has sent what decoders are set up with; a player is given it with the time of what follows.
      const time = (isSetUp(message) ? first : message).timestamp - this.#base;
      this.#write(this.#encoder.encodeAt(message, time));
    }
  }

  /** What is written in one turn goes out in one piece. */
  #write(bytes: Buffer): void {
    const output = this.#output;
    if (output === undefined || output.destroyed || output.writableEnded) return;
    if (!this.#isCorked) {
      this.#isCorked = true;
      output.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        output.uncork();
      });
    }
    output.write(bytes);
  }
}

function isSetUp({ type, isSequenceHeader }: MediaMessage): boolean {
  return type === 'data' || isSequenceHeader;
}
