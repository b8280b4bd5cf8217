import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer as WsServer } from 'ws';
import { background, type Logger } from '../../base/index.ts';
import type { Server, StreamHandler } from '../../server/index.ts';
import { createWsServer } from './createWsServer.ts';
import type { FanOut } from './frame/FanOut.ts';
import { Heartbeat } from './Heartbeat.ts';
import { checkRequest, requestedProtocols } from './handshake/checkRequest.ts';
import type { Admission, Doorkeeper } from './handshake/Doorkeeper.ts';
import { parseTarget } from './handshake/parseTarget.ts';
import { type Refusal, refuseUpgrade } from './handshake/Refusal.ts';
import { MessageRate } from './limits/MessageRate.ts';
import { type RawMessage, type SessionHandler, SessionSocket } from './SessionSocket.ts';
import {
  CLOSE_CODE,
  sendThrough,
  WebSocketConnection,
  type WebSocketConnectionOwner,
} from './WebSocketConnection.ts';
import type { WebSocketSettings } from './WebSocketSettings.ts';
import { WebSocketStream } from './WebSocketStream.ts';
import { WSMessage } from './WSMessage.ts';

/** What the server needs of its plugin. */
export interface WebSocketServerOptions {
  readonly settings: WebSocketSettings;
  readonly server: Server;
  readonly fanOut: FanOut;
  readonly logger: Logger;
  readonly door: Doorkeeper;
}

const STOPPING: Refusal = { status: 503, description: 'the server is stopping' };
const REFUSED: Refusal = { status: 403, description: 'refused' };

/** Takes upgrade requests and runs the connections that come of them, from the handshake to the last callback. */
export class WebSocketServer implements SessionHandler, WebSocketConnectionOwner {
  readonly #settings: WebSocketSettings;
  readonly #server: Server;
  readonly #fanOut: FanOut;
  readonly #logger: Logger;
  readonly #door: Doorkeeper;
  readonly #ws: WsServer;
  /** Sub-protocol agreed on, for the moment of the upgrade. */
  readonly #agreed = new WeakMap<IncomingMessage, string>();
  /** Sockets that are in their handshake, or carry another protocol's bytes. */
  readonly #sockets = new Set<Duplex>();
  readonly #forgetSocket: (this: Duplex) => void;
  /** Connections of which the listeners think that they are there. */
  readonly #open = new Set<WebSocketConnection>();
  /** Their sockets, and those that are still closing. */
  readonly #sessions = new Set<SessionSocket>();
  /** Other protocols' bytes inside WebSocket messages. */
  readonly #streams = new Set<WebSocketStream>();
  readonly #heartbeat: Heartbeat;
  readonly #hasRates: boolean;
  /** Told when a socket has closed, while the server stops. */
  #onEmpty: (() => void) | undefined;
  #isStopping = false;

