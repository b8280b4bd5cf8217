import {
  type BeanInfo,
  type Clock,
  createLogger,
  type Lifecycle,
  LifecycleError,
  type Logger,
  systemClock,
} from '../base/index.ts';
import type { BaseConnection } from './connection/BaseConnection.ts';
import { ClientRegistry } from './connection/ClientRegistry.ts';
import type { Connection } from './connection/Connection.ts';
import type { ConnectResult } from './connection/ConnectResult.ts';
import { GhostDetector } from './connection/GhostDetector.ts';
import { Membership } from './connection/Membership.ts';
import { currentApplication, runWithServer } from './connection/Red5.ts';
import { PluginRegistry } from './plugin/PluginRegistry.ts';
import { SchedulingService } from './scheduling/SchedulingService.ts';
import { DeploymentPolicy } from './scope/DeploymentPolicy.ts';
import { GlobalScope } from './scope/GlobalScope.ts';
import type { Scope } from './scope/Scope.ts';
import type { ConnectionListener, ScopeListener } from './scope/ScopeHandler.ts';
import { pathSegments, scopeNameFault } from './scope/scopeName.ts';
import { namesOfHost } from './scope/virtualHosts.ts';
import type { WebScope } from './scope/WebScope.ts';
import { RemoteCalls } from './service/RemoteCalls.ts';
import type { SharedObjectLimits } from './so/SharedObjectLimits.ts';
import { SharedObjects } from './so/SharedObjects.ts';
import { StatisticsService } from './statistics/StatisticsService.ts';

/** Where a path leads: RTMP's `app`, a WebSocket's URL and all other addresses are spellings of it. */
export interface Address {
  readonly application: WebScope;
  /** Names of the rooms inside each other; they need not exist. */
  readonly rooms: readonly string[];
}

/**
 * A red5-node server: its applications, connections and services. Any number can live in one process.
 *
 * @red5 org.red5.server.Server
 * @red5 org.red5.server.api.IServer
 */
export class Server implements Lifecycle {
  static readonly beanInfo: BeanInfo = {
    types: ['Server', 'org.red5.server.api.IServer'],
    properties: {
      logger: 'Logger',
      clock: 'Clock',
      clients: 'ClientRegistry',
      sharedObjectLimits: 'SharedObjectLimits',
      deploymentPolicy: 'DeploymentPolicy',
      ghostCheckIntervalMs: 'int',
    },
  };

  readonly plugins: PluginRegistry;
  readonly remoteCalls: RemoteCalls;
  readonly sharedObjects: SharedObjects;
  readonly scheduling: SchedulingService;
  readonly statistics: StatisticsService;
  /** Finds peers that went away without a word. */
  readonly ghosts: GhostDetector;
  /** Makes and finds clients; replace it to have one client for several connections. */
  clients: ClientRegistry = new ClientRegistry();
  clock: Clock = systemClock;
  /** How applications come, are replaced, and go, unless they have a policy of their own. */
  deploymentPolicy: DeploymentPolicy = new DeploymentPolicy();
  #logger: Logger | undefined;
  #globalScope: GlobalScope | undefined;
  /** Who gets new connections, by host and path. */
  readonly #applications = new Map<string, WebScope>();
  /** Versions that are being started beside those they are to replace. */
  readonly #candidates = new Set<WebScope>();
  readonly #memberships = new Map<BaseConnection, Membership>();
  readonly #connections = new Map<string, Connection>();
  readonly #connectionListeners = new Set<ConnectionListener>();

  constructor() {
    this.plugins = new PluginRegistry(this);
    this.remoteCalls = new RemoteCalls(this);
    this.sharedObjects = new SharedObjects(this);
    this.scheduling = new SchedulingService(this);
    this.statistics = new StatisticsService(this);
    this.ghosts = new GhostDetector(this);
  }

  /** Default: a logger to standard output. */
  get logger(): Logger {
    this.#logger ??= createLogger();
    return this.#logger;
  }

  set logger(logger: Logger) {
    this.#logger = logger;
  }

  /** Time between two looks for ghosts, in milliseconds; 0 for none. Default 15,000. */
  get ghostCheckIntervalMs(): number {
    return this.ghosts.intervalMs;
  }

  set ghostCheckIntervalMs(intervalMs: number) {
    this.ghosts.intervalMs = intervalMs;
  }

  /** Limits of all shared objects of the server. */
  get sharedObjectLimits(): SharedObjectLimits {
    return this.sharedObjects.limits;
  }

  set sharedObjectLimits(limits: SharedObjectLimits) {
    this.sharedObjects.limits = limits;
  }

