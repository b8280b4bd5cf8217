import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocket, WebSocketServer as WsServer } from 'ws';
import { background, type Logger, type Timer } from '../../base/index.ts';
import type { ConnectResult, Server, StreamHandler, WebScope } from '../../server/index.ts';
import type { FanOut } from './frame/FanOut.ts';
import { checkRequest, requestedProtocols } from './handshake/checkRequest.ts';
import { OriginPolicy } from './handshake/OriginPolicy.ts';
import { appendScope, parseTarget } from './handshake/parseTarget.ts';
import { type Refusal, refuseUpgrade } from './handshake/Refusal.ts';
import { type PeerFacts, TrustedProxies } from './handshake/TrustedProxies.ts';
import { type CapReached, ConnectionCounter } from './limits/ConnectionCounter.ts';
import { TokenBucket } from './limits/TokenBucket.ts';
import { CLOSE_CODE, sendThrough, WebSocketConnection } from './WebSocketConnection.ts';
import { joinPath, type WebSocketScopeManager } from './WebSocketScopeManager.ts';
import type { WebSocketSettings } from './WebSocketSettings.ts';
import { WebSocketStream } from './WebSocketStream.ts';
import { WSMessage } from './WSMessage.ts';

/** What the server needs of its plugin. */
export interface WebSocketServerOptions {
  readonly settings: WebSocketSettings;
  readonly server: Server;
  readonly fanOut: FanOut;
  readonly logger: Logger;
  /** The manager of an application; undefined when it has none. */
  readonly managerOf: (application: WebScope) => WebSocketScopeManager | undefined;
}

/** A handshake that passed all checks that need no application code. */
interface Admission {
  readonly application: WebScope;
  readonly manager: WebSocketScopeManager;
  readonly connection: WebSocketConnection;
}

const STOPPING: Refusal = { status: 503, description: 'the server is stopping' };
const FOREIGN_PAGE: Refusal = {
  status: 403,
  description: 'connections from this page are not allowed',
};
const UNKNOWN: Refusal = { status: 404, description: 'there is no such application' };

const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  'NetConnection.Connect.InvalidApp': 404,
  'NetConnection.Connect.Rejected': 403,
  'NetConnection.Connect.AppShutdown': 503,
};

const REFUSAL_OF_CAP: Readonly<Record<CapReached, Refusal>> = {
  total: { status: 503, description: 'the server has no more room' },
  application: { status: 503, description: 'the application has no more room' },
  address: { status: 429, description: 'too many connections from this address' },
};

/** Takes upgrade requests and runs the connections that come of them, from the handshake to the last callback. */
export class WebSocketServer {
  readonly #settings: WebSocketSettings;
  readonly #server: Server;
  readonly #fanOut: FanOut;
  readonly #logger: Logger;
  readonly #managerOf: WebSocketServerOptions['managerOf'];
  readonly #origins: OriginPolicy;
  readonly #proxies: TrustedProxies;
  readonly #counter: ConnectionCounter;
  readonly #ws: WsServer;
  /** Sub-protocol agreed on, for the moment of the upgrade. */
  readonly #agreed = new WeakMap<IncomingMessage, string>();
  /** Sockets that are in their handshake, and open ones. */
  readonly #sockets = new Set<Duplex>();
  readonly #forgetSocket: (this: Duplex) => void;
  readonly #open = new Map<WebSocketConnection, Admission>();
  /** Connections that another protocol is spoken in. */
  readonly #streams = new Set<WebSocketStream>();
  #heartbeat: Timer | undefined;
  #isStopping = false;

