import {
  createServer,
  type IncomingMessage,
  type Server as NodeServer,
  ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type BeanInfo, describeError, type Lifecycle, type Logger } from '../../base/index.ts';
import {
  type Red5Plugin,
  type RequestHandler,
  type Server,
  type SocketHandler,
  TrustedProxies,
  type UpgradeHandler,
} from '../../server/index.ts';
import { StaticFiles, sendError } from './StaticFiles.ts';
import { sendPath } from './sendFile.ts';

/** Headers that make browsers careful with what they get. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'SAMEORIGIN',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

/** What is answered to requests that cannot be read, by Node's error code; to all others 400. */
const STATUS_OF_ERROR: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

/**
 * Serves the static files of the applications, a page that lists them, and hands upgrade requests to other plugins.
 *
 * It never listens itself: a transport hands it the connections that begin with a capital letter.
 */
export class HTTPPlugin implements Red5Plugin, Lifecycle, SocketHandler {
  static readonly beanInfo: BeanInfo = {
    types: ['HTTPPlugin', 'Red5Plugin', 'SocketHandler'],
    properties: {
      server: 'Server',
      upgradeHandlers: 'list<UpgradeHandler>',
      requestHandlers: 'list<RequestHandler>',
      headers: 'map<string,string>',
      trustedProxies: 'list<string>',
      headersTimeoutMs: 'int',
      requestTimeoutMs: 'int',
      keepAliveTimeoutMs: 'int',
      idleTimeoutMs: 'int',
      maxHeaderBytes: 'int',
      maxRequestsPerConnection: 'int',
    },
  };

  readonly name = 'HTTPPlugin';
  readonly protocolName = 'http';
  server!: Server;
  /** Protocols that connections can be upgraded to, such as the WebSocket plugin. */
  upgradeHandlers: UpgradeHandler[] = [];
  /** Protocols that answer requests themselves, asked in order before files are looked for. */
  requestHandlers: RequestHandler[] = [];
  /** Headers sent with every answer, over the built-in ones; an empty value leaves one out. */
  headers: ReadonlyMap<string, string> = new Map();
  /** Proxies whose `X-Forwarded-Host` is believed, for virtual hosts: addresses and networks. */
  trustedProxies: readonly string[] = [];
  /** Time for a client to send the headers of a request. */
  headersTimeoutMs = 10_000;
  /** Time for a client to send a whole request. */
  requestTimeoutMs = 30_000;
  /** How long a connection is kept for a next request. */
  keepAliveTimeoutMs = 5_000;
  /** A connection on which nothing moved for so long is cut. */
  idleTimeoutMs = 60_000;
  /** The most bytes the headers of a request may have. */
  maxHeaderBytes = 16_384;
  /** After so many requests a connection is closed. 0: no limit. */
  maxRequestsPerConnection = 1_000;

  readonly #sockets = new Set<Duplex>();
  readonly #forgetSocket: (this: Duplex) => void;
  #http: NodeServer | undefined;
  #files: StaticFiles | undefined;
  #logger: Logger | undefined;

