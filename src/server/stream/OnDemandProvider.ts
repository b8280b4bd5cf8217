import type { MaybePromise } from '../MaybePromise.ts';
import type { Scope } from '../scope/Scope.ts';
import type { StreamSubscriber } from './StreamSubscriber.ts';

/**
 * Finds recordings, for `play` of a name that is not live.
 *
 * @red5 org.red5.server.api.stream.IProviderService
 */
export interface OnDemandProvider {
  /** @returns undefined when it has no such recording */
  getOnDemandStream(scope: Scope, name: string): MaybePromise<OnDemandStream | undefined>;
}

/**
 * A recording that was found, before somebody plays it.
 *
 * @red5 org.red5.server.api.stream.IOnDemandStream
 */
export interface OnDemandStream {
  readonly durationMs: number;
  /**
   * Begins to deliver, as fast as `queuedBytes` of the subscriber allows and its time demands.
   *
   * @param startMs - where to begin
   * @param lengthMs - how much; undefined: to the end
   */
  play(
    subscriber: StreamSubscriber,
    startMs: number,
    lengthMs: number | undefined,
  ): OnDemandPlayback;
}

/** One subscriber's playing of a recording. */
export interface OnDemandPlayback {
  /** Where it is, in milliseconds. */
  readonly positionMs: number;
  /** Stands still until `resume`. */
  pause(): void;
  /** Goes on. */
  resume(): void;
  /** Goes on from the key frame at or before a time; resolves to that time, to undefined when seeking is not possible. */
  seek(ms: number): MaybePromise<number | undefined>;
  /** Ends it; the subscriber is not told. */
  close(): void;
}
