import { background, describeError } from '../../base/index.ts';
import type { Connection } from '../connection/Connection.ts';
import { isPromise, type MaybePromise } from '../MaybePromise.ts';
import type { Server } from '../Server.ts';
import type { Scope } from '../scope/Scope.ts';
import { BroadcastStream, type BroadcastStreamOwner } from './BroadcastStream.ts';
import type { OnDemandProvider, OnDemandStream } from './OnDemandProvider.ts';
import { Publication, type PublicationOwner, type PublishOptions } from './Publication.ts';
import type { PlayItem } from './StreamAwareScopeHandler.ts';
import { StreamCallbacks } from './StreamCallbacks.ts';
import type { StreamListener } from './StreamListener.ts';
import { type NoPlace, placeHere, type StreamPlace, StreamPlaces } from './StreamPlaces.ts';
import { StreamSettings } from './StreamSettings.ts';
import type { StreamSubscriber } from './StreamSubscriber.ts';
import { type PlayEvent, SubscriberStream } from './SubscriberStream.ts';
import { streamNameFault } from './streamNameFault.ts';
import type { PlayResult, PublishResult, StreamRefused } from './streamResult.ts';
import type { StreamParameters } from './streamSecurity.ts';

/** What a client wants to play. */
export interface PlayOptions {
  /** Seconds; -2, the default: live or else recorded, -1: live only, 0 or more: recorded, from there on. */
  readonly start?: number;
  /** Seconds; -1, the default: all. */
  readonly length?: number;
  /** Whether what played before ends. Default true. */
  readonly reset?: boolean;
  readonly parameters?: StreamParameters;
}

/** What a connection has open. */
interface Opened {
  readonly publications: Set<Publication>;
  readonly subscriptions: Set<SubscriberStream>;
}

const EVENT_CALLBACKS = {
  pause: 'streamPlayItemPause',
  resume: 'streamPlayItemResume',
  seek: 'streamPlayItemSeek',
} as const satisfies Record<PlayEvent, string>;

/**
 * The live streams of a server, by scope and name, and who publishes and plays them.
 *
 * Every protocol comes here, so all of them are asked the same, told the same and held to the same limits.
 *
 * @red5 org.red5.server.stream.StreamService
 * @red5 org.red5.server.stream.ProviderService
 */
export class Streams {
  readonly #server: Server;
  readonly #callbacks: StreamCallbacks;
  /** Limits and policies of applications that have none of their own. */
  settings: StreamSettings = new StreamSettings();
  readonly #streams = new Map<Scope, Map<string, BroadcastStream>>();
  /** What keeps the scope of each stream. */
  readonly #holds = new Map<BroadcastStream, () => void>();
  readonly #opened = new Map<Connection, Opened>();
  readonly #publications = new Set<Publication>();
  readonly #places: StreamPlaces;
  /** What has to be left when a publication or subscription is over. */
  readonly #placeOf = new WeakMap<Publication | SubscriberStream, StreamPlace>();
  readonly #listeners = new Set<StreamListener>();
  readonly #providers = new Set<OnDemandProvider>();

  constructor(server: Server) {
    this.#server = server;
    this.#callbacks = new StreamCallbacks(server);
    this.#places = new StreamPlaces(server);
  }

  /** Streams that are published in the whole server. */
  get count(): number {
    return this.#publications.size;
  }

  /** Adds a listener that is told of all live streams of the server. */
  addStreamListener(listener: StreamListener): void {
    this.#listeners.add(listener);
  }

  /** Removes what `addStreamListener` added. */
  removeStreamListener(listener: StreamListener): void {
    this.#listeners.delete(listener);
  }

  /** Adds somebody who is asked for what is not live; the first that has it plays it. */
  addOnDemandProvider(provider: OnDemandProvider): void {
    this.#providers.add(provider);
  }

  /** Removes what `addOnDemandProvider` added. */
  removeOnDemandProvider(provider: OnDemandProvider): void {
    this.#providers.delete(provider);
  }

