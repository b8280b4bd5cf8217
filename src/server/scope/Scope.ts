import { type BeanInfo, describeError, type Logger, type Timer } from '../../base/index.ts';
import { AttributeStore } from '../AttributeStore.ts';
import type { Context } from '../Context.ts';
import type { Client } from '../connection/Client.ts';
import type { Connection } from '../connection/Connection.ts';
import { isPromise, type MaybePromise } from '../MaybePromise.ts';
import type { Server } from '../Server.ts';
import { PersistentAttributes } from './PersistentAttributes.ts';
import type { ScopeHandler, ScopeListener, ScopeSecurityHandler } from './ScopeHandler.ts';
import type { ScopeStatistics } from './ScopeStatistics.ts';
import { saidYes } from './saidYes.ts';
import { pathSegments, scopeNameFault } from './scopeName.ts';
import type { WebScope } from './WebScope.ts';

/** Where a scope stands in the tree. */
export type ScopeType = 'GLOBAL' | 'APPLICATION' | 'ROOM';

/**
 * A scope's life, which only goes forward.
 *
 * `creating`: its start callback runs; it can be found and held, and whoever connects waits. `open`. `draining`: nobody can find or
 * enter it any more and its stop callback runs; a room of the same name made meanwhile starts after that. `gone`.
 */
export type ScopeState = 'creating' | 'open' | 'draining' | 'gone';

/** How a service handler is registered. */
export interface ServiceHandlerOptions {
  /** Whether clients in rooms below reach it as well. Default false, as in Red5. */
  readonly inherited?: boolean;
}

/**
 * A place where clients meet: the server, an application, or a room.
 *
 * Rooms come into being when somebody connects to them or by {@link Scope.createChildScope}, and vanish exactly when nothing holds them:
 * no connection, no room below, no acquired shared object, no stream, no {@link Scope.hold} and no {@link Scope.keepAlive}.
 *
 * @red5 org.red5.server.api.scope.IScope
 * @red5 org.red5.server.scope.Scope
 */
export class Scope extends AttributeStore {
  static readonly beanInfo: BeanInfo = {
    types: ['Scope', 'org.red5.server.api.scope.IScope'],
    properties: {
      handler: 'ScopeHandler',
      context: 'Context',
      securityHandlers: 'set<ScopeSecurityHandler>',
      keepDelayMs: 'int',
      keepAlive: 'boolean',
    },
  };

  readonly type: ScopeType;
  #name: string;
  #parent: Scope | undefined;
  #server: Server | undefined;
  #handler: ScopeHandler | undefined;
  #context: Context | undefined;
  #state: ScopeState = 'creating';
  #ready: Promise<boolean> | undefined;
  #gone: Promise<void> | undefined;
  #children: Map<string, Scope> | undefined;
  /** Rooms that left the tree and whose stop callback still runs, by name. */
  #leaving: Map<string, Promise<void>> | undefined;
  #connections: Set<Connection> | undefined;
  #clients: Set<Client> | undefined;
  #services: Map<string, { handler: object; inherited: boolean }> | undefined;
  #securityHandlers: readonly ScopeSecurityHandler[] = [];
  #listeners: Set<ScopeListener> | undefined;
  #holds = 0;
  #wasHeld = false;
  #keepAlive = false;
  #keepDelayMs: number | undefined;
  #idle: Timer | undefined;
  #persistentAttributes: PersistentAttributes | undefined;
  #successor: { readonly scope: Scope; readonly letGo: () => void } | undefined;
  #creationTime = 0;
  #maxConnections = 0;
  #totalConnections = 0;
  #maxSubscopes = 0;
  #totalSubscopes = 0;

  constructor(type: ScopeType, name: string, parent?: Scope) {
    super();
    this.type = type;
    this.#name = name;
    this.#parent = parent;
    this.#server = parent?.serverIfKnown;
    this.#creationTime = this.#server?.clock.now() ?? 0;
  }

  get name(): string {
    return this.#name;
  }

  get parent(): Scope | undefined {
    return this.#parent;
  }

