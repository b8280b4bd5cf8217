import type { Connection } from '../connection/Connection.ts';
import { isPromise, type MaybePromise } from '../MaybePromise.ts';
import type { Scope } from '../scope/Scope.ts';
import type { BroadcastStream } from './BroadcastStream.ts';
import type { MediaMessage } from './MediaMessage.ts';
import type { OnDemandPlayback, OnDemandStream } from './OnDemandProvider.ts';
import type { PlayItem } from './StreamAwareScopeHandler.ts';
import type { StreamSettings } from './StreamSettings.ts';
import type { EndReason, StreamSubscriber } from './StreamSubscriber.ts';

/** What happens to a subscription, as applications are told. */
export type PlayEvent = 'pause' | 'resume' | 'seek';

/** What a subscription is made of. */
export interface SubscriberStreamOptions {
  readonly scope: Scope;
  readonly item: PlayItem;
  readonly settings: StreamSettings;
  readonly subscriber: StreamSubscriber;
  readonly source: BroadcastStream | OnDemandStream;
  /** Called once. */
  readonly ended?: (subscription: SubscriberStream) => MaybePromise<void>;
  readonly started?: (subscription: SubscriberStream) => void;
  readonly happened?: (subscription: SubscriberStream, event: PlayEvent, position: number) => void;
}

/**
 * One subscriber's hold on a live stream or a recording: from the yes to its `play` until it stops.
 *
 * The protocol tells the client what it has to, and calls {@link start}. What the client takes too slowly is left out here, for every
 * protocol alike: first single frames up to the next key frame, then the client.
 *
 * @red5 org.red5.server.api.stream.ISubscriberStream
 */
export class SubscriberStream {
  readonly scope: Scope;
  readonly item: PlayItem;
  readonly subscriber: StreamSubscriber;
  readonly #options: SubscriberStreamOptions;
  readonly #live: BroadcastStream | undefined;
  #playback: OnDemandPlayback | undefined;
  #state: 'new' | 'open' | 'ended' = 'new';
  #wasStarted = false;
  #paused = false;
  #receivesAudio = true;
  #receivesVideo = true;
  #awaitsKeyFrame = false;
  #isBehind = false;
  #missedBytes = 0;
  #droppedMessages = 0;

  /** @internal */
  constructor(options: SubscriberStreamOptions) {
    const { scope, item, subscriber, source } = options;
    this.scope = scope;
    this.item = item;
    this.subscriber = subscriber;
    this.#options = options;
    this.#live = 'play' in source ? undefined : source;
  }

  get name(): string {
    return this.item.name;
  }

  /** The client; undefined for what the server does of its own. */
  get connection(): Connection | undefined {
    return this.subscriber.connection;
  }

  /** The live stream; undefined for a recording. */
  get stream(): BroadcastStream | undefined {
    return this.#live;
  }

  get isLive(): boolean {
    return this.#live !== undefined;
  }

