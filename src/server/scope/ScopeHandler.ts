import type { Client } from '../connection/Client.ts';
import type { Connection } from '../connection/Connection.ts';
import type { MaybePromise } from '../MaybePromise.ts';
import type { RemoteCall } from '../service/RemoteCall.ts';
import type { Scope } from './Scope.ts';

/**
 * What decides and is told about a scope and those below it that have no handler of their own.
 *
 * Every method may be left out, which means yes. Those that decide refuse by anything but `true`, by throwing, or by a promise of
 * either; a promise is waited for before the client is answered. What the others throw is logged and goes no further.
 *
 * @red5 org.red5.server.api.scope.IScopeHandler
 */
export interface ScopeHandler {
  /** Called when the handler is assigned to a scope. */
  setScope?(scope: Scope): void;
  /** A scope starts; refused, it does not come into being. */
  start?(scope: Scope): MaybePromise<boolean>;
  /** A scope has ended; nobody is connected any more. */
  stop?(scope: Scope): MaybePromise<void>;
  /** A connection wants into the scope; anything but `true` refuses it. */
  connect?(connection: Connection, scope: Scope, params: readonly unknown[]): MaybePromise<boolean>;
  /** Balances each `connect` that said yes. */
  disconnect?(connection: Connection, scope: Scope): MaybePromise<void>;
  /** A client wants to join the scope; anything but `true` refuses it. */
  join?(client: Client, scope: Scope): MaybePromise<boolean>;
  /** Balances each `join` that said yes; comes after `disconnect`. */
  leave?(client: Client, scope: Scope): MaybePromise<void>;
  /** Whether a room, shared object or stream of this name may be made in the scope. */
  addChildScope?(scope: Scope, name: string, type: ChildType): boolean;
  /** A room, shared object or stream that `addChildScope` agreed to has vanished. */
  removeChildScope?(scope: Scope, name: string, type: ChildType): void;
  /**
   * The application hands its clients over to a new version of itself; nothing of what they send arrives any more.
   *
   * With this method, it gets no disconnect and leave callbacks for them.
   *
   * @returns what the new version is to know; plain data, as `structuredClone` copies
   */
  appSuspend?(scope: Scope): MaybePromise<unknown>;
  /**
   * The application takes over from an old version of itself, after that was stopped and before any client is heard again.
   *
   * Without this method, it gets connect and join callbacks for each client, as if they had just come.
   */
  appResume?(scope: Scope, handover: Handover): MaybePromise<void>;
  /** Whether a remote call may proceed. */
  serviceCall?(connection: Connection, call: RemoteCall): MaybePromise<boolean>;
}

/** What a new version of an application takes over. */
export interface Handover {
  /** What the old version's `appSuspend` returned, copied; undefined when it has none. */
  readonly state: unknown;
  /** Who is connected; each in the new version's scope of the same path. */
  readonly connections: readonly Connection[];
}

/** What lives in a scope. */
export type ChildType = 'ROOM' | 'SHARED_OBJECT' | 'BROADCAST';

/**
 * Decides who may connect to a scope, before any application callback and before rooms are made.
 *
 * @red5 org.red5.server.api.scope.IScopeSecurityHandler
 */
export interface ScopeSecurityHandler {
  /** All handlers of the application and of the rooms on the way that exist must say `true`. */
  allowed(connection: Connection, scope: Scope): MaybePromise<boolean>;
}

/** Told of scopes that come and go, after the fact. */
export interface ScopeListener {
  /** A scope has come into being. */
  scopeCreated?(scope: Scope): void;
  /** A scope has vanished. */
  scopeRemoved?(scope: Scope): void;
}

/** Told of connections that were accepted and have left, after the callbacks of the application. */
export interface ConnectionListener {
  /** A connection was accepted. */
  connected?(connection: Connection): void;
  /** A connection has ended. */
  disconnected?(connection: Connection): void;
  /** The peer has gone without a word; the connection is about to be closed. */
  ghostDetected?(connection: Connection): void;
}
