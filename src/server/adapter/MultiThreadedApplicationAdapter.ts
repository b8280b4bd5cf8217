import type { BeanInfo } from '../../base/index.ts';
import type { Context } from '../Context.ts';
import type { Client } from '../connection/Client.ts';
import { ClientRejected } from '../connection/ClientRejected.ts';
import type { Connection } from '../connection/Connection.ts';
import { isPromise, type MaybePromise } from '../MaybePromise.ts';
import type { ScheduledJob } from '../scheduling/SchedulingService.ts';
import type { Scope } from '../scope/Scope.ts';
import type { ScopeHandler } from '../scope/ScopeHandler.ts';
import type { RemoteCall } from '../service/RemoteCall.ts';
import type { RemoteMethods } from '../service/RemoteMethods.ts';
import type { SharedObject } from '../so/SharedObject.ts';
import type { SharedObjectSecurity } from '../so/SharedObjectSecurity.ts';
import type { BroadcastStream } from '../stream/BroadcastStream.ts';
import type { OnDemandStream } from '../stream/OnDemandProvider.ts';
import type { PlayItem, StreamAwareScopeHandler } from '../stream/StreamAwareScopeHandler.ts';
import type { SubscriberStream } from '../stream/SubscriberStream.ts';
import type { StreamPlaybackSecurity, StreamPublishSecurity } from '../stream/streamSecurity.ts';
import { type Application, ApplicationLifecycle } from './Application.ts';

/** The callbacks that decide. */
type Deciding = 'appStart' | 'appConnect' | 'appJoin' | 'roomStart' | 'roomConnect' | 'roomJoin';

/**
 * The base of applications: override the callbacks you need.
 *
 * Callbacks of one connection come one after the other; those of different connections may overlap where they await. The default of
 * each callback asks the listeners in the order they were added, and the first no ends it, so call `super` when you use listeners.
 *
 * @red5 org.red5.server.adapter.MultiThreadedApplicationAdapter
 * @red5 org.red5.server.adapter.StatefulScopeWrappingAdapter
 */