  /** Settings that hold in a scope. */
  settingsOf(scope: Scope): StreamSettings {
    return scope.application?.streamSettings ?? this.settings;
  }

  /** A stream of a scope, or as `room/name` of a room below, that is published; undefined when nobody publishes it. */
  getBroadcastStream(scope: Scope, name: string): BroadcastStream | undefined {
    const place = this.#namesRooms(scope) ? this.#places.find(scope, name) : { scope, name };
    if (place === undefined) return undefined;
    const stream = this.#streams.get(place.scope)?.get(place.name);
    return stream?.isPublished === true ? stream : undefined;
  }

  /** Whether somebody publishes a stream of this name in the scope. */
  hasBroadcastStream(scope: Scope, name: string): boolean {
    return this.getBroadcastStream(scope, name) !== undefined;
  }

  /** Streams that are published in a scope. */
  getBroadcastStreams(scope: Scope): BroadcastStream[] {
    const streams = [...(this.#streams.get(scope)?.values() ?? [])];
    return streams.filter((stream) => stream.isPublished);
  }

  /** Names of the streams that are published in a scope. */
  getBroadcastStreamNames(scope: Scope): string[] {
    return this.getBroadcastStreams(scope).map((stream) => stream.name);
  }

  /** A recording of a scope; undefined when there is none. */
  async getOnDemandStream(scope: Scope, name: string): Promise<OnDemandStream | undefined> {
    for (const provider of this.#providers) {
      try {
        const found = await provider.getOnDemandStream(scope, name);
        if (found !== undefined) return found;
      } catch (error) {
        this.#server.logger.error(`finding a recording failed: ${describeError(error)}`, {
          scope: scope.fullPath,
          stream: name,
        });
      }
    }
    return undefined;
  }

  /**
   * Asks for a client whether it may publish; `streamPublishStart` has run when the answer is yes.
   *
   * The client is to be told, and then {@link Publication.start} called. Never rejects.
   *
   * A name with slashes is that of a stream in a room below, which the connection enters for as long as it publishes there.
   *
   * @param connection - undefined when the server itself publishes, which security handlers are not asked about
   */
  async publish(
    connection: Connection | undefined,
    scope: Scope,
    name: string,
    options: PublishOptions = {},
  ): Promise<PublishResult> {
    const place = await this.#enter(connection, scope, name);
    if ('fault' in place) return this.#refused(badName(place.fault));
    if ('accepted' in place) return this.#refused(place);
    const result = await this.#publish(connection, place, options);
    if (!result.accepted) await place.leave();
    return result;
  }

