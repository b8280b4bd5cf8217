import { AsyncLocalStorage } from 'node:async_hooks';
import { Red5Error } from '../../base/index.ts';
import type { Context } from '../Context.ts';
import type { Server } from '../Server.ts';
import type { Scope } from '../scope/Scope.ts';
import type { WebScope } from '../scope/WebScope.ts';
import type { BaseConnection } from './BaseConnection.ts';
import type { Client } from './Client.ts';
import type { Connection } from './Connection.ts';

interface Current {
  readonly server: Server | undefined;
  readonly connection: Connection | undefined;
  /** The application whose start runs. */
  readonly application?: WebScope | undefined;
}

// One slot for the process; what is in it belongs to the running callback and everything it awaits, so two servers never mix.
const current = new AsyncLocalStorage<Current>();

/**
 * Runs `task` on behalf of a connection, or of none.
 *
 * Inside, also after an `await`, {@link Red5.getConnectionLocal} returns the connection; the server of static forms is the connection's,
 * or stays what it was when there is no connection.
 */
export function runWithConnection<T>(connection: Connection | undefined, task: () => T): T {
  const server = (connection as BaseConnection | undefined)?.server ?? current.getStore()?.server;
  return current.run({ server, connection }, task);
}

/**
 * Runs `task` as code of a server, on behalf of a connection that may not have been taken in yet.
 *
 * @internal
 */
export function runWithServer<T>(
  server: Server,
  connection: Connection | undefined,
  task: () => T,
): T {
  return current.run({ server, connection }, task);
}

/**
 * Runs `task` as code of an application that starts, and that may not be the one that clients reach.
 *
 * @internal
 */
export function runWithApplication<T>(application: WebScope, task: () => T): T {
  return current.run({ server: application.server, connection: undefined, application }, task);
}

/**
 * The application whose code is running, as far as that is known.
 *
 * @internal
 */
export function currentApplication(): WebScope | undefined {
  const store = current.getStore();
  return store?.application ?? store?.connection?.scope?.application;
}

/**
 * The server whose code is running.
 *
 * @internal
 * @throws Red5Error `NO_CURRENT_SERVER`
 */
export function currentServer(what: string): Server {
  const server = current.getStore()?.server;
  if (server !== undefined) return server;
  throw new Red5Error(
    'NO_CURRENT_SERVER',
    `${what} needs a server, and this code was not called by one; use injection, or wrap it in server.run(…)`,
  );
}

/**
 * Where code finds out on whose behalf it runs.
 *
 * The static form is right in every callback, also after `await`; an instance keeps the connection it was made with.
 *
 * @red5 org.red5.server.api.Red5
 */
export class Red5 {
  readonly connection: Connection | undefined;

  constructor(connection: Connection | undefined = Red5.getConnectionLocal()) {
    this.connection = connection;
  }

  /** The connection that caused the running code; undefined in timers, start-up, and classic WebSocket listener callbacks. */
  static getConnectionLocal(): Connection | undefined {
    return current.getStore()?.connection;
  }

  get client(): Client | undefined {
    return this.connection?.client;
  }

  get scope(): Scope | undefined {
    return this.connection?.scope;
  }

  get context(): Context | undefined {
    return this.connection?.scope?.context;
  }
}
