import { AttributeStore } from '../AttributeStore.ts';
import type { Scope } from '../scope/Scope.ts';
import type { Connection } from './Connection.ts';

/**
 * The one behind one or more connections; Red5 makes a new one for each connection.
 *
 * @red5 org.red5.server.api.IClient
 * @red5 org.red5.server.Client
 */
export class Client extends AttributeStore {
  readonly #connections = new Set<Connection>();
  /** Unique in this server; 13 random upper-case letters and digits. */
  readonly id: string;
  /** The first extra argument of connect when it is a string, else {@link Client.id}. */
  readonly idString: string;
  /** When it connected, in milliseconds since the epoch. */
  readonly creationTime: number;

  constructor(id: string, options: { readonly idString?: string; readonly creationTime: number }) {
    super();
    this.id = id;
    this.idString = options.idString ?? id;
    this.creationTime = options.creationTime;
  }

  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  /** The scopes its connections are connected to. */
  get scopes(): Scope[] {
    const scopes = new Set<Scope>();
    for (const { scope } of this.#connections) if (scope !== undefined) scopes.add(scope);
    return [...scopes];
  }

  /** Closes all its connections. */
  disconnect(): void {
    for (const connection of [...this.#connections]) connection.close();
  }

  /** @internal */
  addConnection(connection: Connection): void {
    this.#connections.add(connection);
  }

  /** @internal */
  removeConnection(connection: Connection): void {
    this.#connections.delete(connection);
  }
}