  /** Top of the tree; made here unless a `GlobalScope` bean sets itself. */
  get globalScope(): GlobalScope {
    if (this.#globalScope === undefined) new GlobalScope().server = this;
    return this.#globalScope as GlobalScope;
  }

  set globalScope(globalScope: GlobalScope) {
    this.#globalScope = globalScope;
  }

  /** Applications that are started or being started; of one with several versions, that which gets new connections. */
  get applications(): readonly WebScope[] {
    return [...new Set(this.#applications.values())];
  }

  /** Accepted connections, by session id. */
  get connections(): ReadonlyMap<string, Connection> {
    return this.#connections;
  }

  /** Begins to look for ghosts. */
  start(): void {
    this.ghosts.start();
  }

  /** Disconnects whoever is left, stops plugins that were not stopped, and ends all jobs. */
  async stop(): Promise<void> {
    await this.disconnectAll(this.globalScope, 'the server is shutting down');
    await this.plugins.stopAll();
    this.scheduling.stop();
    this.ghosts.stop();
  }

  /** Runs code as this server's, so that static forms such as `PluginRegistry.getPlugin` mean this server. */
  run<T>(task: () => T): T {
    return runWithServer(this, undefined, task);
  }

  /**
   * Finds the application of a path, without its query, by virtual host and context path: longest path first, then the host itself before
   * `*.` and its domain, and that before `*`.
   *
   * @returns undefined when there is no application, or a name breaks the grammar or limits of room names
   */
  resolve(host: string, path: string): Address | undefined {
    const names = pathSegments(path.replace(/\?.*$/su, ''));
    const hosts = namesOfHost(host);
    for (let length = names.length; length >= 0; length -= 1) {
      const contextPath = names.slice(0, length).join('/');
      const named = hosts.find((name) => this.#applications.has(`${name}/${contextPath}`));
      const application = this.#applications.get(`${named}/${contextPath}`);
      if (application === undefined) continue;
      const rooms = names.slice(length);
      if (rooms.length > application.maxRoomDepth) return undefined;
      const bad = rooms.some((name) => scopeNameFault(name, application.maxNameLength));
      return bad ? undefined : { application, rooms };
    }
    return undefined;
  }

  /**
   * The application that code means by a path: its own, whatever its hosts, and whether it is the version that clients reach or not; else
   * the one that clients reach.
   *
   * @internal
   */
  applicationAt(path: string): WebScope | undefined {
    const names = pathSegments(path);
    const own = currentApplication();
    const ownNames = pathSegments(own?.contextPath ?? '');
    const isOwn = ownNames.length > 0 && ownNames.every((name, index) => names[index] === name);
    if (own?.serverIfKnown === this && isOwn) return own;
    return this.resolve('', path)?.application;
  }

  /**
   * Takes a connection into the scope of its path.
   *
   * In this order, each awaited: security handlers; missing rooms are made (`roomStart`); `appConnect`, `appJoin`; for each room
   * `roomConnect`, `roomJoin`. When anything refuses, or the peer goes away meanwhile, all of it is undone before the promise resolves.
   * Never rejects.
   *
   * @param params - what the client passed besides the address; the second argument of `appConnect`
   */
  async connect(
    connection: BaseConnection,
    params: readonly unknown[] = [],
  ): Promise<ConnectResult> {
    if (this.#memberships.has(connection)) {
      return refused('NetConnection.Connect.Rejected', 'Already connected.');
    }
    let address = this.resolve(connection.host, connection.path);
    if (address?.application.resuming !== undefined) {
      await address.application.resuming;
      address = this.resolve(connection.host, connection.path);
    }
    if (address === undefined) {
      const description = `No scope '${connection.path}' on this server.`;
      this.statistics.countRefusal('INVALID_APP');
      return refused('NetConnection.Connect.InvalidApp', description);
    }
    if (!address.application.isRunning) {
      this.statistics.countRefusal('NOT_RUNNING');
      return address.application.state === 'creating'
        ? refused('NetConnection.Connect.Rejected', 'Application is starting.')
        : refused(
            'NetConnection.Connect.AppShutdown',
            `Application at '${connection.path}' is currently shutting down.`,
          );
    }
    const membership = new Membership(this, connection, { address, params });
    this.#memberships.set(connection, membership);
    const result = await membership.enter();
    if (!result.accepted) this.#memberships.delete(connection);
    return result;
  }

  /**
   * Takes a connection out of all scopes, with all callbacks; to be called whenever a peer has gone. Safe twice and at any time.
   *
   * In this order, each awaited: shared objects, `roomDisconnect`, `roomLeave` (innermost room first), `appDisconnect`, `appLeave`.
   * Never rejects.
   */
  async disconnect(connection: BaseConnection): Promise<void> {
    const membership = this.#memberships.get(connection);
    if (membership === undefined) return;
    await membership.leave();
    this.#memberships.delete(connection);
  }

  /** What ties a connection to the scopes it is in. @internal */
  membershipOf(connection: Connection): Membership | undefined {
    return this.#memberships.get(connection as BaseConnection);
  }

  /**
   * Closes all connections in a scope and below, those that are still connecting included, and awaits their disconnect callbacks.
   *
   * @internal
   */
  async disconnectAll(scope: Scope, description: string): Promise<void> {
    const leaving: Promise<void>[] = [];
    for (const [connection, membership] of this.#memberships) {
      if (membership.isIn(scope)) leaving.push(this.#sendAway(connection, membership, description));
    }
    await Promise.all(leaving);
  }

  /**
   * Closes connections, and awaits their disconnect callbacks.
   *
   * @internal
   */
  async disconnectSome(connections: Iterable<Connection>, description: string): Promise<void> {
    const leaving: Promise<void>[] = [];
    for (const connection of connections) {
      const membership = this.#memberships.get(connection as BaseConnection);
      if (membership === undefined) continue;
      leaving.push(this.#sendAway(connection as BaseConnection, membership, description));
    }
    await Promise.all(leaving);
  }

  #sendAway(
    connection: BaseConnection,
    membership: Membership,
    description: string,
  ): Promise<void> {
    if (!membership.isLeaving) connection.close({ kind: 'shutdown', description });
    return this.disconnect(connection);
  }

  /** Adds a listener that is told of all scopes of the server. */
  addScopeListener(listener: ScopeListener): void {
    this.globalScope.addScopeListener(listener);
  }

  /** Removes what `addScopeListener` added; nothing happens when it is not there. */
  removeScopeListener(listener: ScopeListener): void {
    this.globalScope.removeScopeListener(listener);
  }

  /** Adds a listener that is told of all connections of the server. */
  addConnectionListener(listener: ConnectionListener): void {
    this.#connectionListeners.add(listener);
  }

  /** Removes what `addConnectionListener` added; nothing happens when it is not there. */
  removeConnectionListener(listener: ConnectionListener): void {
    this.#connectionListeners.delete(listener);
  }

  /** @internal */
  notifyConnected(connection: Connection): void {
    this.#connections.set(connection.sessionID, connection);
    for (const listener of this.#connectionListeners) listener.connected?.(connection);
  }

  /** @internal */
  notifyDisconnected(connection: Connection): void {
    this.#connections.delete(connection.sessionID);
    for (const listener of this.#connectionListeners) listener.disconnected?.(connection);
  }

  /** @internal */
  notifyGhost(connection: Connection): void {
    for (const listener of this.#connectionListeners) listener.ghostDetected?.(connection);
  }

  /**
   * Takes note of an application that starts. It gets new connections at once, unless it is to replace one that runs.
   *
   * @internal
   * @throws LifecycleError `CONTEXT_PATH_TAKEN`
   */
  addApplication(application: WebScope): void {
    const addresses = addressesOf(application);
    const isTaken = (other: WebScope | undefined): boolean =>
      other !== undefined && !application.mayReplace(other);
    const isWanted = [...this.#candidates].some(
      (other) => isTaken(other) && addressesOf(other).some((one) => addresses.includes(one)),
    );
    if (isWanted || addresses.some((address) => isTaken(this.#applications.get(address)))) {
      const message = `context path "${application.fullPath}" belongs to another application`;
      throw new LifecycleError('CONTEXT_PATH_TAKEN', message, { phase: 'start' });
    }
    if (application.isCandidate) this.#candidates.add(application);
    else this.#route(application);
  }

  /**
   * Lets new connections reach applications that were started beside others, and those others no longer, in one step.
   *
   * @internal
   */
  replaceApplications(previous: readonly WebScope[], next: readonly WebScope[]): void {
    for (const application of previous) this.removeApplication(application);
    for (const application of next) {
      this.#candidates.delete(application);
      this.#route(application);
    }
  }

  #route(application: WebScope): void {
    for (const address of addressesOf(application)) this.#applications.set(address, application);
    this.globalScope.addApplication(application);
  }

  /** @internal */
  removeApplication(application: WebScope): void {
    this.#candidates.delete(application);
    for (const [key, value] of this.#applications) {
      if (value === application) this.#applications.delete(key);
    }
    this.globalScope.removeApplication(application);
  }
}

/** Host and path of each address that leads to an application. */
function addressesOf({ virtualHosts, contextPath }: WebScope): string[] {
  return virtualHosts.map((host) => `${host}/${contextPath.slice(1)}`);
}

function refused(
  code:
    | 'NetConnection.Connect.InvalidApp'
    | 'NetConnection.Connect.Rejected'
    | 'NetConnection.Connect.AppShutdown',
  description: string,
): ConnectResult {
  return { accepted: false, code, description };
}
