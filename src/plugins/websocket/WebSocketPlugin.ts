import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  type BeanInfo,
  background,
  ConfigError,
  type Lifecycle,
  LifecycleError,
  type Logger,
} from '../../base/index.ts';
import {
  type BaseConnection,
  type CountedRequest,
  type Red5Plugin,
  type RequestGate,
  type RequestHandler,
  type RequestRefusal,
  type Scope,
  type ScopeListener,
  ScopeUtils,
  type Server,
  type SocketHandler,
  type StreamHandler,
  type UpgradeHandler,
} from '../../server/index.ts';
import { FanOut, QUEUE_POLICIES, type QueuePolicy } from './frame/FanOut.ts';
import { Doorkeeper } from './handshake/Doorkeeper.ts';
import { JSONProtocol } from './json/JSONProtocol.ts';
import { JSONServer } from './json/JSONServer.ts';
import { EventStreamServer } from './sse/EventStreamServer.ts';
import { UpgradeListener } from './UpgradeListener.ts';
import { WebSocketScopeManager } from './WebSocketScopeManager.ts';
import { WebSocketServer } from './WebSocketServer.ts';
import type { WebSocketSettings } from './WebSocketSettings.ts';
import type { WebSocketErrorCode } from './websocketErrors.ts';

/** Name by which `PluginRegistry.getPlugin` finds the plugin. */
export const WEBSOCKET_PLUGIN_NAME = 'WebSocketPlugin';

/**
 * Lets browsers connect by WebSocket, on a port of their own and on the HTTP port.
 *
 * An application takes part from its first `plugin.getManager(scope).addWebSocketScope(…)` on. Limits, time-outs and policies are
 * properties; `WebSocketSettings` says what each of them means.
 *
 * @red5 org.red5.net.websocket.WebSocketPlugin
 */
