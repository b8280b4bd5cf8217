import type { IncomingHttpHeaders } from 'node:http';
import type { Writable } from 'node:stream';
import {
  type AdmittedRequest,
  locateRecording,
  type RequestGate,
  type RequestRefusal,
  type Server,
  type StreamRefused,
  type SubscriberStream,
} from '../../../server/index.ts';
import { FLVConnection } from './FLVConnection.ts';
import type { FLVEncoder } from './FLVEncoder.ts';
import { FLVPlayer } from './FLVPlayer.ts';
import type { FLVTarget } from './flvTarget.ts';

/** What a session is made of. */
export interface FLVSessionOptions {
  readonly server: Server;
  readonly gate: RequestGate;
  readonly encoder: FLVEncoder;
  readonly waitMs: number;
  readonly target: FLVTarget;
  readonly headers: IncomingHttpHeaders;
  readonly admitted: AdmittedRequest;
  /** Called once. */
  readonly onEnded: () => void;
}

const STATUS_OF_CODE: Readonly<Record<StreamRefused['code'], number>> = {
  'NetStream.Play.StreamNotFound': 404,
  'NetStream.Publish.BadName': 403,
  'NetStream.Failed': 403,
};
const NOT_FOUND: RequestRefusal = { status: 404, description: 'there is no such stream' };
const GONE: RequestRefusal = { status: 503, description: 'refused' };

/** One player, from its request to the moment it has left its scope. */
export class FLVSession {
  readonly #options: FLVSessionOptions;
  readonly #connection: FLVConnection;
  readonly #player: FLVPlayer;
  #subscription: SubscriberStream | undefined;
  #stopWaiting: (() => void) | undefined;
  #leaving: Promise<void> | undefined;

  constructor(options: FLVSessionOptions) {
    const { admitted, target, headers, encoder } = options;
    this.#options = options;
    this.#connection = new FLVConnection({
      host: admitted.host,
      path: target.path,
      headers,
      connectParams: admitted.parameters,
      ...admitted.peer,
    });
    this.#player = new FLVPlayer(this.#connection, encoder);
  }

  /** The file to be sent; undefined for a live stream. */
  get recordingPath(): string | undefined {
    const { scope } = this.#connection;
    if (scope === undefined || this.#subscription?.isLive !== false) return undefined;
    return locateRecording(scope, this.#options.target.name, 'PLAYBACK');
  }

  /** Takes the player into its scope and asks whether it may play; a refusal, after which all is undone, or undefined. */
  async begin(): Promise<RequestRefusal | undefined> {
    const refusal = await this.#enter();
    if (refusal !== undefined) await this.end();
    return refusal;
  }

  /** Sends the stream. */
  play(output: Writable): void {
    const subscription = this.#subscription;
    if (subscription === undefined) return;
    this.#player.open(output, subscription);
  }

  /** The peer has gone. */
  abandon(): void {
    void this.end();
  }

  /** Ends it and leaves the scope; safe twice and at any time. */
  end(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    this.#stopWaiting?.();
    this.#connection.close();
    await this.#options.server.disconnect(this.#connection);
    this.#options.onEnded();
  }

  async #enter(): Promise<RequestRefusal | undefined> {
    const { gate, server, target, admitted } = this.#options;
    const refusal = await gate.connect(this.#connection);
    if (refusal !== undefined) return refusal;
    const { scope } = this.#connection;
    if (scope === undefined || this.#leaving !== undefined) return GONE;
    const result = await server.streams.play(this.#connection, scope, target.name, this.#player, {
      parameters: admitted.parameters,
    });
    if (!result.accepted) {
      return { status: STATUS_OF_CODE[result.code], description: result.description };
    }
    this.#subscription = result.subscription;
    const { stream } = result.subscription;
    if (stream !== undefined && !stream.isPublished && !(await this.#published())) return NOT_FOUND;
    return this.#leaving === undefined && !this.#connection.isClosing ? undefined : GONE;
  }

  /** Waits for a publisher for as long as one may. */
  #published(): Promise<boolean> {
    const { server, waitMs } = this.#options;
    const stream = this.#subscription?.stream;
    if (waitMs <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (isThere: boolean) => {
        timer.cancel();
        server.streams.removeStreamListener(listener);
        this.#stopWaiting = undefined;
        resolve(isThere);
      };
      const timer = server.clock.after(waitMs, () => finish(false));
      const listener = {
        streamStarted: (started: unknown) => {
          if (started === stream) finish(true);
        },
      };
      server.streams.addStreamListener(listener);
      this.#stopWaiting = () => finish(false);
    });
  }
}
