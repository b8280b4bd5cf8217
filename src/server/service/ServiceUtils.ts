import type { Client } from '../connection/Client.ts';
import type { Connection, ServiceCapableConnection } from '../connection/Connection.ts';
import { Red5 } from '../connection/Red5.ts';
import type { Scope } from '../scope/Scope.ts';

/** The answer of one of several clients. */
export interface ClientAnswer {
  readonly connection: Connection;
  readonly result: PromiseSettledResult<unknown>;
}

/** What to call, and of which connection: by default the current one. Red5's order of arguments will do as well. */
type ConnectionCall =
  | readonly [method: string, args: readonly unknown[], connection?: Connection | undefined]
  | readonly [connection: Connection, method: string, args: readonly unknown[]];

/** What to call of all connections of a client, or as in Red5 of those that are in a scope or in rooms below. */
type ClientCall =
  | readonly [client: Client, method: string, args: readonly unknown[]]
  | readonly [client: Client, scope: Scope, method: string, args: readonly unknown[]];

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
  invokeOnConnection(...call: ConnectionCall): Promise<unknown> | undefined;
  /** Calls a method of all connections of a client; resolves when all have answered or failed. */
  invokeOnClient(...call: ClientCall): Promise<ClientAnswer[]>;
  /** Calls a method of everybody in a scope and in rooms below; resolves when all have answered or failed. */
  invokeOnAllScopeConnections(
    scope: Scope,
    method: string,
    args: readonly unknown[],
  ): Promise<ClientAnswer[]>;
  /** Calls a method without wanting an answer; returns whether the connection can be called. */
  notifyOnConnection(...call: ConnectionCall): boolean;
  /** Calls a method on all connections of a client without waiting for replies. */
  notifyOnClient(...call: ClientCall): void;
  /** Calls a method on all clients of a scope without waiting for replies. */
  notifyOnAllScopeConnections(scope: Scope, method: string, args: readonly unknown[]): void;
} = {
  canInvoke,
  invokeOnConnection(...call) {
    const { connection, method, args } = ofConnection(call);
    return canInvoke(connection) ? connection.invoke(method, args) : undefined;
  },
  invokeOnClient(...call) {
    const { connections, method, args } = ofClient(call);
    return invokeOnEach(connections, method, args);
  },
  invokeOnAllScopeConnections: (scope, method, args) =>
    invokeOnEach(scope.connections, method, args),
  notifyOnConnection(...call) {
    const { connection, method, args } = ofConnection(call);
    if (!canInvoke(connection)) return false;
    connection.notify(method, args);
    return true;
  },
  notifyOnClient(...call) {
    const { connections, method, args } = ofClient(call);
    notifyEach(connections, method, args);
  },
  notifyOnAllScopeConnections: (scope, method, args) => notifyEach(scope.connections, method, args),
};

function ofConnection(call: ConnectionCall): {
  readonly connection: Connection | undefined;
  readonly method: string;
  readonly args: readonly unknown[];
} {
  if (isInRed5Order(call)) return { connection: call[0], method: call[1], args: call[2] };
  const [method, args, connection = Red5.getConnectionLocal()] = call;
  return { connection, method, args };
}

function isInRed5Order(
  call: ConnectionCall,
): call is Exclude<ConnectionCall, readonly [string, ...unknown[]]> {
  return typeof call[0] !== 'string';
}

function ofClient(call: ClientCall): {
  readonly connections: Iterable<Connection>;
  readonly method: string;
  readonly args: readonly unknown[];
} {
  if (call.length === 3)
    return { connections: call[0].connections, method: call[1], args: call[2] };
  const [client, scope, method, args] = call;
  const connections = [...client.connections].filter((one) => scope.connections.has(one));
  return { connections, method, args };
}

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
