import { createServer, type Server as HTTPServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '../../base/index.ts';
import type { RequestHandler, UpgradeHandler } from '../../server/index.ts';
import { type Refusal, refuseUpgrade } from './handshake/Refusal.ts';

/** What is answered to what is no request, by Node's error code; to all else 400. */
const REFUSAL_OF_ERROR: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, description: 'the request was not finished in time' },
  HPE_HEADER_OVERFLOW: { status: 431, description: 'the headers are too large' },
};
const NO_REQUEST: Refusal = { status: 400, description: 'this is no request' };

/**
 * Speaks HTTP on a port that is for WebSocket only: upgrade requests and event streams go to the handler, all others are
 * answered with 426.
 *
 * It never listens itself; a transport hands sockets over.
 */
export class UpgradeListener {
  readonly #handler: UpgradeHandler & RequestHandler;
  readonly #logger: Logger;
  readonly #http: HTTPServer;
  readonly #sockets = new Set<Duplex>();
  readonly #forgetSocket: (this: Duplex) => void;

  constructor(
    handler: UpgradeHandler & RequestHandler,
    handshakeTimeoutMs: number,
    logger: Logger,
  ) {
    this.#handler = handler;
    this.#logger = logger;
    this.#http = createServer({
      headersTimeout: handshakeTimeoutMs,
      requestTimeout: handshakeTimeoutMs,
      connectionsCheckingInterval: Math.max(10, Math.min(1000, handshakeTimeoutMs / 2)),
    });
    this.#http.on('request', (request, response) => {
      if (handler.handleRequest(request, response)) return;
      const body = 'this port is for WebSocket connections\n';
      response.writeHead(426, {
        Connection: 'close',
        Upgrade: 'websocket',
        'Content-Type': 'text/plain; charset=utf-8',
        'Content-Length': Buffer.byteLength(body),
        'X-Content-Type-Options': 'nosniff',
      });
      response.end(request.method === 'HEAD' ? undefined : body);
    });
    const sockets = this.#sockets;
    this.#forgetSocket = function forget() {
      sockets.delete(this);
    };
    this.#http.on('upgrade', (request, socket, head) => {
      this.#sockets.delete(socket);
      socket.off('close', this.#forgetSocket);
      this.#handler.handleUpgrade(request, socket, head);
    });
    this.#http.on('clientError', (error, socket) => this.#dropBadRequest(error, socket as Socket));
  }

  /** Begins to enforce the time-outs. */
  start(): void {
    // Node checks them from this event on, which a server that is handed its sockets would never emit.
    this.#http.emit('listening');
  }

  /** Takes a socket over, with the bytes already read from it. */
  take(socket: Socket, head: Buffer): void {
    this.#sockets.add(socket);
    socket.on('close', this.#forgetSocket);
    if (head.length > 0) socket.unshift(head);
    this.#http.emit('connection', socket);
  }

  /** Cuts all connections that were not upgraded. */
  stop(): void {
    this.#http.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** What is no request, or not in time, ends with an answer and one line in the log. */
  #dropBadRequest(error: NodeJS.ErrnoException, socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const refusal = REFUSAL_OF_ERROR[error.code ?? ''] ?? NO_REQUEST;
    this.#logger.info(`connection closed: ${refusal.description}`, {
      remoteAddress,
      remotePort,
      code: error.code,
    });
    refuseUpgrade(socket, refusal);
  }
}