  constructor(options: WebSocketServerOptions) {
    const { settings } = options;
    this.#settings = settings;
    this.#server = options.server;
    this.#fanOut = options.fanOut;
    this.#logger = options.logger;
    this.#managerOf = options.managerOf;
    this.#origins = new OriginPolicy(settings.allowedOrigins);
    this.#proxies = new TrustedProxies(settings.trustedProxies);
    this.#counter = new ConnectionCounter({
      total: settings.maxConnections,
      perApplication: settings.maxConnectionsPerApplication,
      perAddress: settings.maxConnectionsPerAddress,
    });
    const sockets = this.#sockets;
    this.#forgetSocket = function forget() {
      sockets.delete(this);
    };
    this.#ws = new WsServer(wsOptions(settings, (request) => this.#agreed.get(request) ?? false));
  }

  /** Connections that are open or in their handshake. */
  get connectionCount(): number {
    return this.#counter.total;
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
    const onError = (error: Error) => this.#logger.debug(`WebSocket handshake: ${error.message}`);
    socket.on('error', onError);
    const handler = this.#streamHandlerFor(request);
    const admission =
      handler === undefined
        ? this.#admit(request)
        : this.#openStream(request, socket, head, handler);
    if (admission === undefined) return;
    if ('status' in admission) {
      this.#refuse(request, socket, admission);
      return;
    }
    background(
      this.#connect(request, socket, head, admission).finally(() => socket.off('error', onError)),
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

  /** Completes the handshake and hands the bytes inside over; which application they are for is said in them. */
  #openStream(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    handler: StreamHandler,
  ): Refusal | undefined {
    if (this.#isStopping) return STOPPING;
    const refusal = checkRequest(request);
    if (refusal !== undefined) return refusal;
    const facts = this.#proxies.factsOf(request);
    if (!this.#origins.allows({ ...facts, origin: request.headers.origin })) return FOREIGN_PAGE;
    const reached = this.#counter.add(handler, facts.remoteAddress);
    if (reached !== undefined) return REFUSAL_OF_CAP[reached];
    socket.once('close', () => this.#counter.remove(handler, facts.remoteAddress));
    if (requestedProtocols(request)?.includes(handler.protocolName)) {
      this.#agreed.set(request, handler.protocolName);
    }
    this.#ws.handleUpgrade(request, socket, head, (webSocket) => {
      const stream = new WebSocketStream(webSocket);
      this.#streams.add(stream);
      stream.once('close', () => this.#streams.delete(stream));
      handler.handleStream(stream, facts);
    });
    return undefined;
  }

  /** All checks in the order of their cost; the application has not been asked yet. */
  #admit(request: IncomingMessage): Admission | Refusal {
    if (this.#isStopping) return STOPPING;
    const refusal = checkRequest(request);
    if (refusal !== undefined) return refusal;
    const facts = this.#proxies.factsOf(request);
    if (!this.#origins.allows({ ...facts, origin: request.headers.origin })) {
      return FOREIGN_PAGE;
    }
    const target = parseTarget(request.url ?? '');
    const host = hostName(facts.host);
    const address = target && this.#server.resolve(host, target.path);
    if (target === undefined || address === undefined) return UNKNOWN;
    const { application } = address;
    const manager = this.#managerOf(application);
    if (manager?.isEnabled !== true) return UNKNOWN;
    const path = appendScope(target.path, scopeOf(target.parameters, manager.scopeParameter));
    const full = this.#server.resolve(host, path);
    if (full === undefined) return { status: 404, description: 'there is no such room' };
    const protocol = this.#negotiate(request, manager, full);
    const reached = this.#counter.add(application, facts.remoteAddress);
    if (reached !== undefined) return REFUSAL_OF_CAP[reached];
    if (protocol !== undefined) this.#agreed.set(request, protocol);
    return {
      application,
      manager,
      connection: this.#createConnection(request, facts, {
        host,
        path,
        protocol,
        parameters: target.parameters,
      }),
    };
  }

  #negotiate(
    request: IncomingMessage,
    manager: WebSocketScopeManager,
    address: { readonly application: WebScope; readonly rooms: readonly string[] },
  ): string | undefined {
    const supported = manager.protocolsOf(joinPath(address.application.fullPath, address.rooms));
    return requestedProtocols(request)?.find((protocol) => supported.has(protocol));
  }

  #createConnection(
    request: IncomingMessage,
    facts: PeerFacts,
    asked: {
      readonly host: string;
      readonly path: string;
      readonly protocol: string | undefined;
      readonly parameters: Readonly<Record<string, string>>;
    },
  ): WebSocketConnection {
    return new WebSocketConnection({
      ...asked,
      remoteAddress: facts.remoteAddress,
      remotePort: facts.remotePort,
      secure: facts.secure,
      headers: request.headers,
      fanOut: this.#fanOut,
      onShutdown: (connection) => this.#ended(connection),
    });
  }

  /** Asks the application, then completes the handshake. */
  async #connect(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    admission: Admission,
  ): Promise<void> {
    const { connection } = admission;
    const release = () => this.#counter.remove(admission.application, connection.remoteAddress);
    const result = await this.#askApplication(connection);
    if (!result.accepted) {
      release();
      this.#refuse(request, socket, {
        status: STATUS_OF_CODE[result.code] ?? 500,
        description: result.description,
      });
      return;
    }
    let isOpen = false;
    if (!this.#isStopping && !connection.isClosing && !socket.destroyed) {
      this.#ws.handleUpgrade(request, socket, head, (webSocket) => {
        isOpen = true;
        this.#opened(webSocket, socket, admission);
      });
    }
    if (isOpen) return;
    // The peer has gone, or the connection was closed by a callback, before there was anything to close.
    release();
    if (!socket.destroyed)
      this.#refuse(
        request,
        socket,
        this.#isStopping ? STOPPING : { status: 403, description: 'refused' },
      );
    await this.#server.disconnect(connection);
  }

  /** The application's verdict, or a refusal when it takes too long; then an acceptance that still comes is undone. */
  async #askApplication(connection: WebSocketConnection): Promise<ConnectResult> {
    const { clock } = this.#server;
    const verdict = this.#server.connect(connection);
    let timer: Timer | undefined;
    const timeout = new Promise<undefined>((resolve) => {
      timer = clock.after(this.#settings.connectTimeoutMs, () => resolve(undefined));
    });
    const result = await Promise.race([verdict, timeout]);
    timer?.cancel();
    if (result !== undefined) return result;
    const undo = async () => {
      if ((await verdict).accepted) await this.#server.disconnect(connection);
    };
    background(undo(), this.#logger, 'undoing a late WebSocket connect');
    return {
      accepted: false,
      code: 'NetConnection.Connect.AppShutdown',
      description: 'the application did not answer in time',
    };
  }

  #opened(webSocket: WebSocket, socket: Duplex, admission: Admission): void {
    const { connection, manager } = admission;
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
    manager.addConnection(connection);
  }

  /** A whole message came. @internal */
  received(session: Session, data: Buffer, isBinary: boolean): void {
    const { connection } = session;
    if (connection.isClosing) return;
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

  #ended(connection: WebSocketConnection): void {
    const admission = this.#open.get(connection);
    if (admission === undefined) return;
    this.#open.delete(connection);
    connection.member.close(true);
    this.#counter.remove(admission.application, connection.remoteAddress);
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

function scopeOf(parameters: Readonly<Record<string, string>>, name: string): string | undefined {
  return name === '' ? undefined : parameters[name];
}

/** The `Host` header without port, as virtual hosts are compared: `[::1]:8081` gives `::1`. */
function hostName(host: string): string {
  const bracket = /^\[([^\]]*)\]/.exec(host);
  return (bracket?.[1] ?? host.split(':')[0] ?? '').toLowerCase();
}

function closed(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}