  /** The server this scope is part of. */
  get server(): Server {
    if (this.#server === undefined) throw new Error(`scope "${this.#name}" has no server yet`);
    return this.#server;
  }

  /** The scope that took the place of this one when a new version of the application took over; else this one. @internal */
  get newest(): Scope {
    return this.#successor === undefined ? this : this.#successor.scope.newest;
  }

  /** Names the scope that takes the place of this one, and keeps it as long as this one is there. @internal */
  succeededBy(scope: Scope): void {
    this.#successor = { scope, letGo: scope.hold() };
  }

  /** The scope that took its place may go. @internal */
  protected letGoOfSuccessor(): void {
    this.#successor?.letGo();
    this.#successor = undefined;
  }

  /** @internal */
  get serverIfKnown(): Server | undefined {
    return this.#server;
  }

  /** 0 for the global scope, 1 for applications, 2 and more for rooms. */
  get depth(): number {
    return this.#parent === undefined ? 0 : this.#parent.depth + 1;
  }

  /** Where it is, without its own name: `/chat` for `/chat/room1`, `/` for applications. */
  get path(): string {
    return this.#parent?.fullPath ?? '/';
  }

  /** Where it is: `/chat/room1`. Unique in the server, and what `ScopeUtils.resolveScope` takes. */
  get fullPath(): string {
    const above = this.#parent?.fullPath;
    if (above === undefined) return '/';
    return above === '/' ? `/${this.#name}` : `${above}/${this.#name}`;
  }

  get state(): ScopeState {
    return this.#state;
  }

  /** Whether it can be entered, now or as soon as it has started. */
  get enabled(): boolean {
    return this.#state === 'open' || this.#state === 'creating';
  }

  /** The application it belongs to; undefined for the global scope. */
  get application(): WebScope | undefined {
    return this.#parent?.application;
  }

  /** Its own handler, or that of the nearest scope above that has one. */
  get handler(): ScopeHandler | undefined {
    return this.#handler ?? this.#parent?.handler;
  }

  set handler(handler: ScopeHandler | undefined) {
    this.#handler = handler;
    handler?.setScope?.(this);
  }

  get hasOwnHandler(): boolean {
    return this.#handler !== undefined;
  }

  /** Its own context, or that of the nearest scope above that has one. */
  get context(): Context | undefined {
    return this.#context ?? this.#parent?.context;
  }

  set context(context: Context | undefined) {
    this.#context = context;
  }

  /** Who decides about connecting here; assigning adds to those there are, as in Red5. */
  get securityHandlers(): readonly ScopeSecurityHandler[] {
    return this.#securityHandlers;
  }

  set securityHandlers(handlers: Iterable<ScopeSecurityHandler>) {
    this.#securityHandlers = [...new Set([...this.#securityHandlers, ...handlers])];
  }

  /** Connections to this scope and to rooms below it. */
  get connections(): ReadonlySet<Connection> {
    return this.#connections ?? EMPTY_SET;
  }

  /** Clients that joined this scope or a room below it. */
  get clients(): ReadonlySet<Client> {
    return this.#clients ?? EMPTY_SET;
  }

  /** Rooms, or applications in the global scope, directly below. */
  get children(): ReadonlyMap<string, Scope> {
    return this.#children ?? EMPTY_MAP;
  }

  /** Keeps a room without anybody in it, until set to false. */
  get keepAlive(): boolean {
    return this.#keepAlive;
  }

  set keepAlive(keepAlive: boolean) {
    this.#keepAlive = keepAlive;
    this.#holdsChanged();
  }

  /** How long a room outlives what held it last, in milliseconds. Default: the application's, 100. */
  get keepDelayMs(): number {
    return this.#keepDelayMs ?? this.#parent?.keepDelayMs ?? DEFAULT_KEEP_DELAY_MS;
  }

  set keepDelayMs(keepDelayMs: number) {
    this.#keepDelayMs = keepDelayMs;
    if (this.#idle !== undefined) {
      this.#idle.cancel();
      this.#idle = undefined;
      this.#holdsChanged();
    }
  }

  get statistics(): ScopeStatistics {
    return {
      creationTime: this.#creationTime,
      depth: this.depth,
      activeConnections: this.#connections?.size ?? 0,
      maxConnections: this.#maxConnections,
      totalConnections: this.#totalConnections,
      activeClients: this.#clients?.size ?? 0,
      activeSubscopes: this.#children?.size ?? 0,
      maxSubscopes: this.#maxSubscopes,
      totalSubscopes: this.#totalSubscopes,
    };
  }

  /** Resolves when it has started: whether it can be used. */
  whenReady(): Promise<boolean> {
    return this.#ready ?? Promise.resolve(this.#state === 'open');
  }

  /**
   * Makes a room, or several: a path with slashes makes the missing levels.
   *
   * When the start callback is asynchronous the room is there at once, and goes again if it refuses; {@link Scope.whenReady} tells.
   * A room made like this vanishes when nobody uses it within the application's `unusedRoomGraceMs`.
   *
   * @returns false when the room already exists, a name is not allowed, a limit is reached, or the application refuses
   */
  createChildScope(path: string): boolean {
    const names = pathSegments(path);
    let scope: Scope = this;
    let made = false;
    for (const name of names) {
      const present = scope.getChildScope(name);
      made = present === undefined;
      const next = present ?? scope.makeRoom(name);
      if (typeof next === 'string') {
        this.#server?.logger.debug('room not made', { path, reason: next });
        return false;
      }
      scope = next;
    }
    return made && scope.enabled;
  }

  /** A room below (an application, in the global scope); undefined when there is none. */
  getChildScope(name: string): Scope | undefined {
    return this.#children?.get(name);
  }

  /** The same as {@link Scope.getChildScope}. */
  getScope(name: string): Scope | undefined {
    return this.getChildScope(name);
  }

  /** Whether a room of this name is directly below. */
  hasChildScope(name: string): boolean {
    return this.#children?.has(name) ?? false;
  }

  /** Names of the rooms below. */
  getScopeNames(): string[] {
    return [...this.children.keys()];
  }

  /**
   * Takes a room out of the tree whoever is in it: closes the connections, then runs its stop callback.
   *
   * @returns false when there is no such room
   */
  async removeChildScope(name: string): Promise<boolean> {
    const child = this.#children?.get(name);
    if (child === undefined || child.type !== 'ROOM') return false;
    await child.drain();
    return true;
  }

  /**
   * Keeps a room alive until the function that is returned was called; it may be called twice.
   *
   * Streams, and code that keeps something for a room, hold it like this.
   */
  hold(): () => void {
    this.retain();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.release();
    };
  }

