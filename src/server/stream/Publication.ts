import type { Timer } from '../../base/index.ts';
import type { Connection } from '../connection/Connection.ts';
import type { MaybePromise } from '../MaybePromise.ts';
import type { BroadcastStream } from './BroadcastStream.ts';
import type { MediaType } from './MediaMessage.ts';
import type { PublishMode, StreamParameters } from './streamSecurity.ts';

/** Why a publication is over without the publisher having ended it. */
export type PublicationEnd =
  /** Somebody whom the policy allows to publishes under the name now. */
  | 'taken-over'
  /** Nothing came for longer than `publisherIdleTimeoutMs`. */
  | 'idle'
  /** A message was longer than `maxMessageBytes`. */
  | 'message-too-large'
  /** The scope or the server stops. */
  | 'closed';

/** How a publisher wants to publish, and how it is told of the end. */
export interface PublishOptions {
  /** Default `live`. */
  readonly mode?: PublishMode;
  readonly parameters?: StreamParameters;
  /** Called at most once, when the publication ended for another reason than `close`. */
  readonly ended?: (reason: PublicationEnd) => void;
  /** Called with what else the publisher is to be told, such as of the recording. */
  readonly told?: (status: PublisherStatus) => void;
}

/** Something a publisher is told, in RTMP's words; other protocols say it in theirs. */
export interface PublisherStatus {
  readonly level: 'status' | 'error';
  readonly code: string;
  readonly description: string;
}

/** What a publication needs of the {@link Streams} it is in. */
export interface PublicationOwner {
  now(): number;
  every(intervalMs: number, task: () => void): Timer;
  /** The publisher was told. */
  publicationStarted(publication: Publication): void;
  /** Called once. */
  publicationEnded(publication: Publication): MaybePromise<void>;
}

/**
 * One publisher's hold on a {@link BroadcastStream}: from the yes to its `publish` until it stops.
 *
 * The protocol tells the publisher that it may go on, calls {@link start}, and hands over every message.
 */
export class Publication {
  readonly stream: BroadcastStream;
  /** Undefined for what the server publishes itself. */
  readonly connection: Connection | undefined;
  readonly mode: PublishMode;
  readonly parameters: StreamParameters;
  readonly #owner: PublicationOwner;
  readonly #ended: ((reason: PublicationEnd) => void) | undefined;
  readonly #told: ((status: PublisherStatus) => void) | undefined;
  #state: 'new' | 'open' | 'ended' = 'new';
  #lastMessageAt = 0;
  #idleTimer: Timer | undefined;

  /** @internal */
  constructor(
    stream: BroadcastStream,
    connection: Connection | undefined,
    options: PublishOptions,
    owner: PublicationOwner,
  ) {
    this.stream = stream;
    this.connection = connection;
    this.mode = options.mode ?? 'live';
    this.parameters = options.parameters ?? {};
    this.#ended = options.ended;
    this.#told = options.told;
    this.#owner = owner;
  }

  /** Whether what is published goes anywhere. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Whether it is over, for whatever reason. */
  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** To be called when the publisher was told that it may go on; media before that is lost. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'open';
    this.#lastMessageAt = this.#owner.now();
    const { publisherIdleTimeoutMs } = this.stream.settings;
    if (publisherIdleTimeoutMs > 0) {
      const interval = Math.max(10, publisherIdleTimeoutMs / 4);
      this.#idleTimer = this.#owner.every(interval, () => {
        if (this.#owner.now() - this.#lastMessageAt >= publisherIdleTimeoutMs)
          void this.end('idle');
      });
    }
    this.stream.begin(this);
    this.#owner.publicationStarted(this);
  }

  /** Tells the publisher something, as far as it can still be told. */
  tell(status: PublisherStatus): void {
    this.#told?.(status);
  }

  /**
   * Hands over a message.
   *
   * @param time - the publisher's, in milliseconds; of 32 bits
   * @param payload - the body of an FLV tag, which must not be changed afterwards; empty ones are left out
   */
  publish(type: MediaType, time: number, payload: Buffer): void {
    if (this.#state !== 'open') return;
    this.#lastMessageAt = this.#owner.now();
    if (payload.length === 0) return; // Says nothing, and not every player can read it.
    if (payload.length > this.stream.settings.maxMessageBytes) {
      void this.end('message-too-large');
      return;
    }
    this.stream.receive(type, time, payload);
  }

  /**
   * Ends it; safe twice.
   *
   * @param dropped - the publisher's connection broke, so it may come back: subscribers are told after the time of grace
   * @returns a promise when the application's callback takes its time
   */
  close(dropped = false): MaybePromise<void> {
    return this.#end(dropped ? this.stream.settings.publisherGraceMs : 0);
  }

  /** Ends it for another reason; the publisher is told. @internal */
  end(reason: PublicationEnd): MaybePromise<void> {
    if (this.#state === 'ended') return undefined;
    const done = this.#end(reason === 'taken-over' ? undefined : 0);
    this.#ended?.(reason);
    return done;
  }

  #end(graceMs: number | undefined): MaybePromise<void> {
    if (this.#state === 'ended') return undefined;
    this.#state = 'ended';
    this.#idleTimer?.cancel();
    const done = this.#owner.publicationEnded(this);
    this.stream.end(this, graceMs);
    return done;
  }
}