  /** Length of a recording; undefined for a live stream. */
  get durationMs(): number | undefined {
    const { source } = this.#options;
    return 'play' in source ? source.durationMs : undefined;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Whether it ever began to deliver. */
  get wasStarted(): boolean {
    return this.#wasStarted;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** Where it is, in milliseconds. */
  get position(): number {
    return this.#playback?.positionMs ?? this.#live?.statistics.currentTimestamp ?? 0;
  }

  /** Messages that were left out because the subscriber was too slow. */
  get droppedMessages(): number {
    return this.#droppedMessages;
  }

  /** Whether nothing is left out as long as there is room, so that {@link accepts} need not be asked about each message. */
  get isClear(): boolean {
    return (
      this.#state === 'open' &&
      !this.#paused &&
      this.#receivesAudio &&
      this.#receivesVideo &&
      !this.#awaitsKeyFrame &&
      !this.#isBehind
    );
  }

  /** Whether the subscriber takes what it is given so far. */
  get hasRoom(): boolean {
    return (this.subscriber.queuedBytes ?? 0) <= this.#options.settings.maxPlayerQueueBytes;
  }

  /** Begins to deliver: metadata, sequence headers and the GOP cache of a live stream, then what comes. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'open';
    this.#wasStarted = true;
    const { source, started, item } = this.#options;
    const live = this.#live;
    if (live !== undefined) {
      live.addSubscription(this);
      this.#replay(live);
    } else if ('play' in source) {
      const lengthMs = item.length < 0 ? undefined : item.length * 1000;
      this.#playback = source.play(this.#forRecording(), Math.max(0, item.start) * 1000, lengthMs);
    }
    started?.(this);
  }

  /** Stops delivering for a while; a live stream goes on meanwhile. */
  pause(): void {
    if (this.#state !== 'open' || this.#paused) return;
    this.#paused = true;
    this.#playback?.pause();
    this.#options.happened?.(this, 'pause', this.position);
  }

  /** Goes on; live at the next key frame. */
  resume(): void {
    if (this.#state !== 'open' || !this.#paused) return;
    this.#paused = false;
    this.awaitKeyFrame();
    this.#playback?.resume();
    this.#options.happened?.(this, 'resume', this.position);
  }

  /** Goes to another time of a recording; resolves to where it is then, to undefined where that is not possible, as live. */
  seek(ms: number): MaybePromise<number | undefined> {
    const reached = this.#playback?.seek(ms);
    const tell = (position: number | undefined): number | undefined => {
      if (position !== undefined) this.#options.happened?.(this, 'seek', position);
      return position;
    };
    return isPromise(reached) ? reached.then(tell) : tell(reached);
  }

  /** Whether audio is delivered; a sequence header is in any case. */
  set receivesAudio(receives: boolean) {
    this.#receivesAudio = receives;
  }

  get receivesAudio(): boolean {
    return this.#receivesAudio;
  }

  /** Whether video is delivered; from the next key frame on when it was not. */
  set receivesVideo(receives: boolean) {
    if (receives && !this.#receivesVideo) this.awaitKeyFrame();
    this.#receivesVideo = receives;
  }

  get receivesVideo(): boolean {
    return this.#receivesVideo;
  }

  /** Ends it; safe twice. Returns a promise when the application's callback takes its time. */
  close(): MaybePromise<void> {
    if (this.#state === 'ended') return undefined;
    this.#state = 'ended';
    this.#playback?.close();
    this.#live?.removeSubscription(this);
    return this.#options.ended?.(this);
  }

  /** Ends it and tells the subscriber. @internal */
  end(reason: EndReason): MaybePromise<void> {
    if (this.#state === 'ended') return undefined;
    const done = this.close();
    this.subscriber.ended(reason);
    return done;
  }

  /**
   * Whether a message of a live stream is to be delivered now: not while paused, not what is not wanted, not what comes too much.
   *
   * To be asked once about each message, in order.
   */
  accepts(message: MediaMessage): boolean {
    if (this.#state !== 'open') return false;
    if (message.isSequenceHeader || message.isMetadata) return true;
    if (this.#paused || !this.#isWanted(message)) return false;
    if (this.#isTooMuch(message)) return false;
    if (!this.#awaitsKeyFrame || message.type !== 'video') return true;
    if (!message.isKeyFrame) return false;
    this.#awaitsKeyFrame = false;
    return true;
  }

  /** @internal */
  offer(message: MediaMessage): void {
    const { subscriber } = this;
    if (subscriber.sharesLive === true || !this.accepts(message)) return;
    try {
      subscriber.deliver(message);
    } catch (error) {
      this.#live?.deliveryFailed(this, error);
    }
  }

  /** @internal */
  notifyPublished(): void {
    this.subscriber.published?.();
  }

  /** @internal */
  notifyUnpublished(): void {
    this.subscriber.unpublished?.();
  }

  /** Leaves out video up to the next key frame, because what comes before cannot be decoded. @internal */
  awaitKeyFrame(): void {
    this.#awaitsKeyFrame = true;
  }

  /** The subscriber as providers of recordings see it: what they end is ended here as well. */
  #forRecording(): StreamSubscriber {
    const { subscriber } = this;
    return {
      connection: subscriber.connection,
      get queuedBytes(): number {
        return subscriber.queuedBytes ?? 0;
      },
      deliver: (message) => {
        if (this.#state === 'open' && this.#isWanted(message)) subscriber.deliver(message);
      },
      ended: (reason) => void this.end(reason),
    };
  }

  #isWanted(message: MediaMessage): boolean {
    if (message.isSequenceHeader || message.isMetadata) return true;
    if (message.type === 'audio') return this.#receivesAudio;
    return message.type !== 'video' || this.#receivesVideo;
  }

  #replay(live: BroadcastStream): void {
    const { gop } = live;
    if (gop.length === 0) this.awaitKeyFrame();
    if (live.metadata !== undefined) this.offer(live.metadata);
    for (const header of live.sequenceHeaders) this.offer(header);
    for (const message of gop) this.offer(message);
  }

  #isTooMuch(message: MediaMessage): boolean {
    const queued = this.subscriber.queuedBytes;
    if (queued === undefined) return false;
    const { maxPlayerQueueBytes, maxPlayerBacklogBytes } = this.#options.settings;
    // Once behind, half of the queue has to be free, or single frames would get through now and then.
    const limit = this.#isBehind ? maxPlayerQueueBytes / 2 : maxPlayerQueueBytes;
    if (queued <= limit) {
      this.#isBehind = false;
      this.#missedBytes = 0;
      return false;
    }
    this.#missedBytes += message.payload.length;
    this.#droppedMessages += 1;
    this.awaitKeyFrame();
    if (!this.#isBehind) {
      this.#isBehind = true;
      this.subscriber.fellBehind?.();
    }
    if (queued + this.#missedBytes > maxPlayerBacklogBytes) void this.end('too-slow');
    return true;
  }
}
