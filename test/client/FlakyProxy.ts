import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A network between a client and a port, that fails when a test says so. */
export class FlakyProxy {
  readonly #to: number;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #server: Server | undefined;
  #port = 0;
  /** How many connections there were. */
  connections = 0;

  private constructor(to: number) {
    this.#to = to;
  }

  static async start(to: number): Promise<FlakyProxy> {
    const proxy = new FlakyProxy(to);
    await proxy.up();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Lets connections through. */
  async up(): Promise<void> {
    const server = createServer((client) => this.#join(client, connect(this.#to, '127.0.0.1')));
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Cuts all connections; new ones are let through. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  /** Swallows what the server says from now on. */
  mute(): void {
    for (const [client, server] of this.#pairs) {
      server.unpipe(client);
      server.resume();
    }
  }

  /** Cuts all connections and refuses new ones. */
  async down(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    this.cut();
    server.close();
    await once(server, 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }

  #join(client: Socket, server: Socket): void {
    this.connections += 1;
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of pair) {
      socket.on('error', end);
      socket.on('close', end);
    }
    client.pipe(server);
    server.pipe(client);
  }
}
