import type { Clock } from '../../base/index.ts';
import { randomID } from '../randomID.ts';
import { Client } from './Client.ts';
import type { Connection } from './Connection.ts';

/**
 * Makes and finds the clients of a server.
 *
 * A subclass may return the same client for several connections, by a login for example.
 *
 * @red5 org.red5.server.api.IClientRegistry
 * @red5 org.red5.server.ClientRegistry
 */
export class ClientRegistry {
  readonly #clients = new Map<string, Client>();

  /** Clients with at least one connection, by id. */
  get clients(): ReadonlyMap<string, Client> {
    return this.#clients;
  }

  /** The client of a connection that is about to connect. */
  newClient(_connection: Connection, params: readonly unknown[], clock: Clock): Client {
    const first = params[0];
    const creationTime = clock.now();
    return new Client(
      randomID(),
      typeof first === 'string' ? { idString: first, creationTime } : { creationTime },
    );
  }

  /** The client of an ID; undefined when it is unknown or gone. */
  lookupClient(id: string): Client | undefined {
    return this.#clients.get(id);
  }

  /** @internal */
  add(client: Client): void {
    this.#clients.set(client.id, client);
  }

  /** @internal */
  removeIfGone(client: Client): void {
    if (client.connections.size === 0) this.#clients.delete(client.id);
  }
}
