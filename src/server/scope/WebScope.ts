import { join } from 'node:path';
import {
  type BeanInfo,
  background,
  describeError,
  type Lifecycle,
  LifecycleError,
} from '../../base/index.ts';
import { runWithApplication } from '../connection/Red5.ts';
import { LMDBStore } from '../persistence/LMDBStore.ts';
import { MemoryStore } from '../persistence/MemoryStore.ts';
import type { Store } from '../persistence/Store.ts';
import type { Server } from '../Server.ts';
import type { ServletContext } from '../ServletContext.ts';
import type { StreamSettings } from '../stream/StreamSettings.ts';
import { TIMED_OUT, withTimeout } from '../withTimeout.ts';
import { DeploymentPolicy } from './DeploymentPolicy.ts';
import { GlobalScope } from './GlobalScope.ts';
import { Scope } from './Scope.ts';
import { readVirtualHosts } from './virtualHosts.ts';

/**
 * The scope of an application, which is what a webapp's `web.scope` bean is.
 *
 * {@link WebScope.start} registers it under its virtual hosts and context path and awaits `appStart`; {@link WebScope.stop} refuses new
 * clients, disconnects those there are with all their callbacks, stops the rooms, and calls `appStop` exactly once.
 *
 * @red5 org.red5.server.scope.WebScope
 * @red5 org.red5.server.api.scope.IScope
 */
export class WebScope extends Scope implements Lifecycle {
  static override readonly beanInfo: BeanInfo = {
    types: ['WebScope'],
    properties: {
      server: 'Server',
      parent: 'Scope',
      contextPath: 'string',
      virtualHosts: 'list<string>',
      clientsMakeRooms: 'boolean',
      maxNameLength: 'int',
      maxRoomDepth: 'int',
      maxRooms: 'int',
      maxConnections: 'int',
      unusedRoomGraceMs: 'int',
      store: 'Store',
      streamSettings: 'StreamSettings',
      persistent: 'boolean',
      deploymentPolicy: 'DeploymentPolicy',
    },
  };

  readonly phase = 100;
  #isPersistent = false;
  /** Whether connecting to a room that does not exist makes it. Default true. */
  clientsMakeRooms = true;
  /** Longest name of a room in characters. Default 128. */
  maxNameLength = 128;
  /** How many rooms may be inside each other. Default 8. */
  maxRoomDepth = 8;
  /** How many rooms the application may have. Default 250,000. */
  maxRooms = 250_000;
  /** How many clients may be connected. Default 100,000. */
  maxConnections = 100_000;
  /** How long a room made by {@link Scope.createChildScope} may stay unused, in milliseconds. Default 30,000. */
  unusedRoomGraceMs = 30_000;
  /** Limits and policies of its streams. Default: the server's. */
  streamSettings: StreamSettings | undefined;
  /** New clients wait for this, when those of the old version are being handed over. @internal */
  resuming: Promise<void> | undefined;
  /** Rooms there are. @internal */
  roomCount = 0;
  #deploymentPolicy: DeploymentPolicy | undefined;
  #store: Store | undefined;
  #contextPath: string | undefined;
  #virtualHosts: readonly string[] = ['*'];
  #servletContext: ServletContext | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #appStarted = false;

  constructor() {
    super('APPLICATION', '');
  }

  override get server(): Server {
    return super.server;
  }

  override set server(server: Server) {
    this.configure({ server });
  }

  override get parent(): Scope | undefined {
    return super.parent;
  }

  override set parent(parent: Scope) {
    this.configure({ parent });
  }

  override get application(): WebScope {
    return this;
  }

  override get fullPath(): string {
    return this.contextPath === '' ? '/' : this.contextPath;
  }

  /** Where clients find the application: `/chat`; empty for the root webapp. */
  get contextPath(): string {
    return this.#contextPath ?? '';
  }

  set contextPath(contextPath: string) {
    const path = `/${contextPath
      .split('/')
      .filter((part) => part !== '')
      .join('/')}`;
    this.#contextPath = path === '/' ? '' : path;
    this.configure({ name: path === '/' ? 'root' : path.slice(1) });
  }

  /**
   * Host names the application answers to: `chat.example.org`, `*.example.org` for all below it, `*` for all. Default `*`.
   *
   * A comma-separated text is taken as well; ports in it mean nothing.
   */
  get virtualHosts(): readonly string[] {
    return this.#virtualHosts;
  }

  set virtualHosts(hosts: string | readonly string[]) {
    this.#virtualHosts = readVirtualHosts(hosts);
  }

