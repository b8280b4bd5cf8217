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
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;

  constructor(connection: FLVConnection, encoder: FLVEncoder) {
    this.connection = connection;
    this.#encoder = encoder;
  }

  /** Bytes that the client has not taken yet. */
  get queuedBytes(): number {
    return this.#gatheredBytes + (this.#output?.writableLength ?? 0);
  }

  /** Begins to send. */
  open(output: Writable, subscription: SubscriberStream): void {
    this.#output = output;
    this.#subscription = subscription;
    this.connection.open(output, () => this.#flush());
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

  /** What comes in one turn, or in the time that media may be gathered, goes out in one piece. */
  #write(bytes: Buffer): void {
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.#gathered.length > 1) return;
    const gatherMs = this.#subscription?.stream?.settings.flushIntervalMs ?? 0;
    if (gatherMs > 0) this.connection.server?.clock.after(gatherMs, () => this.#flush());
    else process.nextTick(() => this.#flush());
  }

  #flush(): void {
    const output = this.#output;
    const gathered = this.#gathered;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    if (gathered.length === 0 || output === undefined) return;
    if (output.destroyed || output.writableEnded) return;
    output.write(this.#encoder.join(gathered));
  }
}

function isSetUp({ type, isSequenceHeader }: MediaMessage): boolean {
  return type === 'data' || isSequenceHeader;
}