  constructor(options: WebSocketServerOptions) {
    const { settings } = options;
    this.#settings = settings;
    this.#server = options.server;
    this.#fanOut = options.fanOut;
    this.#logger = options.logger;
    this.#door = options.door;
    const sockets = this.#sockets;
    this.#forgetSocket = function forget() {
      sockets.delete(this);
    };
    this.#hasRates = settings.maxMessagesPerSecond > 0 || settings.maxBytesPerSecond > 0;
    this.#ws = createWsServer(settings, (request) => this.#agreed.get(request) ?? false);
    this.#heartbeat = new Heartbeat(options.server.clock, settings, () => this.#open);
  }

  /** Begins to watch for silent peers. */
  start(): void {
    this.#heartbeat.start();
  }

  /** Refuses new connections, closes all with 1001, and waits until they are gone; what is left at the deadline is cut off. */
  async stop(deadline?: AbortSignal): Promise<void> {
    this.#isStopping = true;
    this.#heartbeat.stop();
    for (const connection of [...this.#open]) {
      connection.close({ kind: 'shutdown', description: 'server stops' });
    }
    for (const stream of this.#streams) stream.goAway();
    const cut = () => {
      for (const socket of this.#sockets) socket.destroy();
      for (const session of this.#sessions) session.terminate();
    };
    deadline?.addEventListener('abort', cut, { once: true });
    if (deadline?.aborted === true) cut();
    await Promise.all([...[...this.#sockets].map(closed), this.#whenEmpty()]);
    deadline?.removeEventListener('abort', cut);
    this.#fanOut.stop();
  }

  /** Answers an upgrade request: 101, or an HTTP error. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#sockets.add(socket);
    socket.on('close', this.#forgetSocket);
    // Stays: a peer may reset while it is being refused. Once it is open, ws listens too.
    socket.on('error', ignoreError);
    const fault = checkRequest(request) ?? (this.#isStopping ? STOPPING : undefined);
    const handler = this.#streamHandlerFor(request);
    if (fault !== undefined) this.#refuse(request, socket, fault);
    else if (handler !== undefined) this.#openStream(request, socket, { head, handler });
    else this.#openConnection(request, socket, head);
  }

  #openConnection(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const admission = this.#door.admit(request);
    if ('status' in admission) {
      this.#refuse(request, socket, admission);
      return;
    }
    background(
      this.#connect(request, socket, head, admission),
      this.#logger,
      'WebSocket handshake',
    );
  }

  /** The protocol that a client wants to speak inside; browser plug-ins that cannot name a sub-protocol say it in the address. */
  #streamHandlerFor(request: IncomingMessage): StreamHandler | undefined {
    const { streamHandlers } = this.#settings;
    if (streamHandlers.length === 0) return undefined;
    const protocols = requestedProtocols(request) ?? [];
    const { protocol } = parseTarget(request.url ?? '')?.parameters ?? {};
    return streamHandlers.find(
      ({ protocolName }) => protocols.includes(protocolName) || protocol === protocolName,
    );
  }

  /** Completes the handshake and hands the bytes inside over. */
  #openStream(
    request: IncomingMessage,
    socket: Duplex,
    { head, handler }: { readonly head: Buffer; readonly handler: StreamHandler },
  ): void {
    const admission = this.#door.admitStream(request, handler);
    if ('status' in admission) {
      this.#refuse(request, socket, admission);
      return;
    }
    socket.once('close', () => this.#door.releaseStream(admission));
    const { protocolName } = handler;
    if (requestedProtocols(request)?.includes(protocolName))
      this.#agreed.set(request, protocolName);
    this.#ws.handleUpgrade(request, socket, head, (webSocket) => {
      const stream = new WebSocketStream(webSocket);
      this.#streams.add(stream);
      stream.once('close', () => this.#streams.delete(stream));
      handler.handleStream(stream, admission.facts);
    });
  }

  /** Asks the application, then completes the handshake. */
  async #connect(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    admission: Admission,
  ): Promise<void> {
    const protocol = negotiate(request, admission);
    const connection = this.#createConnection(request, admission, protocol);
    const refusal = await this.#door.ask(connection);
    if (refusal !== undefined) {
      this.#door.release(admission.application, admission.facts.remoteAddress);
      this.#refuse(request, socket, refusal);
      return;
    }
    let isOpen = false;
    if (protocol !== undefined) this.#agreed.set(request, protocol);
    if (!this.#isStopping && !connection.isClosing && !socket.destroyed) {
      this.#ws.handleUpgrade(request, socket, head, (webSocket) => {
        isOpen = true;
        this.#opened(webSocket, socket, connection);
      });
    }
    if (isOpen) return;
    // The peer has gone, or the connection was closed by a callback, before there was anything to close.
    this.#door.release(admission.application, admission.facts.remoteAddress);
    if (socket.writable) this.#refuse(request, socket, this.#isStopping ? STOPPING : REFUSED);
    await this.#server.disconnect(connection);
  }

  #createConnection(
    request: IncomingMessage,
    { manager, host, path, parameters, facts }: Admission,
    protocol: string | undefined,
  ): WebSocketConnection {
    return new WebSocketConnection({
      host,
      path,
      parameters,
      protocol,
      remoteAddress: facts.remoteAddress,
      remotePort: facts.remotePort,
      secure: facts.secure,
      headers: request.headers,
      fanOut: this.#fanOut,
      manager,
      owner: this,
    });
  }

  #opened(webSocket: WebSocket, socket: Duplex, connection: WebSocketConnection): void {
    connection.lastActivity = this.#server.clock.now();
    this.#open.add(connection);
    if (webSocket instanceof SessionSocket) {
      // From here on ws listens to the socket.
      this.#sockets.delete(socket);
      socket.off('close', this.#forgetSocket);
      socket.off('error', ignoreError);
      this.#sessions.add(webSocket);
      webSocket.begin({ handler: this, connection });
    }
    const isCompressed = webSocket.extensions !== '';
    connection.open(
      webSocket,
      isCompressed ? { socket, writeFrames: sendThrough(webSocket) } : { socket },
    );
    connection.manager.addConnection(connection);
  }

  /** @internal */
  received(
    socket: SessionSocket,
    connection: WebSocketConnection,
    { data, isBinary }: RawMessage,
  ): void {
    if (connection.isClosing) return;
    if (connection.holdBack(() => this.received(socket, connection, { data, isBinary }))) return;
    const at = this.#server.clock.now();
    connection.lastActivity = at;
    connection.receivedMessages += 1;
    connection.receivedBytes += data.length;
    if (this.#hasRates) {
      socket.rate ??= new MessageRate(this.#settings, at);
      if (!socket.rate.takes(data.length, at)) {
        this.#tooFast(connection);
        return;
      }
    }
    connection.manager.deliver(new WSMessage(connection, data, { isBinary, timeStamp: at }));
  }

  /** @internal */
  alive(connection: WebSocketConnection): void {
    connection.lastActivity = this.#server.clock.now();
  }

  /** @internal */
  failed(connection: WebSocketConnection, error: Error): void {
    this.#logger.info(`WebSocket connection broke the protocol: ${error.message}`, {
      remoteAddress: connection.remoteAddress,
      connection: connection.sessionID,
      path: connection.path,
    });
  }

  /** @internal */
  closed(socket: SessionSocket, connection: WebSocketConnection): void {
    this.#sessions.delete(socket);
    this.ended(connection);
    if (this.#sessions.size === 0) this.#onEmpty?.();
  }

  /** @internal */
  moved(connection: WebSocketConnection): boolean {
    const application = connection.scope?.application;
    const manager = this.#open.has(connection)
      ? this.#door.move(connection.manager.application, application)
      : undefined;
    if (manager === undefined) return false;
    connection.manager = manager;
    return true;
  }

  /** The socket has closed, or the server shuts the connection's application down. @internal */
  ended(connection: WebSocketConnection): void {
    if (!this.#open.delete(connection)) return;
    const { manager } = connection;
    connection.member.close(true);
    this.#door.release(manager.application, connection.remoteAddress);
    manager.removeConnection(connection);
    background(this.#server.disconnect(connection), this.#logger, 'disconnecting a WebSocket');
  }

  #tooFast(connection: WebSocketConnection): void {
    this.#logger.info('WebSocket connection sends too fast', {
      remoteAddress: connection.remoteAddress,
      connection: connection.sessionID,
    });
    connection.close(CLOSE_CODE.POLICY_VIOLATION, 'too many messages');
  }

  #whenEmpty(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#sessions.size === 0) resolve();
      else this.#onEmpty = resolve;
    });
  }

  #refuse(request: IncomingMessage, socket: Duplex, refusal: Refusal): void {
    this.#logger.debug(`WebSocket handshake refused: ${refusal.description}`, {
      status: refusal.status,
      url: request.url?.split('?')[0],
    });
    refuseUpgrade(socket, refusal);
    // A peer that does not read its refusal is not waited for.
    const timer = this.#server.clock.after(this.#settings.closeTimeoutMs, () => socket.destroy());
    socket.once('close', () => timer.cancel());
  }
}

/** The first sub-protocol the client offers that a listener of the path speaks. */
function negotiate(request: IncomingMessage, { manager, fullPath }: Admission): string | undefined {
  const supported = manager.protocolsOf(fullPath);
  return requestedProtocols(request)?.find((protocol) => supported.has(protocol));
}

function closed(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

/** The end of the socket says all there is to know. */
function ignoreError(): void {}