  /** The webapp's folder; undefined in a server without files. */
  get servletContext(): ServletContext | undefined {
    return this.#servletContext;
  }

  /** Called by the container. */
  setServletContext(servletContext: ServletContext): void {
    this.#servletContext = servletContext;
  }

  /**
   * Where persistent shared objects and attributes are kept.
   *
   * Default: on disk in the folder `persistence` of the webapp, made when the first of them is; in memory in a server without files.
   */
  get store(): Store {
    const folder = this.#servletContext?.folder;
    this.#store ??=
      folder === undefined ? new MemoryStore() : new LMDBStore(join(folder, 'persistence'));
    return this.#store;
  }

  set store(store: Store) {
    this.#store = store;
  }

  /** Whether the application's own attributes outlive it; see {@link Scope.persistAttributes}. */
  override get persistent(): boolean {
    return this.#isPersistent || super.persistent;
  }

  override set persistent(persistent: boolean) {
    this.#isPersistent = persistent;
  }

  /** How it comes, is replaced, and goes. Default: the server's policy. */
  get deploymentPolicy(): DeploymentPolicy {
    return this.#deploymentPolicy ?? this.serverIfKnown?.deploymentPolicy ?? new DeploymentPolicy();
  }

  set deploymentPolicy(policy: DeploymentPolicy) {
    this.#deploymentPolicy = policy;
  }

  /** Whether it is started beside a version that runs, which it is to replace. @internal */
  get isCandidate(): boolean {
    return this.#servletContext?.replaces !== undefined;
  }

  /** Whether another application is the version that this one is to replace. @internal */
  mayReplace(other: WebScope): boolean {
    const { replaces } = this.#servletContext ?? {};
    return replaces !== undefined && other.servletContext === replaces;
  }

  /** Whether clients can connect. */
  get isRunning(): boolean {
    return this.state === 'open';
  }

  /** Starts the application; Red5's name for {@link WebScope.start}, and usable as an init method. */
  register(): Promise<void> {
    return this.start();
  }

