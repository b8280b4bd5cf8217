import type { IncomingMessage, ServerResponse } from 'node:http';
import { background, type Logger, type Timer } from '../../../base/index.ts';
import type { Server } from '../../../server/index.ts';
import type { FanOut } from '../frame/FanOut.ts';
import type { Admission, Doorkeeper } from '../handshake/Doorkeeper.ts';
import { parseTarget } from '../handshake/parseTarget.ts';
import type { Refusal } from '../handshake/Refusal.ts';
import type { WebSocketSettings } from '../WebSocketSettings.ts';
import { EventStreamConnection } from './EventStreamConnection.ts';

/** What the server needs of its plugin. */
export interface EventStreamServerOptions {
  readonly settings: WebSocketSettings;
  readonly server: Server;
  readonly fanOut: FanOut;
  readonly logger: Logger;
  readonly door: Doorkeeper;
}

/** The last name of the path of a stream: `/chat/room1/events`. */
const EVENTS = 'events';

/** Takes requests for event streams, and runs them until the client has gone. */
export class EventStreamServer {
  readonly #options: EventStreamServerOptions;
  readonly #open = new Map<EventStreamConnection, Admission>();
  #keepAlive: Timer | undefined;
  #isStopping = false;

  constructor(options: EventStreamServerOptions) {
    this.#options = options;
  }

  /** Begins to keep quiet streams alive. */
  start(): void {
    const { settings, server } = this.#options;
    if (settings.pingIntervalMs <= 0) return;
    const intervalMs = Math.max(10, Math.min(1000, settings.pingIntervalMs / 10));
    this.#keepAlive = server.clock.every(intervalMs, () => this.#keepQuietAlive());
  }

  /** Ends all streams. */
  stop(): void {
    this.#isStopping = true;
    this.#keepAlive?.cancel();
    for (const connection of [...this.#open.keys()]) {
      connection.close({ kind: 'shutdown', description: 'server stops' });
    }
  }

  /** Takes a GET of `/<application>/<room…>/events` that accepts events; false for all others. */
  handleRequest(request: IncomingMessage, response: ServerResponse): boolean {
    const target = parseTarget(request.url ?? '');
    const names = target?.path.split('/') ?? [];
    if (target === undefined || names.length < 2 || names.pop() !== EVENTS) return false;
    if (request.method === 'POST') {
      refuse(request, response, { status: 403, description: 'events cannot be published here' });
      return true;
    }
    const accepts = request.headers.accept ?? '';
    if (request.method !== 'GET' || !/\btext\/event-stream\b/i.test(accepts)) return false;
    request.resume();
    const admission = this.#isStopping
      ? { status: 503, description: 'the server is stopping' }
      : this.#options.door.admit(request, { ...target, path: names.join('/') });
    if ('status' in admission) {
      refuse(request, response, admission);
    } else {
      background(this.#begin(request, response, admission), this.#options.logger, 'event stream');
    }
    return true;
  }

  async #begin(
    request: IncomingMessage,
    response: ServerResponse,
    admission: Admission,
  ): Promise<void> {
    const { door, server } = this.#options;
    const connection = this.#createConnection(request, admission);
    const refusal = await door.ask(connection);
    if (refusal !== undefined) {
      door.release(admission.application, admission.facts.remoteAddress);
      refuse(request, response, refusal);
      return;
    }
    if (this.#isStopping || connection.isClosing || response.destroyed) {
      door.release(admission.application, admission.facts.remoteAddress);
      refuse(request, response, { status: 503, description: 'refused' });
      await server.disconnect(connection);
      return;
    }
    this.#opened(request, response, { admission, connection });
  }

  #createConnection(
    { headers }: IncomingMessage,
    { host, path, parameters, facts }: Admission,
  ): EventStreamConnection {
    return new EventStreamConnection({
      host,
      path,
      headers,
      connectParams: parameters,
      remoteAddress: facts.remoteAddress,
      remotePort: facts.remotePort,
      secure: facts.secure,
      fanOut: this.#options.fanOut,
      onClosing: (closing) => this.#ended(closing),
    });
  }

  #opened(
    request: IncomingMessage,
    response: ServerResponse,
    { admission, connection }: { admission: Admission; connection: EventStreamConnection },
  ): void {
    this.#open.set(connection, admission);
    response.on('close', () => this.#ended(connection));
    response.on('error', () => this.#ended(connection));
    // A stream may be quiet for longer than any other request.
    request.socket.setTimeout(0);
    request.socket.setNoDelay();
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'X-Accel-Buffering': 'no',
      ...crossOriginHeaders(request),
    });
    connection.lastWrite = this.#options.server.clock.now();
    const scope = admission.manager.addEventStream(connection);
    const { 'last-event-id': header } = request.headers;
    const lastID = typeof header === 'string' ? header : admission.parameters['lastEventId'];
    const missed = lastID === undefined ? [] : scope.history?.since(lastID);
    // Before anything of the queue, so it is always the first event.
    connection.open(response);
    connection.writeEvent({
      event: 'connection',
      data: JSON.stringify({ id: connection.sessionID, missed: missed === undefined }),
      ...(missed?.length || scope.history === undefined ? {} : { id: scope.history.lastID }),
    });
    for (const frame of missed ?? []) connection.member.send(frame);
  }

  #ended(connection: EventStreamConnection): void {
    const { server, door, logger } = this.#options;
    const admission = this.#open.get(connection);
    if (admission === undefined) return;
    this.#open.delete(connection);
    connection.member.close(true);
    door.release(admission.application, admission.facts.remoteAddress);
    admission.manager.removeEventStream(connection);
    background(server.disconnect(connection), logger, 'disconnecting an event stream');
  }

  #keepQuietAlive(): void {
    const { settings, server } = this.#options;
    const now = server.clock.now();
    for (const connection of this.#open.keys()) {
      if (now - connection.lastWrite < settings.pingIntervalMs) continue;
      connection.lastWrite = now;
      connection.writeComment();
    }
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const body = `${refusal.description}\n`;
  request.resume();
  response.writeHead(refusal.status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...refusal.headers,
  });
  response.end(body);
}

/** The origin was allowed; other pages than this one may not read the stream. */
function crossOriginHeaders({ headers }: IncomingMessage): Record<string, string> {
  if (headers.origin === undefined) return {};
  return { 'Access-Control-Allow-Origin': headers.origin, Vary: 'Origin' };
}
