import { randomBytes } from 'node:crypto';
import {
  createServer,
  type Server as HTTPServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { BeanInfo, Lifecycle, Timer } from '../../../base/index.ts';
import type { SocketHandler } from '../../../server/index.ts';
import type { RTMPPlugin } from '../RTMPPlugin.ts';
import { TunnelSession } from './TunnelSession.ts';
import { TunnelStream } from './TunnelStream.ts';

/** `P` of `POST`: the only method of the tunnel. */
const FIRST_BYTE = 0x50;

const PATH = /^\/(send|idle|close)\/([0-9a-f]{32})\/(\d{1,10})$/;
const OPEN = /^\/open(?:\/\d{1,10})?$/;

const SWEEP_MS = 5_000;
const NOTHING: Buffer = Buffer.of(0);

/**
 * RTMPT: RTMP inside HTTP requests, for clients behind proxies that let nothing else through.
 *
 * One of the handlers of a port; takes the connections that begin with a `POST`, so in a list it stands before the HTTP plugin.
 *
 * @red5 org.red5.server.net.rtmpt.RTMPTServlet
 */
export class RTMPTHandler implements SocketHandler, Lifecycle {
  static readonly beanInfo: BeanInfo = {
    types: ['RTMPTHandler', 'SocketHandler', 'Lifecycle'],
    constructors: [[['plugin', 'RTMPPlugin']]],
    properties: {
      maxSessions: 'int',
      maxBodyBytes: 'int',
      sessionTimeoutMs: 'int',
      requestTimeoutMs: 'int',
    },
  };

  readonly protocolName = 'rtmpt';
  readonly phase = 0;
  /** Clients at a time; more are answered with 503. Default 1,000. */
  maxSessions = 1_000;
  /** Bytes of one request's body, and half of what one client's requests may have under way; more are answered with 413. Default 1 MiB. */
  maxBodyBytes: number = 1024 * 1024;
  /** How long a client may send no request. Default 20,000. */
  sessionTimeoutMs = 20_000;
  /** Time for a client to send a whole request. Default 10,000. */
  requestTimeoutMs = 10_000;

  readonly #plugin: RTMPPlugin;
  readonly #sessions = new Map<string, TunnelSession>();
  #http: HTTPServer | undefined;
  #sweep: Timer | undefined;

  constructor(plugin: RTMPPlugin) {
    this.#plugin = plugin;
  }

  /** Clients at the moment. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  start(): void {
    if (this.#http !== undefined) return;
    const http = createServer(
      {
        headersTimeout: this.requestTimeoutMs,
        requestTimeout: this.requestTimeoutMs,
        connectionsCheckingInterval: Math.max(10, Math.min(1_000, this.requestTimeoutMs / 10)),
      },
      (request, response) => this.#request(request, response),
    );
    http.timeout = this.sessionTimeoutMs;
    // Node begins to check request times when a server listens, which this one never does.
    http.emit('listening');
    this.#http = http;
    this.#sweep = this.#plugin.server.clock.every(SWEEP_MS, () => this.#dropSilent());
  }

  stop(): void {
    this.#sweep?.cancel();
    for (const session of this.#sessions.values()) session.stream.destroy();
    this.#http?.closeAllConnections();
    this.#http?.close();
    this.#http = undefined;
  }

  acceptsFirstByte(byte: number): boolean {
    return byte === FIRST_BYTE;
  }

  handleSocket(socket: Socket, head: Buffer): void {
    if (this.#http === undefined) {
      socket.destroy();
      return;
    }
    socket.unshift(head);
    this.#http.emit('connection', socket);
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const [, command = '', id = '', sequence] = PATH.exec(path) ?? [];
    // Only what a session sends is kept; other bodies are read away.
    const sender = command === 'send' ? this.#sessions.get(id) : undefined;
    const parts: Buffer[] = [];
    let length = 0;
    let isTooLong = false;
    request.on('data', (bytes: Buffer) => {
      length += bytes.length;
      if (sender !== undefined) sender.bodyBytes += bytes.length;
      const underWay = sender?.bodyBytes ?? length;
      if (isTooLong) return;
      isTooLong = length > this.maxBodyBytes || underWay > 2 * this.maxBodyBytes;
      if (isTooLong) parts.length = 0;
      else if (sender !== undefined) parts.push(bytes);
      if (isTooLong) refuse(response, 413);
    });
    request.on('error', () => undefined); // The client has gone; there is nobody to answer.
    request.on('close', () => {
      if (sender !== undefined) sender.bodyBytes -= length;
    });
    request.on('end', () => {
      if (isTooLong) return;
      if (request.method !== 'POST') refuse(response, 405);
      else if (OPEN.test(path)) this.#open(request, response);
      else {
        const session = this.#sessions.get(id);
        const body = Buffer.concat(parts);
        if (session === undefined) refuse(response, 404);
        else this.#use(session, response, { command, sequence: Number(sequence), body });
      }
    });
  }

  #open(request: IncomingMessage, response: ServerResponse): void {
    if (this.#sessions.size >= this.maxSessions) {
      refuse(response, 503);
      return;
    }
    const { socket } = request;
    const stream = new TunnelStream();
    const id = randomBytes(16).toString('hex');
    const session = new TunnelSession(stream, this.#plugin.server.clock.now());
    this.#sessions.set(id, session);
    stream.once('close', () => {
      this.#sessions.delete(id);
      session.close();
    });
    this.#plugin.accept(
      stream,
      {
        remoteAddress: socket.remoteAddress ?? '',
        remotePort: socket.remotePort ?? 0,
        secure: 'encrypted' in socket,
      },
      Buffer.alloc(0),
    );
    answer(response, Buffer.from(`${id}\n`));
  }

  #use(
    session: TunnelSession,
    response: ServerResponse,
    request: { readonly command: string; readonly sequence: number; readonly body: Buffer },
  ): void {
    session.lastRequest = this.#plugin.server.clock.now();
    if (request.command === 'close') {
      session.stream.destroy();
      answer(response, NOTHING);
      return;
    }
    const taken = session.request(request.sequence, request.body, (bytes) => {
      if (bytes === undefined) refuse(response, 404);
      else answer(response, bytes);
    });
    if (taken) return;
    session.stream.destroy();
    refuse(response, 400);
  }

  #dropSilent(): void {
    const latest = this.#plugin.server.clock.now() - this.sessionTimeoutMs;
    for (const session of this.#sessions.values()) {
      if (session.lastRequest < latest) session.stream.destroy();
    }
  }
}

function answer(response: ServerResponse, bytes: Buffer): void {
  response.writeHead(200, {
    'Content-Type': 'application/x-fcs',
    'Content-Length': bytes.length,
    'Cache-Control': 'no-cache',
  });
  response.end(bytes);
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Length': 0 });
  response.end();
}
