import type { Timer } from '../../base/index.ts';
import type { Connection } from '../connection/Connection.ts';
import type { Scope } from '../scope/Scope.ts';
import { GOPCache } from './GOPCache.ts';
import { createMediaMessage, type MediaMessage, type MediaType } from './MediaMessage.ts';
import type { Publication } from './Publication.ts';
import type { StreamSettings } from './StreamSettings.ts';
import type { StreamSubscriber } from './StreamSubscriber.ts';
import { StreamTimeline } from './StreamTimeline.ts';
import { SubscriberStream } from './SubscriberStream.ts';
import type { StreamParameters } from './streamSecurity.ts';

/** Sequence headers that one stream may have at a time: tracks times kinds. */
const MAX_HEADERS = 32;

/** What a stream has seen since somebody began to publish or to wait for it. */
export interface BroadcastStreamStatistics {
  /** When the stream began, in milliseconds since the epoch; 0 before somebody published. */
  readonly creationTime: number;
  /** Where its time line is, in milliseconds. */
  readonly currentTimestamp: number;
  readonly bytesReceived: number;
  readonly messagesReceived: number;
  readonly activeSubscribers: number;
  readonly maxSubscribers: number;
  readonly totalSubscribers: number;
  /** Codecs seen, as {@link MediaMessage.codec} names them. */
  readonly audioCodec: string;
  readonly videoCodec: string;
}

/** What a stream needs of the {@link Streams} it is in. */
export interface BroadcastStreamOwner {
  now(): number;
  after(delayMs: number, task: () => void): Timer;
  /** A publisher began; not told again while another takes over or comes back. */
  started(stream: BroadcastStream): void;
  stopped(stream: BroadcastStream): void;
  /** Nobody publishes and nobody subscribes any more. */
  unused(stream: BroadcastStream): void;
  /** A subscriber threw. */
  deliveryFailed(stream: BroadcastStream, error: unknown): void;
}

/**
 * A live stream: what one publisher after the other sends under a name of a scope, to everybody who subscribed.
 *
 * Outlives publishers as long as somebody is subscribed. Has one time line, whoever publishes.
 *
 * @red5 org.red5.server.api.stream.IBroadcastStream
 * @red5 org.red5.server.stream.ClientBroadcastStream
 */
export class BroadcastStream {
  readonly name: string;
  readonly scope: Scope;
  /** Limits and policies of its application. */
  readonly settings: StreamSettings;
  readonly #owner: BroadcastStreamOwner;
  readonly #timeline = new StreamTimeline();
  readonly #gop: GOPCache;
  readonly #headers = new Map<string, MediaMessage>();
  readonly #subscriptions = new Set<SubscriberStream>();
  /** Those that are about to start. */
  readonly #expected = new Set<SubscriberStream>();
  #metadata: MediaMessage | undefined;
  #publication: Publication | undefined;
  #isPublished = false;
  #grace: Timer | undefined;
  #hasVideo = false;
  #hasMedia = false;
  #lastMessageAt = 0;
  #creationTime = 0;
  #bytesReceived = 0;
  #messagesReceived = 0;
  #activeSubscribers = 0;
  #maxSubscribers = 0;
  #totalSubscribers = 0;
  #audioCodec = '';
  #videoCodec = '';

  /** @internal */
  constructor(scope: Scope, name: string, settings: StreamSettings, owner: BroadcastStreamOwner) {
    this.scope = scope;
    this.name = name;
    this.settings = settings;
    this.#owner = owner;
    this.#gop = new GOPCache(settings.maxGOPBytes);
  }

  /** Who publishes, from before `streamPublishStart` on; undefined when nobody does, and for what the server publishes itself. */
  get publisher(): Connection | undefined {
    return this.#publication?.connection;
  }

  /** The publishing of the moment. */
  get publication(): Publication | undefined {
    return this.#publication;
  }

  /** Whether somebody publishes, or is expected back within the time of grace. */
  get isPublished(): boolean {
    return this.#isPublished;
  }

  /** What stood behind the `?` of the name when it was published. */
  get parameters(): StreamParameters {
    return this.#publication?.parameters ?? {};
  }

  /** The last `onMetaData`; undefined when there was none. */
  get metadata(): MediaMessage | undefined {
    return this.#metadata;
  }