  /**
   * Registers the application and awaits `appStart`; called again, it returns the same promise.
   *
   * One that is to replace another gets no connections yet: see `open`. After {@link WebScope.stop} it may be started again.
   *
   * @throws LifecycleError `SCOPE_NOT_CONFIGURED`, `CONTEXT_PATH_TAKEN`, `APPLICATION_REFUSED_START` or `START_TIMED_OUT`
   */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { server } = this.#checked();
    server.addApplication(this);
    if (this.state !== 'creating') this.setState('creating');
    const failure = await this.#askToStart(server);
    if (failure !== undefined) {
      await this.#leave(server);
      throw failure;
    }
    this.#appStarted = true;
    if (!this.isCandidate) this.open();
  }

  /**
   * Lets clients in, after {@link WebScope.start}.
   *
   * @internal
   */
  open(): void {
    if (this.state !== 'creating') return;
    this.setState('open');
    this.notifyCreated();
  }

  #checked(): { server: Server } {
    if (this.serverIfKnown === undefined) throw this.#notConfigured('server');
    if (this.#contextPath === undefined) throw this.#notConfigured('contextPath');
    if (this.parent === undefined) this.configure({ parent: this.server.globalScope });
    if (!(this.parent instanceof GlobalScope)) throw this.#notConfigured('parent');
    return { server: this.server };
  }

  #notConfigured(property: string): LifecycleError {
    return new LifecycleError('SCOPE_NOT_CONFIGURED', `the scope has no ${property}`, {
      phase: 'start',
    });
  }

  async #askToStart(server: Server): Promise<LifecycleError | undefined> {
    const handler = this.handler;
    const asked = (async (): Promise<unknown> => {
      if (this.#isPersistent) await this.persistAttributes();
      return await runWithApplication(this, () =>
        handler?.start === undefined ? true : handler.start(this),
      );
    })();
    try {
      const result = await withTimeout(server.clock, this.deploymentPolicy.startTimeoutMs, asked);
      if (result === TIMED_OUT) return this.#timedOut(server, asked);
      if (result === true) return undefined;
      const said = result === false ? 'false' : `${String(result)} instead of true`;
      return new LifecycleError(
        'APPLICATION_REFUSED_START',
        `appStart of "${this.name}" returned ${said}`,
        { phase: 'start' },
      );
    } catch (error) {
      return new LifecycleError(
        'APPLICATION_REFUSED_START',
        `appStart of "${this.name}" failed: ${describeError(error)}`,
        { phase: 'start', cause: error },
      );
    }
  }

  /** Nobody waits for it any more; should it begin to run after all, it is told to stop. */
  #timedOut(server: Server, asked: Promise<unknown>): LifecycleError {
    const undo = async (): Promise<void> => {
      if ((await asked) === true) await this.#callAppStop(server);
      server.scheduling.removeJobsOf(this);
    };
    background(undo(), server.logger, `the late appStart of "${this.name}"`);
    const { startTimeoutMs } = this.deploymentPolicy;
    return new LifecycleError(
      'START_TIMED_OUT',
      `appStart of "${this.name}" has not ended within ${startTimeoutMs} ms`,
      { phase: 'start' },
    );
  }

  /** Refuses new clients, disconnects all, stops rooms, calls `appStop` once, stops the application's jobs. */
  stop(deadline?: AbortSignal): Promise<void> {
    // From this moment on, not after the first await, nobody gets in.
    if (this.state === 'open') this.setState('draining');
    this.#stopping ??= this.#stop(deadline);
    return this.#stopping;
  }

  async #stop(deadline: AbortSignal | undefined): Promise<void> {
    if (this.#starting === undefined) return;
    try {
      await this.#starting;
    } catch {
      // Whoever called start was told; there is nothing to stop.
      return;
    }
    const { server } = this;
    this.setState('draining');
    const late: string[] = [];
    const inTime = async (what: string, work: Promise<void>): Promise<void> => {
      if (!(await untilAborted(work, deadline))) late.push(what);
    };
    await inTime('disconnecting the clients', this.#empty(server));
    if (this.#appStarted) {
      this.#appStarted = false;
      await inTime('appStop', this.#callAppStop(server));
    }
    await this.#leave(server, deadline);
    this.#starting = undefined;
    this.#stopping = undefined;
    if (late.length === 0) return;
    const message = `${late.join(' and ')} of "${this.name}" has not ended in time`;
    throw new LifecycleError('STOP_TIMED_OUT', message, { phase: 'stop' });
  }

  /** Undoes the registration, and what the application itself may have left behind. */
  async #leave(server: Server, deadline?: AbortSignal): Promise<void> {
    this.setState('draining');
    await untilAborted(this.#empty(server), deadline);
    server.scheduling.removeJobsOf(this);
    await this.#closeStore(server);
    server.removeApplication(this);
    this.letGoOfSuccessor();
    this.setState('gone');
    this.notifyRemoved();
  }

  async #empty(server: Server): Promise<void> {
    await server.disconnectAll(this, `application ${this.name} is shutting down`);
    await Promise.all([...this.children.values()].map((room) => room.drain()));
    await server.streams.closeScope(this);
    await server.sharedObjects.closeScope(this);
  }

  async #closeStore(server: Server): Promise<void> {
    if (this.#store === undefined) return;
    try {
      await this.attributesStored();
      await this.#store.close();
    } catch (error) {
      server.logger.error(`closing the store failed: ${describeError(error)}`, {
        scope: this.fullPath,
      });
    }
  }

  async #callAppStop(server: Server): Promise<void> {
    try {
      await server.run(() => this.handler?.stop?.(this));
    } catch (error) {
      server.logger.error(`appStop failed: ${describeError(error)}`, {
        scope: this.fullPath,
        stack: error instanceof Error ? error.stack : undefined,
      });
    }
  }

  /** Why there may not be one more room inside a scope of this depth; undefined when there may. @internal */
  roomLimitFault(parentDepth: number): string | undefined {
    if (parentDepth > this.maxRoomDepth) return `is more than ${this.maxRoomDepth} rooms deep`;
    if (this.roomCount >= this.maxRooms) return `would be more than ${this.maxRooms} rooms`;
    return undefined;
  }
}

/** Waits for the work, or until the deadline; whether it has ended. Work that needs no waiting has, whatever the deadline. */
async function untilAborted(
  work: Promise<void>,
  deadline: AbortSignal | undefined,
): Promise<boolean> {
  if (deadline === undefined) {
    await work;
    return true;
  }
  let stop = (): void => {};
  const aborted = new Promise<boolean>((resolve) => {
    stop = () => setImmediate(() => resolve(false));
    if (deadline.aborted) stop();
    else deadline.addEventListener('abort', stop, { once: true });
  });
  const ended = await Promise.race([work.then(() => true), aborted]);
  deadline.removeEventListener('abort', stop);
  return ended;
}