export class MultiThreadedApplicationAdapter
  extends ApplicationLifecycle
  implements ScopeHandler, StreamAwareScopeHandler
{
  static readonly beanInfo: BeanInfo = {
    types: [
      'MultiThreadedApplicationAdapter',
      'ScopeHandler',
      'org.red5.server.api.scope.IScopeHandler',
    ],
    properties: { plugins: 'list<string>', remoteMethods: 'object' },
  };

  /** Names of plugins that get to know this application when it starts. */
  plugins: readonly string[] = [];
  /** What clients may call, in addition to what the class declares; for bean files. */
  remoteMethods: RemoteMethods = [];
  #scope: Scope | undefined;
  readonly #listeners = new Set<Application>();
  readonly #sharedObjectSecurity = new Set<SharedObjectSecurity>();
  readonly #publishSecurity = new Set<StreamPublishSecurity>();
  readonly #playbackSecurity = new Set<StreamPlaybackSecurity>();

  /** The application's scope; set before `appStart`. */
  get scope(): Scope {
    if (this.#scope === undefined) throw new Error('the application has no scope yet');
    return this.#scope;
  }

  /** Called by the scope that this becomes the handler of; the first one counts. */
  setScope(scope: Scope): void {
    this.#scope ??= scope;
  }

  get context(): Context | undefined {
    return this.scope.context;
  }

  /** Adds a listener that is asked and told the same as the application, when the application's callback calls `super`. */
  addListener(listener: Application): void {
    this.#listeners.add(listener);
  }

  /** Removes what `addListener` added; nothing happens when it is not there. */
  removeListener(listener: Application): void {
    this.#listeners.delete(listener);
  }

  /** The listeners in the order they are told. */
  getListeners(): readonly Application[] {
    return [...this.#listeners];
  }

  /**
   * Refuses the client that is connecting; to be called in connect and join callbacks.
   *
   * @throws ClientRejected always
   */
  rejectClient(reason?: unknown): never {
    throw reason === undefined ? new ClientRejected() : new ClientRejected(reason);
  }

  override appStart(scope: Scope): MaybePromise<boolean> {
    return this.#ask('appStart', scope);
  }

  override appStop(scope: Scope): MaybePromise<void> {
    return this.#tell((listener) => listener.appStop?.(scope));
  }

  override appConnect(connection: Connection, params: readonly unknown[]): MaybePromise<boolean> {
    return this.#ask('appConnect', connection, params);
  }

  /** A client of the application itself has gone, for whatever reason. */
  override appDisconnect(connection: Connection): MaybePromise<void> {
    return this.#tell((listener) => listener.appDisconnect?.(connection));
  }

  /** A client joins the application; anything but `true` refuses it. */
  override appJoin(client: Client, scope: Scope): MaybePromise<boolean> {
    return this.#ask('appJoin', client, scope);
  }

  /** A client has left the application. */
  override appLeave(client: Client, scope: Scope): MaybePromise<void> {
    return this.#tell((listener) => listener.appLeave?.(client, scope));
  }

  override roomStart(scope: Scope): MaybePromise<boolean> {
    return this.#ask('roomStart', scope);
  }

  override roomStop(scope: Scope): MaybePromise<void> {
    return this.#tell((listener) => listener.roomStop?.(scope));
  }

  /** A client connects to a room; anything but `true` refuses it. */
  override roomConnect(connection: Connection, params: readonly unknown[]): MaybePromise<boolean> {
    return this.#ask('roomConnect', connection, params);
  }

  /** A client of a room has gone, for whatever reason. */
  override roomDisconnect(connection: Connection): MaybePromise<void> {
    return this.#tell((listener) => listener.roomDisconnect?.(connection));
  }

  /** A client joins a room; anything but `true` refuses it. */
  override roomJoin(client: Client, scope: Scope): MaybePromise<boolean> {
    return this.#ask('roomJoin', client, scope);
  }

  /** A client has left a room. */
  override roomLeave(client: Client, scope: Scope): MaybePromise<void> {
    return this.#tell((listener) => listener.roomLeave?.(client, scope));
  }

  /** Whether a remote call may proceed; override to decide by connection or method. */
  serviceCall(_connection: Connection, _call: RemoteCall): MaybePromise<boolean> {
    return true;
  }

  /** Calls `appStart` or `roomStart`. */
  start(scope: Scope): MaybePromise<boolean> {
    if (scope.type === 'ROOM') return this.roomStart(scope);
    for (const name of this.plugins) {
      const plugin = scope.server.plugins.getPlugin(name);
      if (plugin === undefined) throw new Error(`the server has no plugin "${name}"`);
      plugin.setApplication?.(this);
    }
    return this.appStart(scope);
  }

  /** Calls `appStop` or `roomStop`. */
  stop(scope: Scope): MaybePromise<void> {
    return scope.type === 'ROOM' ? this.roomStop(scope) : this.appStop(scope);
  }

  /** Calls `appConnect` or `roomConnect`. */
  connect(connection: Connection, scope: Scope, params: readonly unknown[]): MaybePromise<boolean> {
    return scope.type === 'ROOM'
      ? this.roomConnect(connection, params)
      : this.appConnect(connection, params);
  }

  /** Calls `appDisconnect` or `roomDisconnect`. */
  disconnect(connection: Connection, scope: Scope): MaybePromise<void> {
    return scope.type === 'ROOM' ? this.roomDisconnect(connection) : this.appDisconnect(connection);
  }

  /** Calls `appJoin` or `roomJoin`. */
  join(client: Client, scope: Scope): MaybePromise<boolean> {
    return scope.type === 'ROOM' ? this.roomJoin(client, scope) : this.appJoin(client, scope);
  }

  /** Calls `appLeave` or `roomLeave`. */
  leave(client: Client, scope: Scope): MaybePromise<void> {
    return scope.type === 'ROOM' ? this.roomLeave(client, scope) : this.appLeave(client, scope);
  }

  /** Makes a room of the application; see {@link Scope.createChildScope}. */
  createChildScope(path: string): boolean {
    return this.scope.createChildScope(path);
  }

  /** A room directly below the application; undefined when it does not exist. */
  getChildScope(name: string): Scope | undefined {
    return this.scope.getChildScope(name);
  }

  /** Makes a shared object unless there is one; returns whether there is one now. */
  createSharedObject(scope: Scope, name: string, persistent = false): boolean {
    return scope.server.sharedObjects.createSharedObject(scope, name, persistent);
  }

  /** A shared object; with `persistent` it is made when there is none. */
  getSharedObject(scope: Scope, name: string, persistent?: boolean): SharedObject | undefined {
    return scope.server.sharedObjects.getSharedObject(scope, name, persistent);
  }

  /** Whether the scope has a shared object of this name. */
  hasSharedObject(scope: Scope, name: string): boolean {
    return scope.server.sharedObjects.hasSharedObject(scope, name);
  }

  /** Names of the shared objects of a scope. */
  getSharedObjectNames(scope: Scope): string[] {
    return scope.server.sharedObjects.getSharedObjectNames(scope);
  }

  /** Removes all attributes of a shared object, for everybody and for good; returns whether it exists. */
  clearSharedObjects(scope: Scope, name: string): boolean {
    return scope.server.sharedObjects.clearSharedObjects(scope, name);
  }

  /** Decides about the shared objects of the whole application, after the handlers of an object itself. */
  registerSharedObjectSecurity(handler: SharedObjectSecurity): void {
    this.#sharedObjectSecurity.add(handler);
  }

  /** Removes what `registerSharedObjectSecurity` added. */
  unregisterSharedObjectSecurity(handler: SharedObjectSecurity): void {
    this.#sharedObjectSecurity.delete(handler);
  }

  /** Who decides about shared objects. */
  getSharedObjectSecurity(): ReadonlySet<SharedObjectSecurity> {
    return this.#sharedObjectSecurity;
  }

  /** Decides who may publish in the application. */
  registerStreamPublishSecurity(handler: StreamPublishSecurity): void {
    this.#publishSecurity.add(handler);
  }

  /** Removes what `registerStreamPublishSecurity` added. */
  unregisterStreamPublishSecurity(handler: StreamPublishSecurity): void {
    this.#publishSecurity.delete(handler);
  }

  /** What `registerStreamPublishSecurity` added. */
  getStreamPublishSecurity(): ReadonlySet<StreamPublishSecurity> {
    return this.#publishSecurity;
  }

  /** Decides who may play streams of the application. */
  registerStreamPlaybackSecurity(handler: StreamPlaybackSecurity): void {
    this.#playbackSecurity.add(handler);
  }

  /** Removes what `registerStreamPlaybackSecurity` added. */
  unregisterStreamPlaybackSecurity(handler: StreamPlaybackSecurity): void {
    this.#playbackSecurity.delete(handler);
  }

  /** What `registerStreamPlaybackSecurity` added. */
  getStreamPlaybackSecurity(): ReadonlySet<StreamPlaybackSecurity> {
    return this.#playbackSecurity;
  }

  /** Somebody is about to publish and is answered afterwards; throw, or close the connection, to refuse. */
  streamPublishStart(_stream: BroadcastStream): MaybePromise<void> {}

  /** The publisher was told to go on. */
  streamBroadcastStart(_stream: BroadcastStream): MaybePromise<void> {}

  /** The publisher has stopped or gone. */
  streamBroadcastClose(_stream: BroadcastStream): MaybePromise<void> {}

  /** A stream is being recorded from now on. */
  streamRecordStart(_stream: BroadcastStream): MaybePromise<void> {}

  /** A recording has ended. */
  streamRecordStop(_stream: BroadcastStream): MaybePromise<void> {}

  /** Somebody plays, or waits for a publisher. */
  streamSubscriberStart(_stream: SubscriberStream): MaybePromise<void> {}

  streamSubscriberClose(_stream: SubscriberStream): MaybePromise<void> {}

  /** Something begins to play: a live stream or a recording. */
  streamPlayItemPlay(
    _stream: SubscriberStream,
    _item: PlayItem,
    _isLive: boolean,
  ): MaybePromise<void> {}

  /** It has ended, or the player stopped it. */
  streamPlayItemStop(_stream: SubscriberStream, _item: PlayItem): MaybePromise<void> {}

  /** The player stands still; the position is in milliseconds. */
  streamPlayItemPause(
    _stream: SubscriberStream,
    _item: PlayItem,
    _position: number,
  ): MaybePromise<void> {}

  /** The player goes on; the position is in milliseconds. */
  streamPlayItemResume(
    _stream: SubscriberStream,
    _item: PlayItem,
    _position: number,
  ): MaybePromise<void> {}

  /** The player went to another place; the position is in milliseconds. */
  streamPlayItemSeek(
    _stream: SubscriberStream,
    _item: PlayItem,
    _position: number,
  ): MaybePromise<void> {}

  /** A stream that is published in a scope; undefined when nobody publishes it. */
  getBroadcastStream(scope: Scope, name: string): BroadcastStream | undefined {
    return scope.server.streams.getBroadcastStream(scope, name);
  }

  /** Whether somebody publishes a stream of this name in the scope. */
  hasBroadcastStream(scope: Scope, name: string): boolean {
    return scope.server.streams.hasBroadcastStream(scope, name);
  }

  /** Names of the streams that are published in a scope. */
  getBroadcastStreamNames(scope: Scope): string[] {
    return scope.server.streams.getBroadcastStreamNames(scope);
  }

  /** A recording that clients can play in a scope; undefined when there is none. */
  getOnDemandStream(scope: Scope, name: string): Promise<OnDemandStream | undefined> {
    return scope.server.streams.getOnDemandStream(scope, name);
  }

  /** Whether there is a recording of this name in the scope. */
  async hasOnDemandStream(scope: Scope, name: string): Promise<boolean> {
    return (await this.getOnDemandStream(scope, name)) !== undefined;
  }

  /** Seconds of a recording; 0 when there is none. */
  async getStreamLength(scope: Scope, name: string): Promise<number> {
    return ((await this.getOnDemandStream(scope, name))?.durationMs ?? 0) / 1000;
  }

  /** Runs a job at a fixed rate, first after one interval, until it is removed or the application stops. Returns its name. */
  addScheduledJob(intervalMs: number, job: ScheduledJob): string {
    return this.scope.server.scheduling.addScheduledJob(intervalMs, job, this.scope);
  }

  /** Runs a job once, after a delay or at a date, unless the application stops before. */
  addScheduledOnceJob(delayMs: number | Date, job: ScheduledJob): string {
    return this.scope.server.scheduling.addScheduledOnceJob(delayMs, job, this.scope);
  }

  /** Runs a job after a delay, and from then on at a fixed rate. */
  addScheduledJobAfterDelay(intervalMs: number, job: ScheduledJob, delayMs: number): string {
    const { scheduling } = this.scope.server;
    return scheduling.addScheduledJobAfterDelay(intervalMs, job, delayMs, this.scope);
  }

  /** Runs a job whenever a cron pattern such as `0 3 * * *` matches. */
  addScheduledCronJob(pattern: string, job: ScheduledJob, timezone?: string): string {
    return this.scope.server.scheduling.addScheduledCronJob(pattern, job, {
      owner: this.scope,
      ...(timezone === undefined ? {} : { timezone }),
    });
  }

  /** Cancels a job by the name that scheduling it returned; nothing happens when it is over. */
  removeScheduledJob(name: string): void {
    this.scope.server.scheduling.removeScheduledJob(name);
  }

  /** Names of the application's jobs. */
  getScheduledJobNames(): string[] {
    return this.scope.server.scheduling.getScheduledJobNames(this.scope);
  }

  #ask<K extends Deciding>(
    name: K,
    ...args: Parameters<NonNullable<Application[K]>>
  ): MaybePromise<boolean> {
    const listeners = this.#listeners.values();
    const next = (): MaybePromise<boolean> => {
      for (const listener of listeners) {
        const callback = listener[name] as
          | ((...args: unknown[]) => MaybePromise<boolean>)
          | undefined;
        const answer = callback === undefined ? true : callback.apply(listener, args);
        if (isPromise(answer)) return answer.then((yes) => (yes === true ? next() : false));
        if (answer !== true) return false;
      }
      return true;
    };
    return next();
  }

  #tell(tell: (listener: Application) => MaybePromise<void> | undefined): MaybePromise<void> {
    const waiting: Promise<void>[] = [];
    for (const listener of this.#listeners) {
      const result = tell(listener);
      if (result !== undefined && isPromise(result)) waiting.push(result);
    }
    return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => undefined);
  }
}
