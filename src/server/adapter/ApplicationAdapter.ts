import type { Client } from '../connection/Client.ts';
import type { Connection } from '../connection/Connection.ts';
import { isPromise, type MaybePromise } from '../MaybePromise.ts';
import type { Scope } from '../scope/Scope.ts';
import { MultiThreadedApplicationAdapter } from './MultiThreadedApplicationAdapter.ts';

/**
 * An adapter whose life-cycle callbacks never overlap, however long one takes.
 *
 * Each waits for the one before, whatever connection it is for. Remote calls and shared object callbacks do not wait.
 *
 * @red5 org.red5.server.adapter.ApplicationAdapter
 */
export class ApplicationAdapter extends MultiThreadedApplicationAdapter {
  /** The callback that runs; undefined when none does. */
  #running: Promise<unknown> | undefined;

  override start(scope: Scope): MaybePromise<boolean> {
    return this.#inTurn(() => super.start(scope));
  }

  override stop(scope: Scope): MaybePromise<void> {
    return this.#inTurn(() => super.stop(scope));
  }

  override connect(
    connection: Connection,
    scope: Scope,
    params: readonly unknown[],
  ): MaybePromise<boolean> {
    return this.#inTurn(() => super.connect(connection, scope, params));
  }

  override disconnect(connection: Connection, scope: Scope): MaybePromise<void> {
    return this.#inTurn(() => super.disconnect(connection, scope));
  }

  override join(client: Client, scope: Scope): MaybePromise<boolean> {
    return this.#inTurn(() => super.join(client, scope));
  }

  override leave(client: Client, scope: Scope): MaybePromise<void> {
    return this.#inTurn(() => super.leave(client, scope));
  }

  #inTurn<T>(callback: () => MaybePromise<T>): MaybePromise<T> {
    const before = this.#running;
    const result = before === undefined ? callback() : before.then(callback, callback);
    if (!isPromise(result)) return result;
    this.#running = result;
    const done = (): void => {
      if (this.#running === result) this.#running = undefined;
    };
    result.then(done, done);
    return result;
  }
}