  async #publish(
    connection: Connection | undefined,
    place: StreamPlace,
    options: PublishOptions,
  ): Promise<PublishResult> {
    const { scope, name } = place;
    const refusal =
      (await this.#askToPublish(connection, scope, name, options)) ??
      // From here to the claim nothing is waited for, so no two can get the same name.
      this.#publishFault(connection, scope, name);
    if (refusal !== undefined) return this.#refused(refusal);
    const stream = this.#findOrMake(scope, name);
    const publication = new Publication(stream, connection, options, this.#publicationOwner);
    const ended = stream.publication?.end('taken-over');
    stream.claim(publication);
    this.#publications.add(publication);
    this.#placeOf.set(publication, place);
    this.#openedBy(connection)?.publications.add(publication);
    await ended;
    const yes = await this.#callbacks.publishStart(publication);
    if (yes && !publication.isEnded && connection?.isConnected !== false) {
      return { accepted: true, publication };
    }
    await publication.close();
    return this.#refused(
      yes
        ? failed('The stream was closed.')
        : badName('You are not allowed to publish the stream.'),
    );
  }

  /**
   * Asks for a client whether it may play.
   *
   * The client is to be told, and then {@link SubscriberStream.start} called. Never rejects.
   *
   * A name with slashes is that of a stream in a room below, which the connection enters for as long as it plays there.
   *
   * @param connection - undefined when the server itself plays, which security handlers are not asked about
   */
  async play(
    connection: Connection | undefined,
    scope: Scope,
    name: string,
    subscriber: StreamSubscriber,
    options: PlayOptions = {},
  ): Promise<PlayResult> {
    const place = await this.#enter(connection, scope, name);
    if ('fault' in place) return this.#refused(failed(place.fault));
    if ('accepted' in place) return this.#refused(place);
    const result = await this.#play(connection, place, { subscriber, from: scope, options });
    if (!result.accepted) await place.leave();
    return result;
  }

  async #play(
    connection: Connection | undefined,
    place: StreamPlace,
    asked: {
      readonly subscriber: StreamSubscriber;
      readonly from: Scope;
      readonly options: PlayOptions;
    },
  ): Promise<PlayResult> {
    const { scope, name } = place;
    const { subscriber, from, options } = asked;
    const settings = this.settingsOf(scope);
    const { start = -2, length = -1, reset = true, parameters = {} } = options;
    const item: PlayItem = { name, start, length };
    if (connection !== undefined) {
      const how = { reset, parameters };
      if (!(await this.#callbacks.isPlaybackAllowed(connection, scope, item, how))) {
        return this.#refused(failed('You are not allowed to play the stream.'));
      }
    }
    const source = await this.#findSource(place, item, from);
    if (source === undefined) return this.#refused(notFound(place.givenName));
    if (!scope.enabled || connection?.isConnected === false) {
      return this.#refused(failed('The connection is closed.'));
    }
    const subscription = new SubscriberStream({
      scope,
      item,
      settings,
      subscriber,
      source: source === 'live' ? this.#findOrMake(scope, name) : source,
      started: (started) => this.#subscriptionStarted(started),
      happened: (changed, event, position) =>
        this.#tellLater(
          this.#callbacks.tell(connection, scope, EVENT_CALLBACKS[event], changed, item, position),
        ),
      ended: (ended) => this.#subscriptionEnded(ended),
    });
    this.#placeOf.set(subscription, place);
    subscription.stream?.expect(subscription);
    this.#openedBy(connection)?.subscriptions.add(subscription);
    return { accepted: true, subscription };
  }

  /**
   * Tells the application that a recording of a stream began or ended.
   *
   * @internal
   */
  tellOfRecording(
    callback: 'streamRecordStart' | 'streamRecordStop',
    stream: BroadcastStream,
  ): void {
    this.#tellLater(this.#callbacks.tell(stream.publisher, stream.scope, callback, stream));
  }

  /**
   * Ends all that a connection publishes and plays, because it has gone.
   *
   * @internal
   */
  disconnect(connection: Connection): MaybePromise<void> {
    const opened = this.#opened.get(connection);
    this.#opened.delete(connection);
    const waiting = [
      ...[...(opened?.subscriptions ?? [])].map((subscription) => subscription.close()),
      ...[...(opened?.publications ?? [])].map((publication) => publication.close(true)),
    ].filter((done) => done !== undefined);
    const leave = (): MaybePromise<void> => this.#places.leaveAll(connection);
    // What is still being decided is in no list, and its rooms are left as well.
    return waiting.length === 0 ? leave() : Promise.all(waiting).then(leave);
  }

  /**
   * Ends all streams of a scope that goes.
   *
   * @internal
   */
  closeScope(scope: Scope): Promise<void> | undefined {
    for (const stream of [...(this.#streams.get(scope)?.values() ?? [])]) stream.dispose();
    return this.#places.leaveRoom(scope);
  }

  #namesRooms(scope: Scope): boolean {
    return this.settingsOf(scope).slashesNameRooms;
  }

  /** Where the stream of a name is; the connection is in its rooms then. */
  async #enter(
    connection: Connection | undefined,
    scope: Scope,
    name: string,
  ): Promise<StreamPlace | NoPlace | StreamRefused> {
    const fault = streamNameFault(name, this.settingsOf(scope).maxNameLength);
    if (fault !== undefined) return failed(fault);
    return this.#namesRooms(scope)
      ? this.#places.enter(connection, scope, name)
      : placeHere(scope, name);
  }

  async #askToPublish(
    connection: Connection | undefined,
    scope: Scope,
    name: string,
    { mode = 'live', parameters = {} }: PublishOptions,
  ): Promise<StreamRefused | undefined> {
    if (connection === undefined) return undefined;
    const asked = { mode, parameters };
    return (await this.#callbacks.isPublishAllowed(connection, scope, name, asked))
      ? undefined
      : badName('You are not allowed to publish the stream.');
  }

  #publishFault(
    connection: Connection | undefined,
    scope: Scope,
    name: string,
  ): StreamRefused | undefined {
    if (connection?.isConnected === false) return failed('The connection is closed.');
    if (!scope.enabled) return failed('The scope is closed.');
    const present = this.#streams.get(scope)?.get(name);
    if (present?.publication !== undefined) {
      return present.canBeTakenOver(connection) ? undefined : badName(name);
    }
    const limit = this.#limitFault(connection, scope);
    if (limit !== undefined) return failed(limit);
    return scope.handler?.addChildScope?.(scope, name, 'BROADCAST') === false
      ? badName(name)
      : undefined;
  }

  #limitFault(connection: Connection | undefined, scope: Scope): string | undefined {
    const { maxStreamsPerConnection, maxStreamsPerApplication } = this.settingsOf(scope);
    const own = connection === undefined ? 0 : this.#opened.get(connection)?.publications.size;
    if ((own ?? 0) >= maxStreamsPerConnection) {
      return `No more than ${maxStreamsPerConnection} streams of one connection.`;
    }
    let inApplication = 0;
    for (const publication of this.#publications) {
      if (publication.stream.scope.application === scope.application) inApplication += 1;
    }
    if (inApplication >= maxStreamsPerApplication) {
      return `No more than ${maxStreamsPerApplication} streams in this application.`;
    }
    const { maxStreams } = this.settings;
    return this.#publications.size < maxStreams
      ? undefined
      : `No more than ${maxStreams} streams on this server.`;
  }

  /** What is live, what was recorded, or what will be live, in this order and as far as it is wanted. */
  async #findSource(
    { scope, name, givenName }: StreamPlace,
    { start }: PlayItem,
    from: Scope,
  ): Promise<'live' | OnDemandStream | undefined> {
    if (start <= 0 && this.hasBroadcastStream(scope, name)) return 'live';
    if (start !== -1) {
      const recorded =
        (await this.getOnDemandStream(scope, name)) ??
        // Only a generator of file names or a provider of the application's own can tell the two apart.
        (scope === from ? undefined : await this.getOnDemandStream(from, givenName));
      if (recorded !== undefined) return recorded;
    }
    if (start <= 0 && this.hasBroadcastStream(scope, name)) return 'live';
    return start < 0 && this.settingsOf(scope).waitForPublisher ? 'live' : undefined;
  }

  #findOrMake(scope: Scope, name: string): BroadcastStream {
    const streams = this.#streams.get(scope) ?? new Map<string, BroadcastStream>();
    const present = streams.get(name);
    if (present !== undefined) return present;
    const stream = new BroadcastStream(scope, name, this.settingsOf(scope), this.#streamOwner);
    this.#streams.set(scope, streams);
    streams.set(name, stream);
    this.#holds.set(stream, scope.hold());
    return stream;
  }

  #openedBy(connection: Connection | undefined): Opened | undefined {
    if (connection === undefined) return undefined;
    const present = this.#opened.get(connection);
    if (present !== undefined) return present;
    const opened: Opened = { publications: new Set(), subscriptions: new Set() };
    this.#opened.set(connection, opened);
    return opened;
  }

  #subscriptionStarted(subscription: SubscriberStream): void {
    const { connection, scope, item, isLive } = subscription;
    if (connection === undefined) return;
    this.#tellLater(
      this.#callbacks.tell(connection, scope, 'streamSubscriberStart', subscription),
      this.#callbacks.tell(connection, scope, 'streamPlayItemPlay', subscription, item, isLive),
    );
  }

  #subscriptionEnded(subscription: SubscriberStream): MaybePromise<void> {
    const { connection, scope, item } = subscription;
    if (connection === undefined) return undefined;
    this.#forget(connection, (opened) => opened.subscriptions.delete(subscription));
    if (!subscription.wasStarted) return this.#leave(subscription);
    const told = [
      this.#callbacks.tell(connection, scope, 'streamPlayItemStop', subscription, item),
      this.#callbacks.tell(connection, scope, 'streamSubscriberClose', subscription),
    ].filter(isPromise);
    return this.#leave(subscription, ...told);
  }

  /** Leaves the rooms of a name when the application was told that the stream is over. */
  #leave(
    ended: Publication | SubscriberStream,
    ...told: readonly MaybePromise<void>[]
  ): MaybePromise<void> {
    const place = this.#placeOf.get(ended);
    const waiting = told.filter(isPromise);
    return waiting.length === 0 ? place?.leave() : Promise.all(waiting).then(() => place?.leave());
  }

  #forget(connection: Connection, remove: (opened: Opened) => void): void {
    const opened = this.#opened.get(connection);
    if (opened === undefined) return;
    remove(opened);
    const isEmpty = opened.publications.size === 0 && opened.subscriptions.size === 0;
    if (isEmpty) this.#opened.delete(connection);
  }

  #tellLater(...told: readonly MaybePromise<void>[]): void {
    for (const result of told) {
      if (isPromise(result)) background(result, this.#server.logger, 'a callback of a stream');
    }
  }

  #refused(refusal: StreamRefused): StreamRefused {
    this.#server.statistics.countRefusal('STREAM');
    return refusal;
  }

  readonly #publicationOwner: PublicationOwner = {
    now: () => this.#server.clock.now(),
    every: (intervalMs, task) => this.#server.clock.every(intervalMs, task),
    publicationStarted: ({ connection, stream }) =>
      this.#tellLater(
        this.#callbacks.tell(connection, stream.scope, 'streamBroadcastStart', stream),
      ),
    publicationEnded: (publication) => {
      const { connection, stream } = publication;
      this.#publications.delete(publication);
      if (connection !== undefined) {
        this.#forget(connection, (opened) => opened.publications.delete(publication));
      }
      const told = this.#callbacks.tell(connection, stream.scope, 'streamBroadcastClose', stream);
      return this.#leave(publication, told);
    },
  };

  readonly #streamOwner: BroadcastStreamOwner = {
    deliveryFailed: (stream, error) => {
      this.#server.logger.error(`delivering a stream failed: ${describeError(error)}`, {
        scope: stream.scope.fullPath,
        stream: stream.name,
        stack: error instanceof Error ? error.stack : undefined,
      });
    },
    now: () => this.#server.clock.now(),
    after: (delayMs, task) => this.#server.clock.after(delayMs, task),
    started: (stream) => {
      for (const listener of this.#listeners) listener.streamStarted?.(stream);
    },
    stopped: (stream) => {
      for (const listener of this.#listeners) listener.streamStopped?.(stream);
    },
    unused: (stream) => {
      const { scope, name } = stream;
      const streams = this.#streams.get(scope);
      if (streams?.get(name) !== stream) return;
      streams.delete(name);
      if (streams.size === 0) this.#streams.delete(scope);
      this.#holds.get(stream)?.();
      this.#holds.delete(stream);
      scope.handler?.removeChildScope?.(scope, name, 'BROADCAST');
    },
  };
}

function badName(description: string): StreamRefused {
  return { accepted: false, code: 'NetStream.Publish.BadName', description };
}

function failed(description: string): StreamRefused {
  return { accepted: false, code: 'NetStream.Failed', description };
}

function notFound(description: string): StreamRefused {
  return { accepted: false, code: 'NetStream.Play.StreamNotFound', description };
}
