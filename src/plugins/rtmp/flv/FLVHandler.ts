import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type BeanInfo, background, type Lifecycle } from '../../../base/index.ts';
import type {
  AdmittedRequest,
  PeerAddress,
  RequestGate,
  RequestHandler,
  RequestRefusal,
  SendFile,
  Server,
  StreamHandler,
  StreamTicket,
} from '../../../server/index.ts';
import { FLVEncoder } from './FLVEncoder.ts';
import { FLVSession } from './FLVSession.ts';
import { isFLVTarget, parseFLVPath } from './flvTarget.ts';

const STOPPING: RequestRefusal = { status: 503, description: 'the server is stopping' };
const METHODS = 'GET, HEAD, OPTIONS';

/**
 * Streams for browsers: `http://host/<application>/<room…>/<stream>.flv`, and `ws://` at the same address.
 *
 * Live streams are sent as they come, recordings as files with ranges. A file of the webapp with that name goes before both, because
 * publishers must not be able to put something else in its place.
 */
export class FLVHandler implements RequestHandler, StreamHandler, Lifecycle {
  static readonly beanInfo: BeanInfo = {
    types: ['FLVHandler', 'RequestHandler', 'StreamHandler', 'Lifecycle'],
    constructors: [
      [
        ['server', 'Server'],
        ['gate', 'RequestGate'],
      ],
    ],
    properties: { waitMs: 'int' },
  };

  readonly protocolName = 'flv';
  /** How long a player is kept waiting for a stream that nobody publishes, in milliseconds; 0 answers 404 at once. */
  waitMs = 0;

  readonly #server: Server;
  readonly #gate: RequestGate;
  readonly #encoder = new FLVEncoder();
  readonly #sessions = new Set<FLVSession>();
  #isRunning = false;

  constructor(server: Server, gate: RequestGate) {
    this.#server = server;
    this.#gate = gate;
  }

  /** Players at the moment. */
  get playerCount(): number {
    return this.#sessions.size;
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#gate.addStreamHandler(this);
  }

  /** Ends what is being played. */
  async stop(): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#gate.removeStreamHandler(this);
    await Promise.all([...this.#sessions].map((session) => session.end()));
  }

  handleRequest(request: IncomingMessage, response: ServerResponse, sendFile?: SendFile): boolean {
    if (!isFLVTarget(request.url ?? '')) return false;
    const admitted = this.#gate.admitRequest(request, this);
    if ('status' in admitted) {
      refuse(request, response, admitted);
      return true;
    }
    if (!this.#isOurs(admitted)) {
      admitted.release();
      return false;
    }
    response.once('close', () => admitted.release());
    for (const [name, value] of crossOriginHeaders(request)) response.setHeader(name, value);
    request.resume();
    switch (request.method) {
      case 'GET':
      case 'HEAD': {
        const session = this.#sessionFor(request, admitted);
        const answered = this.#answer(request, response, { session, sendFile });
        background(answered, this.#server.logger.child('flv'), 'playing a stream');
        break;
      }
      case 'OPTIONS':
        response.writeHead(204, { Allow: METHODS, ...preflightHeaders(request) }).end();
        break;
      default:
        refuse(request, response, {
          status: 405,
          description: 'streams are published by RTMP',
          headers: { Allow: METHODS },
        });
    }
    return true;
  }

  acceptsTarget(target: string): boolean {
    return isFLVTarget(target);
  }

  /** Decides on a WebSocket, before its handshake is completed. */
  async admit(
    request: IncomingMessage,
    admitted: AdmittedRequest,
  ): Promise<StreamTicket | RequestRefusal> {
    const session = this.#sessionFor(request, admitted);
    const gone = () => session.abandon();
    request.socket.once('close', gone);
    const refusal = this.#isRunning ? await session.begin() : STOPPING;
    request.socket.off('close', gone);
    if (refusal !== undefined) return refusal;
    return { open: (stream) => this.#open(stream, session), cancel: () => session.abandon() };
  }

  /** Only what was admitted is played. */
  handleStream(stream: Duplex, _peer: PeerAddress): void {
    stream.destroy();
  }

  #open(stream: Duplex, session: FLVSession): void {
    stream.on('error', () => undefined); // 'close' follows.
    stream.once('close', () => session.abandon());
    stream.resume(); // What a player says means nothing, but its goodbye is among it.
    session.play(stream);
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    { session, sendFile }: { session: FLVSession; sendFile: SendFile | undefined },
  ): Promise<void> {
    response.once('close', () => session.abandon());
    response.on('error', () => undefined); // 'close' follows.
    const refusal = this.#isRunning ? await session.begin() : STOPPING;
    if (response.destroyed) return;
    if (refusal !== undefined) {
      refuse(request, response, refusal);
      return;
    }
    response.setHeader('X-Content-Type-Options', 'nosniff');
    const { recordingPath } = session;
    if (recordingPath !== undefined && sendFile !== undefined) {
      await sendFile(request, response, recordingPath);
      return;
    }
    response.writeHead(200, { 'Content-Type': 'video/x-flv', 'Cache-Control': 'no-store' });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    request.socket.setNoDelay();
    response.flushHeaders();
    session.play(response);
  }

  #sessionFor(request: IncomingMessage, admitted: AdmittedRequest): FLVSession {
    const session = new FLVSession({
      server: this.#server,
      gate: this.#gate,
      encoder: this.#encoder,
      waitMs: this.waitMs,
      target: parseFLVPath(admitted.path),
      headers: request.headers,
      admitted,
      onEnded: () => this.#sessions.delete(session),
    });
    this.#sessions.add(session);
    return session;
  }

  /** Whether an address is that of an application that has no file there. */
  #isOurs({ host, path }: AdmittedRequest): boolean {
    const address = this.#server.resolve(host, parseFLVPath(path).path);
    const context = address?.application.servletContext;
    if (address === undefined || context === undefined) return address !== undefined;
    const file = [...address.rooms, path.slice(path.lastIndexOf('/') + 1)].join('/');
    return context.isPrivate(file) || !existsSync(join(context.folder, file));
  }
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, description, headers }: RequestRefusal,
): void {
  const body = `${description}\n`;
  request.resume();
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** The origin was allowed; other pages than these may not read the answer. */
function crossOriginHeaders({ headers }: IncomingMessage): [string, string][] {
  if (headers.origin === undefined) return [];
  return [
    ['Access-Control-Allow-Origin', headers.origin],
    ['Access-Control-Expose-Headers', 'Accept-Ranges, Content-Length, Content-Range'],
    ['Vary', 'Origin'],
  ];
}

function preflightHeaders({ headers }: IncomingMessage): Record<string, string> {
  if (headers.origin === undefined) return {};
  return {
    'Access-Control-Allow-Methods': METHODS,
    'Access-Control-Allow-Headers': 'Range',
    'Access-Control-Max-Age': '600',
  };
}
