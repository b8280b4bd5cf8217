import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import {
  type BeanInfo,
  type Clock,
  createLogger,
  describeError,
  type Lifecycle,
  LifecycleError,
  type Logger,
  systemClock,
  type Timer,
} from '../../base/index.ts';
import type { SocketHandler } from './SocketHandler.ts';

/**
 * A TCP port whose connections go to the protocol that their first byte belongs to.
 *
 * @red5 org.red5.server.net.rtmp.RTMPMinaTransport
 */
export class TCPTransport implements Lifecycle {
  static readonly beanInfo: BeanInfo = {
    types: ['TCPTransport'],
    properties: {
      name: 'string',
      host: 'string',
      port: 'int',
      handlers: 'list<SocketHandler>',
      firstByteTimeoutMs: 'int',
      maxConnections: 'int',
      backlog: 'int',
      noDelay: 'boolean',
      logger: 'Logger',
    },
  };

  readonly phase = 200;
  /** For the log. */
  name = 'tcp';
  host = '0.0.0.0';
  /** 0 takes any free port; see {@link TCPTransport.address}. */
  port = 0;
  handlers: readonly SocketHandler[] = [];
  /** How long a peer may be silent at first, in milliseconds. Default 5,000. */
  firstByteTimeoutMs = 5000;
  /** Open connections; more are closed at once. Default 100,000. */
  maxConnections = 100_000;
  /** Connections that may wait to be accepted. Default 511. */
  backlog = 511;
  /** Whether small writes are sent at once. Default true. */
  noDelay = true;
  clock: Clock = systemClock;
  logger: Logger | undefined;
  #server: NetServer | undefined;
  readonly #waiting = new Map<Socket, Timer>();
  readonly #forgetClosed: (this: Socket) => void;

  constructor() {
    const forget = (socket: Socket) => this.#forget(socket);
    // One for all sockets, as it can then be taken off them again.
    this.#forgetClosed = function forgetClosed() {
      forget(this);
    };
  }

  /** Where it listens; undefined unless started. */
  get address(): AddressInfo | undefined {
    const address = this.#server?.address();
    return typeof address === 'object' && address !== null ? address : undefined;
  }

  /** @throws LifecycleError `PORT_IN_USE` or `PORT_NOT_OPENED` */
  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ noDelay: this.noDelay, pauseOnConnect: false });
    server.maxConnections = this.maxConnections;
    server.on('connection', (socket) => this.#accept(socket));
    server.on('drop', (peer) =>
      this.#log.warn('connection refused: too many connections', {
        remoteAddress: peer?.remoteAddress,
        remotePort: peer?.remotePort,
      }),
    );
    this.#server = server;
    try {
      await this.#listen(server);
    } catch (error) {
      this.#server = undefined;
      throw this.#startError(error as NodeJS.ErrnoException);
    }
    server.on('error', (error) => this.#log.error(`accepting failed: ${error.message}`));
  }

  /** Stops accepting; connections that a protocol took are the protocol's to close. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    for (const socket of [...this.#waiting.keys()]) this.#drop(socket);
    // The callback comes when the last socket has closed, and those may belong to protocols that live on.
    server.close();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #listen(server: NetServer): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: this.host, port: this.port, backlog: this.backlog }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  }

  #startError(error: NodeJS.ErrnoException): LifecycleError {
    const place = `${this.host}:${this.port}`;
    if (error.code === 'EADDRINUSE') {
      const message = `port ${this.port} of ${this.name} is in use (${place})`;
      return new LifecycleError('PORT_IN_USE', message, { phase: 'start', cause: error });
    }
    const message = `cannot open ${place} for ${this.name}: ${error.message}`;
    return new LifecycleError('PORT_NOT_OPENED', message, { phase: 'start', cause: error });
  }

  #accept(socket: Socket): void {
    const timer = this.clock.after(this.firstByteTimeoutMs, () => {
      this.#log.info('connection closed: it sent nothing', peerOf(socket));
      this.#drop(socket);
    });
    this.#waiting.set(socket, timer);
    socket.on('error', ignoreEarlyError);
    socket.on('close', this.#forgetClosed);
    socket.on('end', destroyEarly);
    socket.once('data', (head) => this.#handOver(socket, head));
  }

  #handOver(socket: Socket, head: Buffer): void {
    this.#forget(socket);
    socket.off('close', this.#forgetClosed);
    const byte = head[0] ?? 0;
    const handler = this.handlers.find((candidate) => candidate.acceptsFirstByte(byte));
    if (handler === undefined) {
      this.#log.info('connection closed: no protocol begins like this', {
        ...peerOf(socket),
        firstByte: `0x${byte.toString(16).padStart(2, '0')}`,
      });
      socket.destroy();
      return;
    }
    socket.off('end', destroyEarly);
    // Paused until the handler has attached its listeners, so that it misses nothing.
    socket.pause();
    try {
      handler.handleSocket(socket, head);
    } catch (error) {
      // A fault of the handler must not end the process with all its other connections.
      this.#log.error(
        `${handler.protocolName} could not take a connection: ${describeError(error)}`,
        {
          ...peerOf(socket),
          stack: error instanceof Error ? error.stack : undefined,
        },
      );
      socket.destroy();
      return;
    }
    socket.off('error', ignoreEarlyError);
    if (!socket.destroyed) socket.resume();
  }

  #drop(socket: Socket): void {
    this.#forget(socket);
    socket.destroy();
  }

  #forget(socket: Socket): void {
    this.#waiting.get(socket)?.cancel();
    this.#waiting.delete(socket);
  }

  get #log(): Logger {
    this.logger ??= createLogger();
    return this.logger.child(this.name);
  }
}

/** A peer that resets before it said anything is not worth a word; `close` follows. */
function ignoreEarlyError(): void {}

function destroyEarly(this: Socket): void {
  this.destroy();
}

function peerOf(socket: Socket): Readonly<Record<string, unknown>> {
  return { remoteAddress: socket.remoteAddress, remotePort: socket.remotePort };
}