  constructor() {
    const sockets = this.#sockets;
    this.#forgetSocket = function forget() {
      sockets.delete(this);
    };
  }

  /** Gets ready for connections. */
  async start(): Promise<void> {
    if (this.#http !== undefined) return;
    this.#logger = this.server.logger.child('http');
    this.#files = new StaticFiles(this.server, {
      headers: this.#allHeaders(),
      proxies: new TrustedProxies(this.trustedProxies),
    });
    const shortest = Math.min(this.headersTimeoutMs, this.requestTimeoutMs);
    const http = createServer({
      headersTimeout: this.headersTimeoutMs,
      requestTimeout: this.requestTimeoutMs,
      keepAliveTimeout: this.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.max(10, Math.min(1000, shortest / 2)),
      maxHeaderSize: this.maxHeaderBytes,
    });
    http.maxRequestsPerSocket = this.maxRequestsPerConnection;
    http.timeout = this.idleTimeoutMs;
    http.on('request', (request, response) => {
      if (hasOneHost(request)) void this.#respond(request, response);
      else sendError(request, response, 400, 'A request has one Host.');
    });
    http.on('upgrade', (request, socket, head) => {
      if (hasOneHost(request)) this.#upgrade(request, socket, head);
      else socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    });
    http.on('clientError', (error, socket) => this.#dropBadRequest(error, socket as Socket));
    // Node checks the time-outs from this event on, which a server that is handed its sockets would never emit.
    http.emit('listening');
    this.#http = http;
    await this.server.plugins.register(this);
  }

  /** Lets answers that are under way end, and cuts what is left at the deadline. */
  async stop(deadline?: AbortSignal): Promise<void> {
    const http = this.#http;
    if (http === undefined) return;
    this.#http = undefined;
    http.close();
    http.closeIdleConnections();
    const cut = () => {
      for (const socket of this.#sockets) socket.destroy();
    };
    if (deadline === undefined || deadline.aborted) cut();
    deadline?.addEventListener('abort', cut, { once: true });
    await Promise.all(
      [...this.#sockets].map((socket) => new Promise((done) => socket.once('close', done))),
    );
    deadline?.removeEventListener('abort', cut);
    this.server.plugins.unregister(this);
  }

  /** HTTP requests begin with a capital letter. */
  acceptsFirstByte(byte: number): boolean {
    return byte >= 0x41 && byte <= 0x5a;
  }

  handleSocket(socket: Socket, head: Buffer): void {
    if (this.#http === undefined) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on('close', this.#forgetSocket);
    if (head.length > 0) socket.unshift(head);
    this.#http.emit('connection', socket);
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#http === undefined) response.setHeader('Connection', 'close');
    try {
      if (
        this.requestHandlers.some((handler) => handler.handleRequest(request, response, sendPath))
      )
        return;
      await this.#files?.handle(request, response);
    } catch (error) {
      if (response.destroyed) return;
      this.#logger?.error(`answering a request failed: ${describeError(error)}`, {
        path: request.url?.split('?')[0],
      });
      if (response.headersSent) response.destroy();
      else sendError(request, response, 500, 'This is our fault; it was logged.');
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const wanted = request.headers.upgrade?.toLowerCase();
    const handler = this.upgradeHandlers.find(({ upgradeName }) => upgradeName === wanted);
    if (handler === undefined) {
      this.#ignoreUpgrade(request, socket as Socket);
      return;
    }
    this.#sockets.delete(socket);
    socket.off('close', this.#forgetSocket);
    handler.handleUpgrade(request, socket, head);
  }

  /** RFC 9110, 7.8: an upgrade to something else is ignored. Node has let go of the connection, so it ends with this answer. */
  #ignoreUpgrade(request: IncomingMessage, socket: Socket): void {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.destroySoon());
    socket.on('error', () => socket.destroy());
    socket.setTimeout(this.idleTimeoutMs, () => socket.destroy());
    void this.#respond(request, response);
  }

  /** What is no request, or not in time, ends with an answer in the protocol's shortest form and one line in the log. */
  #dropBadRequest(error: NodeJS.ErrnoException, socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const status = STATUS_OF_ERROR[error.code ?? ''] ?? 400;
    this.#logger?.info(`connection closed: ${STATUS_CODES[status]?.toLowerCase()}`, {
      remoteAddress,
      remotePort,
      code: error.code,
    });
    socket.once('finish', () => socket.destroy());
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
  }

  #allHeaders(): Map<string, string> {
    const all = new Map(Object.entries(SECURITY_HEADERS));
    for (const [name, value] of this.headers) {
      for (const builtIn of all.keys())
        if (builtIn.toLowerCase() === name.toLowerCase()) all.delete(builtIn);
      if (value !== '') all.set(name, value);
    }
    return all;
  }
}

/** RFC 9112, 3.2: a proxy and we could take different ones of several. */
function hasOneHost({ headersDistinct }: IncomingMessage): boolean {
  return (headersDistinct['host']?.length ?? 0) <= 1;
}
