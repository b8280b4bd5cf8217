import type { Command } from './message/Command.ts';
import { errorInfo, type StatusInfo } from './message/statusInfo.ts';

/** What a command about streams leads to. */
export interface StreamOutcome {
  /** Value of the `_result`; absent when there is none. */
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

/**
 * The commands of encoders and players, answered as they expect.
 *
 * They are no remote calls, so an application cannot be asked for them by accident and nothing about them is logged. There is no media
 * here: publishing and playing are refused with a status, and the connection lives on.
 */
export class StreamCommands {
  readonly #maxStreams: number;
  readonly #streams = new Set<number>();

  constructor(maxStreams: number) {
    this.#maxStreams = maxStreams;
  }

  /** Whether the client has streams. */
  get isUsed(): boolean {
    return this.#streams.size > 0;
  }

  /** Carries a command out; returns undefined when it is none of these. */
  run(command: Command, messageStreamID: number): StreamOutcome | undefined {
    const name = String(command.args[0] ?? '');
    switch (command.name) {
      case 'createStream':
      case 'initStream':
        return this.#create();
      case 'deleteStream':
        this.#streams.delete(Number(command.args[0]));
        return NOTHING;
      case 'releaseStream':
      case 'FCPublish':
      case 'FCUnpublish':
      case 'FCSubscribe':
      case 'FCUnsubscribe':
      case 'setPeerInfo':
        return DONE;
      case 'getStreamLength':
        return { result: { value: 0 } };
      case 'closeStream':
      case 'receiveAudio':
      case 'receiveVideo':
        return NOTHING;
      case 'publish':
        return refused('NetStream.Publish.BadName', 'This server takes no streams.', name);
      case 'play':
      case 'play2':
        return this.#play(command, messageStreamID);
      case 'pause':
      case 'pauseRaw':
      case 'seek':
        return refused('NetStream.Failed', 'Nothing is playing on this stream.', name);
      case 'disconnect':
        return { close: true };
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
    this.#streams.add(id);
    return { result: { value: id } };
  }

  #play(command: Command, messageStreamID: number): StreamOutcome {
    if (command.args[0] === false || !this.#streams.has(messageStreamID)) return NOTHING;
    const name = String(command.args[0] ?? '');
    return refused('NetStream.Play.StreamNotFound', 'There is no such stream.', name);
  }
}

function refused(code: string, description: string, details: string): StreamOutcome {
  return { status: errorInfo(code, description, { details }) };
}
