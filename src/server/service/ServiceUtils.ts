import type { Client } from '../connection/Client.ts';
import type { Connection, ServiceCapableConnection } from '../connection/Connection.ts';
import { Red5 } from '../connection/Red5.ts';
import type { Scope } from '../scope/Scope.ts';

/** The answer of one of several clients. */
export interface ClientAnswer {
  readonly connection: Connection;
  readonly result: PromiseSettledResult<unknown>;
}

/**
 * Calling methods of clients.
 *
 * @red5 org.red5.server.api.service.ServiceUtils
 */
export const ServiceUtils: {
  /** Whether methods of the peer can be called. */
  canInvoke(connection: Connection | undefined): connection is ServiceCapableConnection;
  /**
   * Calls a method of a connection, by default of the current one; undefined when it cannot be called.
   */
  invokeOnConnection(
    method: string,
    args: readonly unknown[],
    connection?: Connection,
  ): Promise<unknown> | undefined;
  /** Calls a method of all connections of a client; resolves when all have answered or failed. */
  invokeOnClient(client: Client, method: string, args: readonly unknown[]): Promise<ClientAnswer[]>;
  /** Calls a method of everybody in a scope and in rooms below; resolves when all have answered or failed. */
  invokeOnAllScopeConnections(
    scope: Scope,
    method: string,
    args: readonly unknown[],
  ): Promise<ClientAnswer[]>;
  /** Calls a method without wanting an answer; returns whether the connection can be called. */
  notifyOnConnection(method: string, args: readonly unknown[], connection?: Connection): boolean;
  /** Calls a method on all connections of a client in a scope without waiting for replies. */
  notifyOnClient(client: Client, method: string, args: readonly unknown[]): void;
  /** Calls a method on all clients of a scope without waiting for replies. */
  notifyOnAllScopeConnections(scope: Scope, method: string, args: readonly unknown[]): void;
} = {
  canInvoke,
  invokeOnConnection(method, args, connection = Red5.getConnectionLocal()) {
    return canInvoke(connection) ? connection.invoke(method, args) : undefined;
  },
  invokeOnClient: (client, method, args) => invokeOnEach(client.connections, method, args),
  invokeOnAllScopeConnections: (scope, method, args) =>
    invokeOnEach(scope.connections, method, args),
  notifyOnConnection(method, args, connection = Red5.getConnectionLocal()) {
    if (!canInvoke(connection)) return false;
    connection.notify(method, args);
    return true;
  },
  notifyOnClient: (client, method, args) => notifyEach(client.connections, method, args),
  notifyOnAllScopeConnections: (scope, method, args) => notifyEach(scope.connections, method, args),
};

function canInvoke(connection: Connection | undefined): connection is ServiceCapableConnection {
  const methods = connection as Partial<ServiceCapableConnection> | undefined;
  return typeof methods?.invoke === 'function' && typeof methods.notify === 'function';
}

async function invokeOnEach(
  connections: Iterable<Connection>,
  method: string,
  args: readonly unknown[],
): Promise<ClientAnswer[]> {
  const called = [...connections].filter(canInvoke);
  const results = await Promise.allSettled(called.map((c) => c.invoke(method, args)));
  return called.map((connection, index) => ({
    connection,
    result: results[index] as PromiseSettledResult<unknown>,
  }));
}

function notifyEach(
  connections: Iterable<Connection>,
  method: string,
  args: readonly unknown[],
): void {
  for (const connection of connections) if (canInvoke(connection)) connection.notify(method, args);
}
