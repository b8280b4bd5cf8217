import type { BeanInfo } from '../../base/index.ts';
import type { Scope } from '../../server/index.ts';
import { encodeBinaryFrame, encodeTextFrame } from './frame/encodeFrame.ts';
import type { FanOut } from './frame/FanOut.ts';
import { FanOutGroup } from './frame/FanOutGroup.ts';
import type { WebSocketDataListener } from './listener/WebSocketDataListener.ts';
import type { SendOptions } from './SendOptions.ts';
import { EventHistory, type EventHistoryLimits } from './sse/EventHistory.ts';
import type { EventStreamConnection } from './sse/EventStreamConnection.ts';
import type { WebSocketConnection } from './WebSocketConnection.ts';
import type { WebSocketPlugin } from './WebSocketPlugin.ts';
import type { WebSocketScopeManager } from './WebSocketScopeManager.ts';

/** The `path` of a scope whose listeners serve every path of the application. */
export const ALL_PATHS = 'default';

/**
 * The WebSocket side of a path: its connections, and the listeners that get their messages.
 *
 * As a bean it says which listeners an application has. With the path `default` they serve all of its paths: each path that has
 * connections gets a scope of its own, made and removed by the manager, that shares these listeners.
 *
 * @red5 org.red5.net.websocket.WebSocketScope
 */
export class WebSocketScope {
  static readonly beanInfo: BeanInfo = {
    types: ['WebSocketScope'],
    properties: {
      path: 'string',
      scopeParameter: 'string',
      listeners: 'list<WebSocketDataListener>',
    },
    constructors: [[['scope', 'Scope']]],
  };

  /** The application's scope, or the room's for a scope of one path. */
  readonly scope: Scope;
  /** `default` for all paths, or one path: from the server's root with a leading slash, else from the application. */
  path: string = ALL_PATHS;
  /** Name of the query parameter whose value is appended to the path, as in `/chat?scope=room1`. Empty: there is none. */
  scopeParameter = 'scope';
  /** Replaced, never changed, so that a message may go through it while it changes. */
  #listeners: readonly WebSocketDataListener[] = [];
  readonly #connections = new Set<WebSocketConnection>();
  #inherited: readonly WebSocketScope[] = [];
  readonly #eventStreams = new Set<EventStreamConnection>();
  #group: FanOutGroup | undefined;
  #history: EventHistory | undefined;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  /** Who gets the messages, in this order. */
  get listeners(): readonly WebSocketDataListener[] {
    return this.#listeners;
  }

  set listeners(listeners: Iterable<WebSocketDataListener>) {
    this.#listeners = [...new Set(listeners)];
  }

  /** The connections of this path. */
  get connections(): ReadonlySet<WebSocketConnection> {
    return this.#connections;
  }

  /** Clients of this path that only listen, by server-sent events. */
  get eventStreams(): ReadonlySet<EventStreamConnection> {
    return this.#eventStreams;
  }

  /** Adds a listener; it gets what happens from now on. Safe twice. */
  addListener(listener: WebSocketDataListener): void {
    if (!this.#listeners.includes(listener)) this.#listeners = [...this.#listeners, listener];
  }

  /** Removes a listener; false when it was none. */
  removeListener(listener: WebSocketDataListener): boolean {
    const before = this.#listeners;
    this.#listeners = before.filter((other) => other !== listener);
    return this.#listeners.length < before.length;
  }

  /** Adds all listeners of another scope. */
  copyListeners(from: WebSocketScope): void {
    for (const listener of from.listeners) this.addListener(listener);
  }

  /** Whether a connection is one of this path. */
  isConnected(connection: WebSocketConnection): boolean {
    return this.#connections.has(connection);
  }

  /**
   * Sends a text, or bytes as a binary message, to all connections of this path.
   *
   * It is encoded once; all that is sent in one turn of the event loop leaves in one write per connection. Order is kept, also with
   * what is sent to single connections.
   */
  send(data: string | Uint8Array, options?: SendOptions): void {
    if (this.#group === undefined) return;
    if (this.#group.size === 0 && this.#history === undefined) return;
    this.sendFrame(
      typeof data === 'string' ? encodeTextFrame(data) : encodeBinaryFrame(data),
      options,
    );
  }

  /**
   * Makes the scope known to the application's manager, as `manager.addWebSocketScope(scope)` does. Safe twice.
   *
   * Called by the container when the bean is ready, so an application without code needs no more than the bean.
   */
  register(): void {
    this.#manager()?.addWebSocketScope(this);
  }

  /** Takes the scope out again; its connections are closed. */
  unregister(): void {
    this.#manager()?.removeWebSocketScope(this);
  }

  /** Called by the container. */
  afterPropertiesSet(): void {
    this.register();
  }

  /** All who get the messages of this path: those of scopes for all paths, then its own. @internal */
  effectiveListeners(): readonly WebSocketDataListener[] {
    const [first] = this.#inherited;
    if (first === undefined) return this.#listeners;
    if (this.#inherited.length === 1 && this.#listeners.length === 0) return first.#listeners;
    const inherited = this.#inherited.flatMap((scope) => scope.#listeners);
    return [...new Set([...inherited, ...this.#listeners])];
  }

  /** Sends an encoded message, which other scopes may send as well. @internal */
  sendFrame(frame: Buffer, options?: SendOptions): void {
    this.#history?.add(frame);
    this.#group?.send(frame, options?.key);
  }

  /** Lets it share the listeners of others, and send. @internal */
  attach(fanOut: FanOut, inherited: readonly WebSocketScope[]): void {
    this.#group ??= new FanOutGroup(fanOut);
    this.#inherited = inherited;
  }

  /** The last messages; kept from the first event stream on. @internal */
  get history(): EventHistory | undefined {
    return this.#history;
  }

  /** @internal */
  addEventStream(connection: EventStreamConnection, limits: EventHistoryLimits): void {
    this.#history ??= new EventHistory(limits);
    this.#eventStreams.add(connection);
    this.#group?.add(connection.member);
    connection.webSocketScope = this;
  }

  /** @internal */
  removeEventStream(connection: EventStreamConnection): boolean {
    this.#group?.remove(connection.member);
    return this.#eventStreams.delete(connection);
  }

  /** @internal */
  addConnection(connection: WebSocketConnection): void {
    this.#connections.add(connection);
    this.#group?.add(connection.member);
    connection.webSocketScope = this;
  }

  /** @internal */
  removeConnection(connection: WebSocketConnection): boolean {
    this.#group?.remove(connection.member);
    return this.#connections.delete(connection);
  }

  #manager(): WebSocketScopeManager | undefined {
    const { application } = this.scope;
    if (application === undefined) return undefined;
    const { plugins, logger } = application.server;
    const plugin = plugins.getPlugin<WebSocketPlugin>('WebSocketPlugin');
    if (plugin === undefined) {
      logger.warn('this server has no WebSocketPlugin, so its WebSocket scopes are without effect');
    }
    return plugin?.getManager(application);
  }
}
