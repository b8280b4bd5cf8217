import type { Application } from '../adapter/Application.ts';
import type { Client } from '../connection/Client.ts';
import type { Scope } from '../scope/Scope.ts';
import type { SharedObject } from './SharedObject.ts';
import type { SharedObjectListener } from './SharedObjectListener.ts';

/** Options of {@link RoomSharedObjects}. */
export interface RoomSharedObjectsOptions {
  /** The shared object's name in each scope. */
  readonly name: string;
  /** Whether it outlives the process. Default false. */
  readonly persistent?: boolean;
  /** Called when an object begins to be kept, before anybody can use it; what it returns is told of every change. */
  readonly listen?: (so: SharedObject, scope: Scope) => SharedObjectListener;
}

/** An object that was acquired, and is released when nobody needs it. */
interface Kept {
  readonly so: SharedObject;
  readonly listener: SharedObjectListener | undefined;
  /** Clients in the scope, of any protocol. */
  users: number;
}

/**
 * The shared object of one name in each place where clients are, the application as well as its rooms: made and acquired when the
 * first client joins, released with the last, so that the room goes.
 *
 * Acquired in `roomStart`, an object would keep its room for ever: `roomStop` comes when nothing holds the room any more. Not acquired,
 * it would go while clients are there that do not subscribe, as browsers, and lose its listener. Give it to the application with
 * {@link MultiThreadedApplicationAdapter.addListener}, in `appStart` at the latest.
 *
 * @example this.addListener(new RoomSharedObjects({ name: 'chat', listen: (so, room) => new LineListener(room) }));
 */
export class RoomSharedObjects implements Application {
  readonly #options: RoomSharedObjectsOptions;
  readonly #kept = new Map<Scope, Kept>();

  constructor(options: RoomSharedObjectsOptions) {
    this.#options = options;
  }

  /** The object of a scope where somebody is; undefined where nobody is. */
  get(scope: Scope): SharedObject | undefined {
    return this.#kept.get(scope)?.so;
  }

  /** Does something with the object of a scope, which is made and listened to for this time when nobody is there. */
  use(scope: Scope, action: (so: SharedObject) => void): void {
    const kept = this.#keep(scope);
    try {
      action(kept.so);
    } finally {
      this.#releaseIfUnused(scope, kept);
    }
  }

  /** Somebody comes to the application; those who go on to a room pass here too. */
  appJoin(_client: Client, app: Scope): boolean {
    this.#keep(app).users += 1;
    return true;
  }

  appLeave(_client: Client, app: Scope): void {
    this.#left(app);
  }

  /** Somebody comes to a room; on the way to a room inside it as well. */
  roomJoin(_client: Client, room: Scope): boolean {
    this.#keep(room).users += 1;
    return true;
  }

  roomLeave(_client: Client, room: Scope): void {
    this.#left(room);
  }

  #keep(scope: Scope): Kept {
    const present = this.#kept.get(scope);
    if (present !== undefined) return present;
    const { name, persistent = false, listen } = this.#options;
    const so = scope.server.sharedObjects.getSharedObject(scope, name, persistent);
    if (so === undefined) throw new Error(`no shared object "${name}" in ${scope.fullPath}`);
    const listener = listen?.(so, scope);
    so.acquire();
    if (listener !== undefined) so.addSharedObjectListener(listener);
    const kept = { so, listener, users: 0 };
    this.#kept.set(scope, kept);
    return kept;
  }

  #left(scope: Scope): void {
    const kept = this.#kept.get(scope);
    if (kept === undefined) return;
    kept.users -= 1;
    this.#releaseIfUnused(scope, kept);
  }

  #releaseIfUnused(scope: Scope, { so, listener, users }: Kept): void {
    if (users > 0) return;
    this.#kept.delete(scope);
    if (listener !== undefined) so.removeSharedObjectListener(listener);
    so.release();
  }
}
