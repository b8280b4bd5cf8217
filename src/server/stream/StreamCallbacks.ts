import { describeError } from '../../base/index.ts';
import type { Connection } from '../connection/Connection.ts';
import { runWithServer } from '../connection/Red5.ts';
import { isPromise, type MaybePromise } from '../MaybePromise.ts';
import type { Server } from '../Server.ts';
import type { Scope } from '../scope/Scope.ts';
import { allSayYes } from '../so/decideRequests.ts';
import type { Publication } from './Publication.ts';
import type { PlayItem, StreamAwareScopeHandler } from './StreamAwareScopeHandler.ts';
import type { PublishMode, StreamParameters } from './streamSecurity.ts';

/** Callbacks that are told something; those that decide are asked one by one. */
export type StreamCallback = Exclude<
  keyof StreamAwareScopeHandler,
  'getStreamPublishSecurity' | 'getStreamPlaybackSecurity' | 'streamPublishStart'
>;

/** Asks and tells applications about streams, on behalf of the connection that is the cause. */
export class StreamCallbacks {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  /** Whether all security handlers let a connection publish. */
  async isPublishAllowed(
    connection: Connection,
    scope: Scope,
    name: string,
    options: { readonly mode: PublishMode; readonly parameters: StreamParameters },
  ): Promise<boolean> {
    return await this.#ask(connection, scope, () =>
      allSayYes(
        handlerOf(scope)?.getStreamPublishSecurity?.() ?? [],
        (security) => security.isPublishAllowed(scope, name, options.mode, options.parameters),
        (error) => this.#failed('stream publish security', scope, error),
      ),
    );
  }

  /** Whether all security handlers let a connection play. */
  async isPlaybackAllowed(
    connection: Connection,
    scope: Scope,
    item: PlayItem,
    options: { readonly reset: boolean; readonly parameters: StreamParameters },
  ): Promise<boolean> {
    const { name, start, length } = item;
    const { reset, parameters } = options;
    return await this.#ask(connection, scope, () =>
      allSayYes(
        handlerOf(scope)?.getStreamPlaybackSecurity?.() ?? [],
        (security) => security.isPlaybackAllowed(scope, name, start, length, reset, parameters),
        (error) => this.#failed('stream playback security', scope, error),
      ),
    );
  }

  /** Calls `streamPublishStart`; false when it threw, which refuses. */
  async publishStart(publication: Publication): Promise<boolean> {
    const { stream, connection } = publication;
    try {
      await runWithServer(this.#server, connection, () =>
        handlerOf(stream.scope)?.streamPublishStart?.(stream),
      );
      return true;
    } catch (error) {
      this.#failed('streamPublishStart', stream.scope, error);
      return false;
    }
  }

  /** Calls a callback; what it throws is logged. Returns a promise when it takes its time. */
  tell<K extends StreamCallback>(
    connection: Connection | undefined,
    scope: Scope,
    callback: K,
    ...args: Parameters<NonNullable<StreamAwareScopeHandler[K]>>
  ): MaybePromise<void> {
    const handler = handlerOf(scope);
    const method = handler?.[callback] as ((...given: unknown[]) => MaybePromise<void>) | undefined;
    if (method === undefined) return undefined;
    const failed = (error: unknown): void => this.#failed(callback, scope, error);
    try {
      const result = runWithServer(this.#server, connection, () => method.apply(handler, args));
      return isPromise(result) ? result.catch(failed) : undefined;
    } catch (error) {
      failed(error);
      return undefined;
    }
  }

  #ask(
    connection: Connection,
    scope: Scope,
    question: () => MaybePromise<boolean>,
  ): MaybePromise<boolean> {
    if (!connection.isConnected || !scope.enabled) return false;
    return runWithServer(this.#server, connection, question);
  }

  #failed(what: string, scope: Scope, error: unknown): void {
    this.#server.logger.error(`${what} failed: ${describeError(error)}`, {
      scope: scope.fullPath,
      stack: error instanceof Error ? error.stack : undefined,
    });
  }
}

function handlerOf(scope: Scope): StreamAwareScopeHandler | undefined {
  return scope.handler as StreamAwareScopeHandler | undefined;
}