  /** Registers an object whose exposed methods clients in this scope call as `name.method`. */
  registerServiceHandler(name: string, handler: object, options: ServiceHandlerOptions = {}): void {
    this.#services ??= new Map();
    this.#services.set(name, { handler, inherited: options.inherited ?? false });
  }

  /** Removes what `registerServiceHandler` added. */
  unregisterServiceHandler(name: string): void {
    this.#services?.delete(name);
  }

  /** The handler registered here, or above as inherited. */
  getServiceHandler(name: string): object | undefined {
    const own = this.#services?.get(name);
    if (own !== undefined) return own.handler;
    for (let scope = this.#parent; scope !== undefined; scope = scope.#parent) {
      const services = scope.#services;
      const entry = services === undefined ? undefined : services.get(name);
      if (entry?.inherited === true) return entry.handler;
    }
    return undefined;
  }

  /** Names registered here. */
  getServiceHandlerNames(): string[] {
    return [...(this.#services?.keys() ?? [])];
  }

  /** Whether its attributes outlive it. */
  get persistent(): boolean {
    return this.#persistentAttributes !== undefined;
  }

  /**
   * Makes the scope's attributes outlive it: sets those that were stored before and are not set yet, and stores each change.
   *
   * Values have to be plain data; names that begin with `_transient` are left out. Best called in `roomStart` or `appStart`. Done at once
   * when the application's store answers at once.
   */
  persistAttributes(): MaybePromise<void> {
    const { application } = this;
    if (this.#persistentAttributes !== undefined || application === undefined) return undefined;
    this.#persistentAttributes = new PersistentAttributes(this, {
      store: application.store,
      collection: `scope:${this.fullPath}`,
      logger: this.server.logger,
    });
    return this.#persistentAttributes.begin();
  }

  /** Resolves when all changes of persistent attributes so far are stored. */
  attributesStored(): Promise<void> {
    return this.#persistentAttributes?.stored() ?? Promise.resolve();
  }

  /** Adds a listener that is told of all scopes below this one, at any depth. */
  addScopeListener(listener: ScopeListener): void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
  }

  /** Removes what `addScopeListener` added; nothing happens when it is not there. */
  removeScopeListener(listener: ScopeListener): void {
    this.#listeners?.delete(listener);
  }

  /** @internal */
  protected configure(options: { name?: string; parent?: Scope; server?: Server }): void {
    if (options.name !== undefined) this.#name = options.name;
    if (options.parent !== undefined) this.#parent = options.parent;
    if (options.server !== undefined) {
      this.#server = options.server;
      this.#creationTime = options.server.clock.now();
    }
  }

  /** @internal */
  protected setState(state: ScopeState): void {
    this.#state = state;
  }

