import { background, describeError, type Logger } from '../../base/index.ts';
import type { Scope, Server } from '../../server/index.ts';
import { encodeBinaryFrame, encodeTextFrame } from './frame/encodeFrame.ts';
import type { FanOut } from './frame/FanOut.ts';
import type { WebSocketDataListener } from './listener/WebSocketDataListener.ts';
import type { WebSocketScopeListener } from './listener/WebSocketScopeListener.ts';
import type { SendOptions } from './SendOptions.ts';
import type { EventHistoryLimits } from './sse/EventHistory.ts';
import type { EventStreamConnection } from './sse/EventStreamConnection.ts';
import type { WebSocketConnection } from './WebSocketConnection.ts';
import { ALL_PATHS, WebSocketScope } from './WebSocketScope.ts';
import type { WSMessage } from './WSMessage.ts';

/** What a manager needs of its plugin. @internal */
export interface WebSocketScopeManagerOptions {
  readonly server: Server;
  readonly fanOut: FanOut;
  readonly logger: Logger;
  /** How many messages are kept for event streams that reconnect. */
  readonly history: EventHistoryLimits;
}

/**
 * The WebSocket scopes of one application.
 *
 * An application has one from its first `plugin.getManager(scope)` to `plugin.removeManager(scope)`; it takes part in WebSocket as
 * soon as a scope was added, until {@link WebSocketScopeManager.stop}.
 *
 * @red5 org.red5.net.websocket.WebSocketScopeManager
 */
export class WebSocketScopeManager {
  /** The application's scope. */
  readonly application: Scope;
  readonly #server: Server;
  readonly #fanOut: FanOut;
  readonly #logger: Logger;
  /** All connections of the application, whatever their path. */
  readonly #connections = new Set<WebSocketConnection>();
  /** Clients that only listen. */
  readonly #eventStreams = new Set<EventStreamConnection>();
  readonly #history: EventHistoryLimits;
  readonly #scopeListeners = new Set<WebSocketScopeListener>();
  /** Scopes for all paths; the array is replaced, never changed, as the scopes of single paths hold on to it. */
  #forAllPaths: readonly WebSocketScope[] = [];
  /** Scopes of one path, by path. */
  readonly #byPath = new Map<string, WebSocketScope>();
  /** Paths whose scope was made for its connections and goes with the last of them. */
  readonly #passing = new Set<string>();
  #isEnabled = false;

  /** @internal */
  constructor(application: Scope, options: WebSocketScopeManagerOptions) {
    this.application = application;
    this.#server = options.server;
    this.#fanOut = options.fanOut;
    this.#logger = options.logger;
    this.#history = options.history;
  }

  /** Whether the application takes part in WebSocket. */
  get isEnabled(): boolean {
    return this.#isEnabled;
  }

  /** All connections of the application. */
  get connections(): ReadonlySet<WebSocketConnection> {
    return this.#connections;
  }

  /** Name of the query parameter that is appended to the path; empty for none. */
  get scopeParameter(): string {
    const [first] = this.#forAllPaths.length > 0 ? this.#forAllPaths : this.#byPath.values();
    return first?.scopeParameter ?? 'scope';
  }

  /** Lets an application take part without listeners of its own. Its scope is the argument for the classic call's sake. */
  setApplication(_scope: Scope = this.application): void {
    this.#isEnabled = true;
  }

  /** The same as {@link setApplication}. */
  addScope(scope: Scope = this.application): void {
    this.setApplication(scope);
  }

