import type { RTMPMessage } from './chunk/RTMPMessage.ts';
import { NetStream } from './media/NetStream.ts';
import type { NetStreamHost } from './media/NetStreamHost.ts';
import { readStreamName } from './media/readStreamName.ts';
import type { Command } from './message/Command.ts';
import { errorInfo, type StatusInfo } from './message/statusInfo.ts';
import { rtmpError } from './rtmpErrors.ts';

/** What a command about streams leads to; what happens on a stream is told there, by its {@link NetStream}. */
export interface StreamOutcome {
  /** Value of the `_result`, or a promise of it that never rejects; absent when there is none. */
  readonly result?: { readonly value: unknown };
  /** Information of the `_error`, instead of a `_result`. */
  readonly error?: StatusInfo;
  /** An `onStatus` on the stream that the command came on. */
  readonly status?: StatusInfo;
  /** The client wants to go. */
  readonly close?: true;
}

const NOTHING: StreamOutcome = {};
const DONE: StreamOutcome = { result: { value: null } };

/** Media that a client may send without publishing, as one does that was just refused, before it is stopped. */
const MAX_STRAY_BYTES = 1024 * 1024;

/**
 * The commands of encoders and players, and the net streams they are about.
 *
 * They are no remote calls, so an application cannot be asked for them by accident and nothing about them is logged.
 */
export class StreamCommands {
  readonly #maxStreams: number;
  readonly #host: NetStreamHost;
  readonly #streams = new Map<number, NetStream>();
  #strayBytes = 0;

  constructor(maxStreams: number, host: NetStreamHost) {
    this.#maxStreams = maxStreams;
    this.#host = host;
  }

  /** Whether the client has streams. */
  get isUsed(): boolean {
    return this.#streams.size > 0;
  }

  /** Carries a command out; returns undefined when it is none of these. */
  run(command: Command, messageStreamID: number): StreamOutcome | undefined {
    switch (command.name) {
      case 'createStream':
      case 'initStream':
        return this.#create();
      case 'deleteStream':
        this.#delete(Number(command.args[0]));
        return NOTHING;
      case 'FCUnpublish':
        this.#unpublish(command.args[0]);
        return DONE;
      case 'releaseStream':
      case 'FCPublish':
      case 'FCSubscribe':
      case 'FCUnsubscribe':
      case 'setPeerInfo':
      case 'startTransmit':
      case 'stopTransmit':
        return DONE;
      case 'getStreamLength':
        return { result: { value: this.#lengthOf(command.args[0]) } };
      case 'disconnect':
        return { close: true };
      default:
        return this.#onStream(command, messageStreamID);
    }
  }

  /**
   * Takes a media message to the stream that it belongs to; only that one may publish it.
   *
   * @throws ProtocolError with code `RTMP_NOT_PUBLISHING`
   */
  media(message: RTMPMessage): void {
    if (this.#streams.get(message.messageStreamID)?.media(message) === true) {
      this.#strayBytes = 0;
      return;
    }
    this.#strayBytes += message.payload.length;
    if (this.#strayBytes <= MAX_STRAY_BYTES) return;
    throw rtmpError(
      'RTMP_NOT_PUBLISHING',
      `${this.#strayBytes} bytes of media on streams that do not publish`,
    );
  }

  /** The connection has gone. */
  close(): void {
    for (const stream of this.#streams.values()) stream.connectionClosed();
    this.#streams.clear();
  }

  #onStream(command: Command, messageStreamID: number): StreamOutcome | undefined {
    const { args } = command;
    const stream = this.#streams.get(messageStreamID);
    switch (command.name) {
      case 'publish':
        if (stream === undefined) return this.#noStream(args[0]);
        stream.publish(args);
        return NOTHING;
      case 'play':
        if (stream === undefined) return args[0] === false ? NOTHING : this.#noStream(args[0]);
        stream.play(args);
        return NOTHING;
      case 'play2':
        if (stream === undefined) return this.#noStream('');
        stream.play(readPlay2(args[0]));
        return NOTHING;
      case 'pause':
      case 'pauseRaw':
        if (stream === undefined) return this.#noStream('');
        stream.pause(args);
        return NOTHING;
      case 'seek':
        if (stream === undefined) return this.#noStream('');
        stream.seek(args);
        return NOTHING;
      case 'receiveAudio':
        stream?.receiveAudio(args);
        return NOTHING;
      case 'receiveVideo':
        stream?.receiveVideo(args);
        return NOTHING;
      case 'closeStream':
        stream?.stop();
        return NOTHING;
      default:
        return undefined;
    }
  }

  #create(): StreamOutcome {
    let id = 1;
    while (this.#streams.has(id)) id += 1;
    if (id > this.#maxStreams) {
      return { error: errorInfo('NetStream.Failed', `No more than ${this.#maxStreams} streams.`) };
    }
    this.#streams.set(id, new NetStream(id, this.#host));
    return { result: { value: id } };
  }

  #delete(id: number): void {
    this.#streams.get(id)?.delete();
    this.#streams.delete(id);
  }

  #unpublish(name: unknown): void {
    for (const stream of this.#streams.values()) {
      if (stream.publishedName !== undefined && stream.publishedName === name) stream.stop();
    }
  }

  /** Seconds of a recording; 0 when there is none. */
  async #lengthOf(given: unknown): Promise<number> {
    const { connection, server } = this.#host;
    if (connection.scope === undefined) return 0;
    const { name } = readStreamName(given);
    const recorded = await server.streams.getOnDemandStream(connection.scope, name);
    return (recorded?.durationMs ?? 0) / 1000;
  }

  #noStream(name: unknown): StreamOutcome {
    const details = typeof name === 'string' ? name : '';
    return { status: errorInfo('NetStream.Failed', 'There is no such net stream.', { details }) };
  }
}

/** `play2` has what `play` has, in an object. */
function readPlay2(given: unknown): readonly unknown[] {
  const { streamName, start, len } = (given ?? {}) as Readonly<Record<string, unknown>>;
  return [streamName, start, len, true];
}