  /**
   * Makes a room and runs its start callback, after a room of that name that is about to go.
   *
   * @internal
   * @returns the room, or why not
   */
  makeRoom(name: string): Scope | string {
    const application = this.application;
    if (application === undefined) return 'rooms exist in applications only';
    if (!this.enabled) return `scope "${this.fullPath}" is being removed`;
    const fault =
      scopeNameFault(name, application.maxNameLength) ?? application.roomLimitFault(this.depth);
    if (fault !== undefined) return `room name ${JSON.stringify(name.slice(0, 64))} ${fault}`;
    if (this.handler?.addChildScope?.(this, name, 'ROOM') === false) {
      return `the application does not allow room "${name}"`;
    }
    const room = new Scope('ROOM', name, this);
    this.addChild(room);
    application.roomCount += 1;
    room.#begin(this.#leaving?.get(name));
    return room.#state === 'gone' ? `room "${name}" refused to start` : room;
  }

  /** @internal */
  protected addChild(child: Scope, name: string = child.name): void {
    this.#children ??= new Map();
    this.#children.set(name, child);
    this.#totalSubscopes += 1;
    this.#maxSubscopes = Math.max(this.#maxSubscopes, this.#children.size);
    this.#holdsChanged();
  }

  /** @internal */
  protected removeChild(child: Scope, name: string = child.name): void {
    if (this.#children?.get(name) === child) this.#children.delete(name);
  }

  #begin(previous: Promise<void> | undefined): void {
    const parent = this.#parent;
    const parentReady = parent === undefined ? undefined : parent.#ready;
    if (previous === undefined && parentReady === undefined) {
      const result = this.#askToStart();
      if (!isPromise(result)) {
        this.#started(result);
        return;
      }
      this.#ready = this.#settle(result);
      return;
    }
    this.#ready = this.#settle(
      (async () => {
        await previous;
        if (parentReady !== undefined && !(await parentReady)) return false;
        return this.#askToStart();
      })(),
    );
  }

  async #settle(result: Promise<boolean>): Promise<boolean> {
    const ok = await result;
    this.#ready = undefined;
    this.#started(ok);
    return ok;
  }

  #askToStart(): MaybePromise<boolean> {
    const handler = this.handler;
    if (handler?.start === undefined) return true;
    const { server } = this;
    return saidYes(
      () => server.run(() => (handler.start === undefined ? true : handler.start(this))),
      (error) => this.#log.error(`roomStart failed: ${describeError(error)}`, this.#fields(error)),
      (result) =>
        this.#log.warn(
          `roomStart returned ${String(result)}; it has to return true or false`,
          this.#fields(),
        ),
    );
  }

  #started(ok: boolean): void {
    // Drained meanwhile: what follows is #drain's.
    if (this.#state !== 'creating') return;
    if (!ok) {
      this.#state = 'gone';
      this.#leave();
      return;
    }
    this.#state = 'open';
    this.notifyCreated();
    this.#holdsChanged();
  }

  /** @internal */
  notifyCreated(): void {
    for (const listener of this.#listenersAbove()) listener.scopeCreated?.(this);
  }

  /** @internal */
  notifyRemoved(): void {
    for (const listener of this.#listenersAbove()) listener.scopeRemoved?.(this);
  }

  *#listenersAbove(): Iterable<ScopeListener> {
    for (let scope = this.#parent; scope !== undefined; scope = scope.#parent) {
      if (scope.#listeners !== undefined) yield* scope.#listeners;
    }
  }

  get #isHeld(): boolean {
    return (
      this.#holds > 0 ||
      this.#keepAlive ||
      (this.#connections?.size ?? 0) > 0 ||
      (this.#children?.size ?? 0) > 0 ||
      (this.#leaving?.size ?? 0) > 0
    );
  }

  /** Starts or ends the grace time of a room, whenever something that can hold it came or went. */
  #holdsChanged(): void {
    if (this.type !== 'ROOM') return;
    if (this.#isHeld) {
      this.#wasHeld = true;
      this.#idle?.cancel();
      this.#idle = undefined;
      return;
    }
    if (this.#state !== 'open' || this.#idle !== undefined) return;
    const delay = this.#wasHeld
      ? this.keepDelayMs
      : Math.max(this.keepDelayMs, this.application?.unusedRoomGraceMs ?? 0);
    this.#idle = this.server.clock.after(delay, () => {
      this.#idle = undefined;
      if (!this.#isHeld) void this.drain();
    });
  }

  /** @internal */
  retain(): void {
    this.#holds += 1;
    this.#holdsChanged();
  }

  /** @internal */
  release(): void {
    this.#holds -= 1;
    this.#holdsChanged();
  }

  /**
   * Removes a room at once if nothing holds it, as when the connect that made it was refused.
   *
   * @internal
   */
  async drainIfUnheld(): Promise<void> {
    if (this.#ready !== undefined) await this.#ready;
    if (!this.#isHeld && this.#state === 'open') await this.drain();
  }

  /**
   * Takes a room out of the tree and runs its stop callback; never fails, and the same promise for every caller.
   *
   * @internal
   */
  drain(): Promise<void> {
    if (this.#gone !== undefined) return this.#gone;
    if (this.#state === 'gone') return Promise.resolve();
    const wasCreating = this.#state === 'creating';
    this.#state = 'draining';
    const parent = this.#parent;
    parent?.removeChild(this);
    const gone = this.#drain(wasCreating);
    this.#gone = gone;
    // A synchronous stop callback is over by now; nobody has to wait for it.
    if (parent !== undefined && (this.state as ScopeState) !== 'gone') {
      parent.#leaving ??= new Map();
      parent.#leaving.set(this.#name, gone);
      parent.#holdsChanged();
    }
    return gone;
  }

  async #drain(wasCreating: boolean): Promise<void> {
    this.#idle?.cancel();
    this.#idle = undefined;
    const starting = this.#ready;
    // First of all, so that nobody stays in a room that cannot be found any more while slow callbacks run.
    const leaving =
      this.#holds > 0 || this.connections.size > 0
        ? this.server.disconnectAll(this, `room ${this.fullPath} was closed`)
        : undefined;
    const runs = wasCreating && starting !== undefined ? await starting : true;
    if (this.#children !== undefined && this.#children.size > 0) {
      await Promise.all([...this.#children.values()].map((child) => child.drain()));
    }
    if (this.#leaving !== undefined && this.#leaving.size > 0) {
      await Promise.all(this.#leaving.values());
    }
    if (leaving !== undefined) await leaving;
    const ending = this.server.streams.closeScope(this);
    if (ending !== undefined) await ending;
    const closing = this.server.sharedObjects.closeScope(this);
    if (closing !== undefined) await closing;
    const stopping = runs ? this.#callStop() : undefined;
    if (stopping !== undefined) await stopping;
    if (this.#persistentAttributes !== undefined) await this.#storeAttributes();
    this.#state = 'gone';
    this.#leave();
    if (runs) this.notifyRemoved();
  }

  async #storeAttributes(): Promise<void> {
    try {
      await this.attributesStored();
    } catch (error) {
      this.#log.error(`storing attributes failed: ${describeError(error)}`, this.#fields(error));
    }
  }

  #leave(): void {
    this.letGoOfSuccessor();
    const parent = this.#parent;
    const application = this.application;
    if (application !== undefined) application.roomCount -= 1;
    if (parent === undefined) return;
    parent.removeChild(this);
    const leaving = parent.#leaving;
    if (leaving !== undefined && leaving.get(this.#name) === this.#gone) leaving.delete(this.#name);
    parent.handler?.removeChildScope?.(parent, this.#name, 'ROOM');
    parent.#holdsChanged();
  }

  #callStop(): Promise<void> | undefined {
    const handler = this.handler;
    if (handler?.stop === undefined) return undefined;
    const failed = (error: unknown): void =>
      this.#log.error(`roomStop failed: ${describeError(error)}`, this.#fields(error));
    try {
      const result = this.server.run(() => handler.stop?.(this));
      return isPromise(result) ? result.catch(failed) : undefined;
    } catch (error) {
      failed(error);
      return undefined;
    }
  }

  /** @internal */
  addConnection(connection: Connection): void {
    this.#connections ??= new Set();
    this.#connections.add(connection);
    this.#totalConnections += 1;
    this.#maxConnections = Math.max(this.#maxConnections, this.#connections.size);
    this.#holdsChanged();
  }

  /** @internal */
  addClient(client: Client): void {
    this.#clients ??= new Set();
    this.#clients.add(client);
  }

  /** @internal */
  removeClient(client: Client): void {
    this.#clients?.delete(client);
  }

  /** @internal */
  removeConnection(connection: Connection): void {
    this.#connections?.delete(connection);
    this.#holdsChanged();
  }

  get #log(): Logger {
    return this.server.logger;
  }

  #fields(error?: unknown): Readonly<Record<string, unknown>> {
    return { scope: this.fullPath, ...(error instanceof Error ? { stack: error.stack } : {}) };
  }
}

const DEFAULT_KEEP_DELAY_MS = 100;
const EMPTY_SET: ReadonlySet<never> = new Set<never>();
const EMPTY_MAP: ReadonlyMap<string, never> = new Map<string, never>();