export class WebSocketPlugin
  implements
    Red5Plugin,
    Lifecycle,
    SocketHandler,
    UpgradeHandler,
    RequestHandler,
    RequestGate,
    WebSocketSettings
{
  static readonly beanInfo: BeanInfo = {
    types: [
      'WebSocketPlugin',
      'Red5Plugin',
      'SocketHandler',
      'UpgradeHandler',
      'RequestHandler',
      'RequestGate',
    ],
    properties: {
      server: 'Server',
      streamHandlers: 'list<StreamHandler>',
      allowedOrigins: 'list<string>',
      trustedProxies: 'list<string>',
      maxMessageBytes: 'int',
      maxFragments: 'int',
      maxMessagesPerSecond: 'int',
      maxBytesPerSecond: 'int',
      maxConnections: 'int',
      maxConnectionsPerApplication: 'int',
      maxConnectionsPerAddress: 'int',
      handshakeTimeoutMs: 'int',
      connectTimeoutMs: 'int',
      pingIntervalMs: 'int',
      idleTimeoutMs: 'int',
      closeTimeoutMs: 'int',
      maxQueueBytes: 'int',
      maxTotalQueueBytes: 'int',
      queuePolicy: 'string',
      perMessageDeflate: 'boolean',
      deflateThresholdBytes: 'int',
      serverSentEvents: 'boolean',
      maxHistoryEvents: 'int',
      maxHistoryBytes: 'int',
      json: 'JSONProtocol',
    },
  };

  readonly name: string = WEBSOCKET_PLUGIN_NAME;
  readonly protocolName = 'websocket';
  readonly urlScheme = 'ws';
  readonly upgradeName = 'websocket';
  server!: Server;
  streamHandlers: readonly StreamHandler[] = [];
  allowedOrigins: string[] = ['same-host', 'none'];
  trustedProxies: string[] = [];
  maxMessageBytes = 65_536;
  maxFragments = 1024;
  maxMessagesPerSecond = 200;
  maxBytesPerSecond = 1_048_576;
  maxConnections = 20_000;
  maxConnectionsPerApplication = 10_000;
  maxConnectionsPerAddress = 256;
  handshakeTimeoutMs = 5_000;
  connectTimeoutMs = 10_000;
  pingIntervalMs = 25_000;
  idleTimeoutMs = 60_000;
  closeTimeoutMs = 3_000;
  maxQueueBytes = 1_048_576;
  maxTotalQueueBytes = 268_435_456;
  queuePolicy: QueuePolicy = 'close';
  perMessageDeflate = false;
  deflateThresholdBytes = 1024;
  serverSentEvents = false;
  maxHistoryEvents = 200;
  maxHistoryBytes = 262_144;
  json: JSONProtocol = new JSONProtocol();

  /** Applications need not say goodbye: what is left of their part goes with them. */
  readonly #scopeListener: ScopeListener = {
    scopeRemoved: (scope) => {
      const manager = scope.application && this.#managers.get(scope.application);
      if (scope !== scope.application) manager?.roomRemoved(scope);
      else if (manager !== undefined) {
        background(this.removeManager(scope), this.#logger(), 'removing a WebSocket manager');
      }
    },
  };
  readonly #managers = new Map<Scope, WebSocketScopeManager>();
  #fanOut: FanOut | undefined;
  #door: Doorkeeper | undefined;
  #webSockets: WebSocketServer | undefined;
  #eventStreams: EventStreamServer | undefined;
  #listener: UpgradeListener | undefined;

  /** Connections that are open or in their handshake. */
  get connectionCount(): number {
    return this.#door?.connectionCount ?? 0;
  }

  /** Bytes that wait for clients that read too slowly, all together. */
  get queuedBytes(): number {
    return this.#fanOut?.budget.bytes ?? 0;
  }

  /** Registers the plugin and gets ready for connections; the ports are a transport's business. */
  async start(): Promise<void> {
    if (this.#webSockets !== undefined) return;
    const { queuePolicy } = this;
    if (!QUEUE_POLICIES.includes(queuePolicy)) {
      const message = `queuePolicy is "${queuePolicy}" and none of ${QUEUE_POLICIES.join(', ')}`;
      throw new ConfigError('BAD_QUEUE_POLICY' satisfies WebSocketErrorCode, message);
    }
    const logger = this.server.logger.child('websocket');
    const shared = { settings: this, server: this.server, logger };
    this.#door = new Doorkeeper({
      ...shared,
      managerOf: (application) => this.#managers.get(application),
    });
    this.#webSockets = new WebSocketServer({
      ...shared,
      fanOut: this.#sharedFanOut(),
      door: this.#door,
      json: new JSONServer({ ...shared, fanOut: this.#sharedFanOut() }),
    });
    this.#webSockets.start();
    this.#eventStreams = new EventStreamServer({
      ...shared,
      fanOut: this.#sharedFanOut(),
      door: this.#door,
    });
    this.#eventStreams.start();
    this.#listener = new UpgradeListener(this, this.handshakeTimeoutMs, logger);
    this.#listener.start();
    this.server.addScopeListener(this.#scopeListener);
    await this.server.plugins.register(this);
  }

  /** Closes all connections with 1001 and waits until they are gone. */
  async stop(deadline?: AbortSignal): Promise<void> {
    const webSockets = this.#webSockets;
    if (webSockets === undefined) return;
    this.#webSockets = undefined;
    this.server.removeScopeListener(this.#scopeListener);
    for (const manager of this.#managers.values()) await manager.stop();
    this.#managers.clear();
    this.#eventStreams?.stop();
    this.#eventStreams = undefined;
    this.#listener?.stop();
    await webSockets.stop(deadline);
    this.#fanOut = undefined;
    this.server.plugins.unregister(this);
  }

  /**
   * The manager of the application a scope belongs to; made at the first call.
   *
   * @param where - the application's scope or one of its rooms, or a path such as `/chat`
   * @throws LifecycleError `NO_APPLICATION` when there is no such application
   */
  getManager(where: Scope | string): WebSocketScopeManager {
    const application = this.#applicationOf(where);
    if (application === undefined) {
      const code: WebSocketErrorCode = 'NO_APPLICATION';
      throw new LifecycleError(code, `no application at "${describe(where)}"`, {
        phase: 'start',
        bean: this.name,
      });
    }
    let manager = this.#managers.get(application);
    if (manager === undefined) {
      manager = new WebSocketScopeManager(application, {
        server: this.server,
        fanOut: this.#sharedFanOut(),
        logger: this.#logger(),
        history: { maxEvents: this.maxHistoryEvents, maxBytes: this.maxHistoryBytes },
      });
      this.#managers.set(application, manager);
    }
    return manager;
  }

  /** Stops an application's manager and forgets it; undefined when there was none. */
  async removeManager(where: Scope | string): Promise<WebSocketScopeManager | undefined> {
    const application = this.#applicationOf(where);
    const manager = application && this.#managers.get(application);
    if (application === undefined || manager === undefined) return undefined;
    this.#managers.delete(application);
    await manager.stop();
    return manager;
  }

  /** Lets the application of an adapter take part without listeners of its own. */
  setApplication(adapter: { readonly scope: Scope | undefined }): void {
    if (adapter.scope !== undefined) this.getManager(adapter.scope).setApplication();
  }

  /** Ends the part of an adapter's application. */
  async removeApplication(adapter: { readonly scope: Scope | undefined }): Promise<void> {
    if (adapter.scope !== undefined) await this.removeManager(adapter.scope);
  }

  /** HTTP requests begin with a capital letter. */
  acceptsFirstByte(byte: number): boolean {
    return byte >= 0x41 && byte <= 0x5a;
  }

  handleSocket(socket: Socket, head: Buffer): void {
    if (this.#listener === undefined) socket.destroy();
    else this.#listener.take(socket, head);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#webSockets === undefined) socket.destroy();
    else this.#webSockets.handleUpgrade(request, socket, head);
  }

  handleRequest(request: IncomingMessage, response: ServerResponse): boolean {
    if (!this.serverSentEvents || this.#eventStreams === undefined) return false;
    return this.#eventStreams.handleRequest(request, response);
  }

  admitRequest(request: IncomingMessage, owner: object): CountedRequest | RequestRefusal {
    const door = this.#door;
    if (door === undefined) return { status: 503, description: 'the server is stopping' };
    const admission = door.admitStream(request, owner);
    if ('status' in admission) return admission;
    const admitted = door.describe(request, admission.facts);
    let isReleased = false;
    const release = () => {
      if (!isReleased) door.releaseStream(admission);
      isReleased = true;
    };
    if (admitted !== undefined) return { ...admitted, release };
    release();
    return { status: 400, description: 'this address is malformed' };
  }

  async connect(connection: BaseConnection): Promise<RequestRefusal | undefined> {
    if (this.#door !== undefined) return await this.#door.ask(connection);
    return { status: 503, description: 'the server is stopping' };
  }

  addStreamHandler(handler: StreamHandler): void {
    this.streamHandlers = [...this.streamHandlers, handler];
  }

  /** Removes what `addStreamHandler` added. */
  removeStreamHandler(handler: StreamHandler): void {
    this.streamHandlers = this.streamHandlers.filter((other) => other !== handler);
  }

  #logger(): Logger {
    return this.server.logger.child('websocket');
  }

  #sharedFanOut(): FanOut {
    this.#fanOut ??= new FanOut({
      maxQueueBytes: this.maxQueueBytes,
      maxTotalQueueBytes: this.maxTotalQueueBytes,
      queuePolicy: this.queuePolicy,
    });
    return this.#fanOut;
  }

  #applicationOf(where: Scope | string): Scope | undefined {
    if (typeof where !== 'string') return ScopeUtils.findApplication(where);
    return this.server.applicationAt(where.replace(/^\/+/, ''));
  }
}

function describe(where: Scope | string): string {
  return typeof where === 'string' ? where : where.name;
}