  /** Adds a scope, and lets the application take part. Safe twice. */
  addWebSocketScope(scope: WebSocketScope): void {
    this.#isEnabled = true;
    if (scope.path === ALL_PATHS) {
      if (this.#forAllPaths.includes(scope)) return;
      this.#setForAllPaths([...this.#forAllPaths, scope]);
    } else {
      const path = this.#fullPath(scope.path);
      if (this.#byPath.get(path) === scope) return;
      this.#passing.delete(path);
      this.#byPath.set(path, scope);
      scope.attach(this.#fanOut, this.#forAllPaths);
    }
    this.#tellScopeListeners((listener) => listener.scopeAdded?.(scope));
  }

  /** Removes a scope and closes its connections; false when it was none of this application. */
  removeWebSocketScope(scope: WebSocketScope): boolean {
    const path = this.#pathOf(scope);
    if (path !== undefined) {
      this.#byPath.delete(path);
      this.#passing.delete(path);
    } else if (this.#forAllPaths.includes(scope)) {
      this.#setForAllPaths(this.#forAllPaths.filter((other) => other !== scope));
    } else {
      return false;
    }
    this.#closeAll(scope.connections, 'WebSocket scope removed');
    for (const stream of [...scope.eventStreams]) {
      stream.close({ kind: 'shutdown', description: 'WebSocket scope removed' });
    }
    this.#tellScopeListeners((listener) => listener.scopeRemoved?.(scope));
    return true;
  }

  /**
   * Makes the scope of a room's path, or finds it; it stays when its last connection leaves, so that listeners can be added to it
   * before the first one comes, and goes with the room.
   */
  makeScope(room: Scope): WebSocketScope {
    const path = room.fullPath;
    this.#passing.delete(path);
    return this.#byPath.get(path) ?? this.#createScope(room);
  }

  /** The scope of a path, from the server's root with a leading slash, else from the application; `default` finds the one for all paths. */
  getScope(path: string): WebSocketScope | undefined {
    if (path === ALL_PATHS) return this.#forAllPaths[0];
    return this.#byPath.get(this.#fullPath(path));
  }

  /** The scopes that are there now: those for all paths, then those of single paths. */
  getScopes(): WebSocketScope[] {
    return [...this.#forAllPaths, ...this.#byPath.values()];
  }

  /** Adds one who hears of scopes coming and going. */
  addListener(listener: WebSocketScopeListener): void {
    this.#scopeListeners.add(listener);
  }

  /** Removes one who hears of scopes; false when it was none. */
  removeListener(listener: WebSocketScopeListener): boolean {
    return this.#scopeListeners.delete(listener);
  }

  /** Sends a text, or bytes as a binary message, to all connections of the application, whatever their path. */
  send(data: string | Uint8Array, options?: SendOptions): void {
    const frame = typeof data === 'string' ? encodeTextFrame(data) : encodeBinaryFrame(data);
    for (const scope of this.#byPath.values()) scope.sendFrame(frame, options);
  }

  /**
   * Ends the application's part in WebSocket: each connection is closed with 1001, each listener hears of it, and is stopped.
   *
   * Safe twice. Scopes may be added again afterwards.
   */
  async stop(): Promise<void> {
    if (!this.#isEnabled) return;
    this.#isEnabled = false;
    const scopes = this.getScopes();
    const listeners = new Set(scopes.flatMap((scope) => scope.listeners));
    this.#closeAll(this.#connections, 'application stops');
    for (const stream of [...this.#eventStreams]) {
      stream.close({ kind: 'shutdown', description: 'application stops' });
    }
    this.#setForAllPaths([]);
    this.#byPath.clear();
    this.#passing.clear();
    for (const scope of scopes) this.#tellScopeListeners((one) => one.scopeRemoved?.(scope));
    this.#scopeListeners.clear();
    for (const listener of listeners) await this.#stopListener(listener);
  }

  /** The sub-protocols that listeners of a path speak, in the order of the listeners. @internal */
  protocolsOf(path: string): Set<string> {
    const own = this.#byPath.get(path)?.effectiveListeners();
    const listeners = own ?? this.#forAllPaths.flatMap((scope) => scope.listeners);
    const protocols = new Set<string>();
    for (const { protocol } of listeners) {
      for (const name of protocol?.split(',') ?? [])
        if (name.trim() !== '') protocols.add(name.trim());
    }
    return protocols;
  }

  /** A room has gone, and with it a scope that was made for it. @internal */
  roomRemoved(room: Scope): void {
    const scope = this.#byPath.get(room.fullPath);
    if (scope?.scope === room) this.removeWebSocketScope(scope);
  }

  /** An accepted connection is open. @internal */
  addConnection(connection: WebSocketConnection, silent = false): void {
    const scope = this.#joined(connection.scope ?? this.application);
    this.#connections.add(connection);
    scope.addConnection(connection);
    if (silent) return;
    this.#tellScopeListeners((listener) => listener.connectionAdded?.(scope, connection));
    this.#tellListeners(scope, connection, (listener) => listener.onWSConnect(connection));
  }

  /** A connection has ended; false when it already had. @internal */
  removeConnection(connection: WebSocketConnection, silent = false): boolean {
    const scope = connection.webSocketScope;
    if (!this.#connections.delete(connection) || scope === undefined) return false;
    scope.removeConnection(connection);
    if (!silent) {
      this.#tellListeners(scope, connection, (listener) => listener.onWSDisconnect(connection));
      this.#tellScopeListeners((listener) => listener.connectionRemoved?.(scope, connection));
    }
    this.#left(scope);
    return true;
  }

  /** An accepted event stream is open. @internal */
  addEventStream(connection: EventStreamConnection): WebSocketScope {
    const scope = this.#joined(connection.scope ?? this.application);
    this.#eventStreams.add(connection);
    scope.addEventStream(connection, this.#history);
    return scope;
  }

  /** An event stream has ended; false when it already had. @internal */
  removeEventStream(connection: EventStreamConnection): boolean {
    const scope = connection.webSocketScope;
    if (!this.#eventStreams.delete(connection) || scope === undefined) return false;
    scope.removeEventStream(connection);
    this.#left(scope);
    return true;
  }

  /** A message arrived. @internal */
  deliver(message: WSMessage): void {
    const { connection } = message;
    const scope = connection.webSocketScope;
    if (scope === undefined) return;
    this.#tellListeners(scope, connection, (listener) => listener.onWSMessage(message));
  }

  /** The scope of a room's path; made for its first connection. */
  #joined(room: Scope): WebSocketScope {
    const found = this.#byPath.get(room.fullPath);
    if (found !== undefined) return found;
    this.#passing.add(room.fullPath);
    return this.#createScope(room);
  }

  /** Somebody has left a scope: one that was made for its connections goes with the last of them. */
  #left(scope: WebSocketScope): void {
    if (scope.connections.size + scope.eventStreams.size > 0) return;
    if (this.#byPath.get(scope.path) !== scope || !this.#passing.delete(scope.path)) return;
    this.#byPath.delete(scope.path);
    this.#tellScopeListeners((listener) => listener.scopeRemoved?.(scope));
  }

  #createScope(room: Scope): WebSocketScope {
    const scope = new WebSocketScope(room);
    scope.path = room.fullPath;
    scope.attach(this.#fanOut, this.#forAllPaths);
    this.#byPath.set(scope.path, scope);
    this.#tellScopeListeners((listener) => listener.scopeCreated?.(scope));
    this.#tellScopeListeners((listener) => listener.scopeAdded?.(scope));
    return scope;
  }

  #setForAllPaths(scopes: readonly WebSocketScope[]): void {
    this.#forAllPaths = scopes;
    for (const scope of this.#byPath.values()) scope.attach(this.#fanOut, scopes);
  }

  #fullPath(path: string): string {
    const { fullPath } = this.application;
    if (path === fullPath || path.startsWith(`${fullPath}/`)) return path.replace(/\/+$/, '');
    return joinPath(fullPath, path.split('/'));
  }

  #pathOf(scope: WebSocketScope): string | undefined {
    for (const [path, one] of this.#byPath) if (one === scope) return path;
    return undefined;
  }

  #closeAll(connections: Iterable<WebSocketConnection>, description: string): void {
    for (const connection of [...connections]) {
      connection.close({ kind: 'shutdown', description });
      this.removeConnection(connection);
    }
  }

  /** Red5: in these callbacks there is no current connection, by which ported code tells WebSocket from RTMP. */
  #tellListeners(
    scope: WebSocketScope,
    connection: WebSocketConnection,
    tell: (listener: WebSocketDataListener) => void | Promise<void>,
  ): void {
    this.#server.run(() => {
      for (const listener of scope.effectiveListeners()) {
        try {
          const result = tell(listener);
          if (result instanceof Promise) background(result, this.#logger, 'WebSocket listener');
        } catch (error) {
          this.#logger.error(`WebSocket listener failed: ${describeError(error)}`, {
            listener: listener.constructor.name,
            path: scope.path,
            connection: connection.sessionID,
            stack: error instanceof Error ? error.stack : undefined,
          });
        }
      }
    });
  }

  #tellScopeListeners(tell: (listener: WebSocketScopeListener) => void): void {
    for (const listener of [...this.#scopeListeners]) {
      try {
        tell(listener);
      } catch (error) {
        this.#logger.error(`WebSocket scope listener failed: ${describeError(error)}`);
      }
    }
  }

  async #stopListener(listener: WebSocketDataListener): Promise<void> {
    try {
      await listener.stop();
    } catch (error) {
      this.#logger.error(`stopping a WebSocket listener failed: ${describeError(error)}`);
    }
  }
}

/** The path of rooms inside an application; that of the root application is `/`. */
export function joinPath(application: string, rooms: readonly string[]): string {
  const names = rooms.filter((name) => name !== '');
  if (names.length === 0) return application;
  return [application === '/' ? '' : application, ...names].join('/');
}
