import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocket, WebSocketServer as WsServer } from 'ws';
import { background, type Logger, type Timer } from '../../base/index.ts';
import type { Server, StreamHandler } from '../../server/index.ts';
import type { FanOut } from './frame/FanOut.ts';
import { checkRequest, requestedProtocols } from './handshake/checkRequest.ts';
import type { Admission, Doorkeeper } from './handshake/Doorkeeper.ts';
import { parseTarget } from './handshake/parseTarget.ts';
import { type Refusal, refuseUpgrade } from './handshake/Refusal.ts';
import { TokenBucket } from './limits/TokenBucket.ts';
import {
  CLOSE_CODE,
  type ConnectionMover,
  sendThrough,
  WebSocketConnection,
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
const MALFORMED: Refusal = { status: 400, description: 'this address is malformed' };
const REFUSED: Refusal = { status: 403, description: 'refused' };

/** Takes upgrade requests and runs the connections that come of them, from the handshake to the last callback. */
export class WebSocketServer implements ConnectionMover {
  readonly #settings: WebSocketSettings;
  readonly #server: Server;
  readonly #fanOut: FanOut;
  readonly #logger: Logger;
  readonly #door: Doorkeeper;
  readonly #ws: WsServer;
  /** Sub-protocol agreed on, for the moment of the upgrade. */
  readonly #agreed = new WeakMap<IncomingMessage, string>();
  /** Sockets that are in their handshake, and open ones. */
  readonly #sockets = new Set<Duplex>();
  readonly #forgetSocket: (this: Duplex) => void;
  readonly #open = new Map<WebSocketConnection, Admission>();
  /** Other protocols' bytes inside WebSocket messages. */
  readonly #streams = new Set<WebSocketStream>();
  #heartbeat: Timer | undefined;
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
    this.#ws = new WsServer(wsOptions(settings, (request) => this.#agreed.get(request) ?? false));
  }

  /** Begins to watch for silent peers. */
  start(): void {
    const { pingIntervalMs, idleTimeoutMs } = this.#settings;
    const shortest = Math.min(pingIntervalMs || Infinity, idleTimeoutMs || Infinity);
    if (shortest === Infinity) return;
    // Often enough that a peer is pinged at most a tenth of the time too late.
    const intervalMs = Math.max(10, Math.min(1000, shortest / 10));
    this.#heartbeat = this.#server.clock.every(intervalMs, () => this.#watch());
  }

  /** Refuses new connections, closes all with 1001, and waits until they are gone; what is left at the deadline is cut off. */
  async stop(deadline?: AbortSignal): Promise<void> {
    this.#isStopping = true;
    this.#heartbeat?.cancel();
    for (const connection of [...this.#open.keys()]) {
      connection.close({ kind: 'shutdown', description: 'server stops' });
    }
    for (const stream of this.#streams) stream.goAway();
    const cut = () => {
      for (const socket of this.#sockets) socket.destroy();
    };
    deadline?.addEventListener('abort', cut, { once: true });
    if (deadline?.aborted === true) cut();
    await Promise.all([...this.#sockets].map(closed));
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
      (handler) =>
        protocols.includes(handler.protocolName) ||
        protocol === handler.protocolName ||
        handler.acceptsTarget?.(request.url ?? ''),
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
    const { facts } = admission;
    if (handler.admit === undefined) {
      this.#upgradeToStream(request, socket, head, (stream) => handler.handleStream(stream, facts));
      return;
    }
    const admitted = this.#door.describe(request, facts);
    if (admitted === undefined) {
      this.#refuse(request, socket, MALFORMED);
      return;
    }
    const decided = handler.admit(request, admitted).then((ticket) => {
      if ('status' in ticket) this.#refuse(request, socket, ticket);
      else if (this.#isStopping || socket.destroyed) ticket.cancel();
      else {
        let isOpen = false;
        this.#upgradeToStream(request, socket, head, (stream) => {
          isOpen = true;
          ticket.open(stream);
        });
        if (!isOpen) ticket.cancel();
      }
    });
    background(decided, this.#logger, 'WebSocket handshake');
  }

  #upgradeToStream(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    open: (stream: Duplex) => void,
  ): void {
    this.#ws.handleUpgrade(request, socket, head, (webSocket) => {
      const stream = new WebSocketStream(webSocket);
      this.#streams.add(stream);
      stream.once('close', () => this.#streams.delete(stream));
      open(stream);
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
      this.#door.release(admission);
      this.#refuse(request, socket, refusal);
      return;
    }
    let isOpen = false;
    if (protocol !== undefined) this.#agreed.set(request, protocol);
    if (!this.#isStopping && !connection.isClosing && !socket.destroyed) {
      this.#ws.handleUpgrade(request, socket, head, (webSocket) => {
        isOpen = true;
        this.#opened(webSocket, socket, { admission, connection });
      });
    }
    if (isOpen) return;
    // The peer has gone, or the connection was closed by a callback, before there was anything to close.
    this.#door.release(admission);
    if (socket.writable) this.#refuse(request, socket, this.#isStopping ? STOPPING : REFUSED);
    await this.#server.disconnect(connection);
  }

  #createConnection(
    request: IncomingMessage,
    { host, path, parameters, facts }: Admission,
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
      onShutdown: (closing) => this.#ended(closing),
      mover: this,
    });
  }

  #opened(
    webSocket: WebSocket,
    socket: Duplex,
    { admission, connection }: { admission: Admission; connection: WebSocketConnection },
  ): void {
    connection.lastActivity = this.#server.clock.now();
    this.#open.set(connection, admission);
    if (webSocket instanceof SessionSocket) webSocket.session = { server: this, connection };
    webSocket.on('message', onMessage);
    webSocket.on('ping', onAlive);
    webSocket.on('pong', onAlive);
    webSocket.on('error', onError);
    webSocket.on('close', onClose);
    const isCompressed = webSocket.extensions !== '';
    connection.open(
      webSocket,
      isCompressed ? { socket, writeFrames: sendThrough(webSocket) } : { socket },
    );
    admission.manager.addConnection(connection);
  }

  /** A whole message came. @internal */
  received(session: Session, data: Buffer, isBinary: boolean): void {
    const { connection } = session;
    if (connection.isClosing) return;
    if (connection.holdBack(() => this.received(session, data, isBinary))) return;
    const at = this.#server.clock.now();
    connection.lastActivity = at;
    connection.receivedMessages += 1;
    connection.receivedBytes += data.length;
    session.rate ??= {
      messages: new TokenBucket(this.#settings.maxMessagesPerSecond, at),
      bytes: new TokenBucket(this.#settings.maxBytesPerSecond, at),
    };
    if (!session.rate.messages.take(1, at) || !session.rate.bytes.take(data.length, at)) {
      this.#logger.info('WebSocket connection sends too fast', {
        connection: connection.sessionID,
      });
      connection.close(CLOSE_CODE.POLICY_VIOLATION, 'too many messages');
      return;
    }
    const manager = this.#open.get(connection)?.manager;
    manager?.deliver(new WSMessage(connection, data, isBinary ? 'binary' : 'text'));
  }

  /** A ping or pong came. @internal */
  alive({ connection }: Session): void {
    connection.lastActivity = this.#server.clock.now();
  }

  /** The peer broke the protocol; `ws` sends the close frame. @internal */
  failed({ connection }: Session, error: Error): void {
    this.#logger.info(`WebSocket connection broke the protocol: ${error.message}`, {
      connection: connection.sessionID,
      path: connection.path,
    });
  }

  /** The socket has closed. @internal */
  closed({ connection }: Session): void {
    this.#ended(connection);
  }

  /** A new version of the application takes a connection over. @internal */
  leaveManager(connection: WebSocketConnection, silent: boolean): void {
    this.#open.get(connection)?.manager.removeConnection(connection, silent);
  }

  /** The connection is in the scope of the new version. @internal */
  enterManager(connection: WebSocketConnection, silent: boolean): boolean {
    const admission = this.#open.get(connection);
    const moved = admission && this.#door.move(admission, connection.scope?.application);
    if (moved === undefined) return false;
    this.#open.set(connection, moved);
    moved.manager.addConnection(connection, silent);
    return true;
  }

  #ended(connection: WebSocketConnection): void {
    const admission = this.#open.get(connection);
    if (admission === undefined) return;
    this.#open.delete(connection);
    connection.member.close(true);
    this.#door.release(admission);
    admission.manager.removeConnection(connection);
    background(this.#server.disconnect(connection), this.#logger, 'disconnecting a WebSocket');
  }

  #watch(): void {
    const { pingIntervalMs, idleTimeoutMs } = this.#settings;
    const now = this.#server.clock.now();
    for (const connection of this.#open.keys()) {
      const silentMs = now - connection.lastActivity;
      if (idleTimeoutMs > 0 && silentMs >= idleTimeoutMs) {
        connection.close(CLOSE_CODE.GOING_AWAY, 'idle');
      } else if (
        pingIntervalMs > 0 &&
        silentMs >= pingIntervalMs &&
        now - connection.lastPing >= pingIntervalMs
      ) {
        connection.lastPing = now;
        connection.sendPing();
      }
    }
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