  /** What decoders have to be given first. */
  get sequenceHeaders(): readonly MediaMessage[] {
    return [...this.#headers.values()];
  }

  /** Everything since the last key frame; empty when that is unknown, too much, or switched off. */
  get gop(): readonly MediaMessage[] {
    return this.#gop.messages;
  }

  /** Whether video was seen of this publisher. */
  get hasVideo(): boolean {
    return this.#hasVideo;
  }

  /** Who plays or waits, without what the server does of its own. */
  get subscriberCount(): number {
    return this.#activeSubscribers;
  }

  /** Everybody who plays, waits or records. */
  get subscriptions(): ReadonlySet<SubscriberStream> {
    return this.#subscriptions;
  }

  get statistics(): BroadcastStreamStatistics {
    return {
      creationTime: this.#creationTime,
      currentTimestamp: this.#timeline.latest,
      bytesReceived: this.#bytesReceived,
      messagesReceived: this.#messagesReceived,
      activeSubscribers: this.#activeSubscribers,
      maxSubscribers: this.#maxSubscribers,
      totalSubscribers: this.#totalSubscribers,
      audioCodec: this.#audioCodec,
      videoCodec: this.#videoCodec,
    };
  }

  /**
   * Delivers the stream to server code, from now on and until `close` of what is returned, or {@link unsubscribe}.
   *
   * Nobody is asked; for clients there is {@link Streams.play}.
   */
  subscribe(subscriber: StreamSubscriber): SubscriberStream {
    const item = { name: this.name, start: -1, length: -1 };
    const subscription = new SubscriberStream({
      scope: this.scope,
      item,
      settings: this.settings,
      subscriber,
      source: this,
    });
    subscription.start();
    return subscription;
  }

  /** Ends all subscriptions of a subscriber; it is not told. */
  unsubscribe(subscriber: StreamSubscriber): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.subscriber === subscriber) void subscription.close();
    }
  }

  /** Whether the policy lets another publisher take the place of the one there is. @internal */
  canBeTakenOver(by: Connection | undefined): boolean {
    switch (this.settings.publisherPolicy) {
      case 'anyone':
        return true;
      case 'same-principal':
        return isSamePrincipal(this.publisher, by);
      case 'refuse':
        return false;
    }
  }

  /** Makes a publication the one that counts; one that was there is to be ended before. @internal */
  claim(publication: Publication): void {
    this.#publication = publication;
  }

  /** The publisher was told: media may come, subscribers hear of it. @internal */
  begin(publication: Publication): void {
    if (this.#publication !== publication) return;
    this.#grace?.cancel();
    this.#grace = undefined;
    const now = this.#owner.now();
    this.#timeline.restart(this.#hasMedia ? now - this.#lastMessageAt : undefined);
    this.#forgetMedia();
    for (const subscription of this.#subscriptions) subscription.awaitKeyFrame();
    if (this.#isPublished) return;
    this.#isPublished = true;
    if (this.#creationTime === 0) this.#creationTime = now;
    for (const subscription of [...this.#subscriptions]) subscription.notifyPublished();
    this.#owner.started(this);
  }

  /** Takes a message of the publisher. @internal */
  receive(type: MediaType, time: number, payload: Buffer): void {
    const message = createMediaMessage(type, this.#timeline.place(type, time), payload);
    this.#hasMedia = true;
    this.#lastMessageAt = this.#owner.now();
    this.#bytesReceived += payload.length;
    this.#messagesReceived += 1;
    this.#remember(message);
    for (const subscription of this.#subscriptions) subscription.offer(message);
  }

  /**
   * The publisher has gone.
   *
   * @param graceMs - how long another is waited for before anybody is told; undefined: another follows in this very moment
   * @internal
   */
  end(publication: Publication, graceMs: number | undefined): void {
    if (this.#publication !== publication) return;
    this.#publication = undefined;
    if (!this.#isPublished) {
      this.#releaseIfUnused();
      return;
    }
    if (graceMs === undefined) return;
    if (graceMs === 0) {
      this.#stop();
      return;
    }
    this.#grace = this.#owner.after(graceMs, () => this.#stop());
  }

  /** Ends everything, as when the scope goes. @internal */
  dispose(): void {
    this.#grace?.cancel();
    this.#grace = undefined;
    void this.#publication?.end('closed');
    if (this.#isPublished) this.#stop();
    for (const subscription of [...this.#subscriptions, ...this.#expected]) {
      void subscription.end('closed');
    }
    this.#releaseIfUnused();
  }

  /** Keeps the stream for a subscription that is going to start. @internal */
  expect(subscription: SubscriberStream): void {
    this.#expected.add(subscription);
  }

  /** @internal */
  addSubscription(subscription: SubscriberStream): void {
    this.#expected.delete(subscription);
    this.#subscriptions.add(subscription);
    if (subscription.connection === undefined) return;
    this.#activeSubscribers += 1;
    this.#totalSubscribers += 1;
    this.#maxSubscribers = Math.max(this.#maxSubscribers, this.#activeSubscribers);
  }

  /** @internal */
  removeSubscription(subscription: SubscriberStream): void {
    this.#expected.delete(subscription);
    const wasOpen = this.#subscriptions.delete(subscription);
    if (wasOpen && subscription.connection !== undefined) this.#activeSubscribers -= 1;
    this.#releaseIfUnused();
  }

  /** @internal */
  deliveryFailed(subscription: SubscriberStream, error: unknown): void {
    this.#owner.deliveryFailed(this, error);
    void subscription.end('failed');
  }

  #remember(message: MediaMessage): void {
    if (message.isMetadata) {
      this.#metadata = message;
      return;
    }
    if (message.type === 'audio') this.#audioCodec = message.codec;
    if (message.type === 'video') {
      this.#videoCodec = message.codec;
      this.#hasVideo = true;
    }
    if (message.isSequenceHeader) {
      // In the order of the last of each: what came later may build on what came before.
      this.#headers.delete(message.headerKey);
      if (this.#headers.size < MAX_HEADERS) this.#headers.set(message.headerKey, message);
      return;
    }
    this.#gop.add(message);
  }

  #forgetMedia(): void {
    this.#metadata = undefined;
    this.#headers.clear();
    this.#gop.clear();
    this.#hasVideo = false;
    this.#audioCodec = '';
    this.#videoCodec = '';
  }

  #stop(): void {
    this.#grace = undefined;
    this.#isPublished = false;
    this.#forgetMedia();
    for (const subscription of [...this.#subscriptions]) subscription.notifyUnpublished();
    this.#owner.stopped(this);
    this.#releaseIfUnused();
  }

  #releaseIfUnused(): void {
    if (this.#publication !== undefined || this.#isPublished) return;
    if (this.#subscriptions.size === 0 && this.#expected.size === 0) this.#owner.unused(this);
  }
}

/** Whether two connections are of the same user, as far as the application said who they are. */
function isSamePrincipal(a: Connection | undefined, b: Connection | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const principal = a.getAttribute('principal');
  if (principal !== undefined) return principal === b.getAttribute('principal');
  return a.client !== undefined && a.client === b.client;
}
