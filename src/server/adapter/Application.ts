import type { Client } from '../connection/Client.ts';
import type { Connection } from '../connection/Connection.ts';
import type { MaybePromise } from '../MaybePromise.ts';
import type { Scope } from '../scope/Scope.ts';

/**
 * The callbacks of an application's life, in the order Red5 calls them; each may be synchronous or return a promise, which is awaited.
 *
 * Connecting to a room: `roomStart` when the room is new, `appConnect`, `appJoin`, `roomConnect`, `roomJoin`; then the client is
 * answered. Leaving: `roomDisconnect`, `roomLeave`, `appDisconnect`, `appLeave`, and `roomStop` when the room vanishes. Every connect
 * that said yes is balanced by a disconnect, every join by a leave.
 *
 * Those that return a boolean refuse by anything but `true`, or by throwing; `rejectClient` gives a reason. What the others throw is logged.
 *
 * @red5 org.red5.server.adapter.IApplication
 */
export interface Application {
  /** The application starts. Nobody can connect before it said yes. */
  appStart?(scope: Scope): MaybePromise<boolean>;
  /** The application stops; everybody has left and all rooms are gone. Called exactly once. */
  appStop?(scope: Scope): MaybePromise<void>;
  /** A client connects to the application or to one of its rooms. */
  appConnect?(connection: Connection, params: readonly unknown[]): MaybePromise<boolean>;
  /** A client has left the application; called for every connect that said yes. */
  appDisconnect?(connection: Connection): MaybePromise<void>;
  /** A client joins the application, after `appConnect`. */
  appJoin?(client: Client, scope: Scope): MaybePromise<boolean>;
  /** A client has left the application, after `appDisconnect`. */
  appLeave?(client: Client, scope: Scope): MaybePromise<void>;
  /** A room comes into being; refused, it does not exist. */
  roomStart?(scope: Scope): MaybePromise<boolean>;
  /** A room has vanished. */
  roomStop?(scope: Scope): MaybePromise<void>;
  /** A client connects to a room, after it joined the application. */
  roomConnect?(connection: Connection, params: readonly unknown[]): MaybePromise<boolean>;
  /** A client has left a room; called for every connect that said yes. */
  roomDisconnect?(connection: Connection): MaybePromise<void>;
  /** A client joins a room, after `roomConnect`. */
  roomJoin?(client: Client, scope: Scope): MaybePromise<boolean>;
  /** A client has left a room, after `roomDisconnect`. */
  roomLeave?(client: Client, scope: Scope): MaybePromise<void>;
}

/**
 * A listener of an application that says yes to everything; override what is of interest.
 *
 * @red5 org.red5.server.adapter.ApplicationLifecycle
 */
export class ApplicationLifecycle implements Application {
  appStart(_scope: Scope): MaybePromise<boolean> {
    return true;
  }

  appStop(_scope: Scope): MaybePromise<void> {}

  appConnect(_connection: Connection, _params: readonly unknown[]): MaybePromise<boolean> {
    return true;
  }

  appDisconnect(_connection: Connection): MaybePromise<void> {}

  appJoin(_client: Client, _scope: Scope): MaybePromise<boolean> {
    return true;
  }

  appLeave(_client: Client, _scope: Scope): MaybePromise<void> {}

  roomStart(_scope: Scope): MaybePromise<boolean> {
    return true;
  }

  roomStop(_scope: Scope): MaybePromise<void> {}

  roomConnect(_connection: Connection, _params: readonly unknown[]): MaybePromise<boolean> {
    return true;
  }

  roomDisconnect(_connection: Connection): MaybePromise<void> {}

  roomJoin(_client: Client, _scope: Scope): MaybePromise<boolean> {
    return true;
  }

  roomLeave(_client: Client, _scope: Scope): MaybePromise<void> {}
}