/** An open connection. Its listeners are functions that all share and find it by `this`, as idle connections are to cost little. */
interface Session {
  readonly server: WebSocketServer;
  readonly connection: WebSocketConnection;
  /** Made at the first message. */
  rate?: { readonly messages: TokenBucket; readonly bytes: TokenBucket };
}

class SessionSocket extends WebSocket {
  session: Session | undefined;

  /** `ws` sends a close frame of its own accord too, in answer to the peer's or to an error: what is pending has to go first. */
  override close(code?: number, data?: string | Buffer): void {
    this.session?.connection.member.close();
    super.close(code, data);
  }
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  const session = sessionOf(this);
  session?.server.received(session, data as Buffer, isBinary);
}

function onAlive(this: WebSocket): void {
  const session = sessionOf(this);
  session?.server.alive(session);
}

function onError(this: WebSocket, error: Error): void {
  const session = sessionOf(this);
  session?.server.failed(session, error);
}

function onClose(this: WebSocket): void {
  const session = sessionOf(this);
  session?.server.closed(session);
}

function sessionOf(socket: WebSocket): Session | undefined {
  return socket instanceof SessionSocket ? socket.session : undefined;
}

type WsOptions = NonNullable<ConstructorParameters<typeof WsServer>[0]>;

function wsOptions(
  settings: WebSocketSettings,
  protocolOf: (request: IncomingMessage) => string | false,
): WsOptions {
  // `closeTimeout` is an option of ws that its type package does not list yet.
  const options: WsOptions & { readonly closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    WebSocket: SessionSocket,
    maxPayload: settings.maxMessageBytes,
    maxFragments: settings.maxFragments,
    closeTimeout: settings.closeTimeoutMs,
    handleProtocols: (_protocols, request) => protocolOf(request),
    perMessageDeflate: settings.perMessageDeflate && {
      threshold: settings.deflateThresholdBytes,
      // Bounded memory: no state is kept between messages, and few are compressed at a time.
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 12,
      concurrencyLimit: 4,
      zlibDeflateOptions: { level: 1, memLevel: 5 },
    },
  };
  return options;
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
