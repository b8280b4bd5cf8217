import type { MaybePromise } from '../MaybePromise.ts';
import type { BroadcastStream } from './BroadcastStream.ts';
import type { SubscriberStream } from './SubscriberStream.ts';
import type { StreamPlaybackSecurity, StreamPublishSecurity } from './streamSecurity.ts';

/** What is played: a name, and from where to where of it, in seconds as Flash counts them. */
export interface PlayItem {
  readonly name: string;
  readonly start: number;
  readonly length: number;
}

/**
 * The part of an application that is told of streams, whatever protocol they come by and go out on.
 *
 * `Red5.getConnectionLocal()` is the publisher or the subscriber. `streamPublishStart` is waited for before the publisher is
 * answered, and refuses by throwing or by closing the connection; what the others throw is logged.
 *
 * @red5 org.red5.server.api.stream.IStreamAwareScopeHandler
 */
export interface StreamAwareScopeHandler {
  getStreamPublishSecurity?(): Iterable<StreamPublishSecurity>;
  getStreamPlaybackSecurity?(): Iterable<StreamPlaybackSecurity>;
  /** Somebody is about to publish; not told yet. */
  streamPublishStart?(stream: BroadcastStream): MaybePromise<void>;
  /** The publisher was told to go on. */
  streamBroadcastStart?(stream: BroadcastStream): MaybePromise<void>;
  /** The publisher has stopped or gone. Balances each `streamPublishStart` that refused nothing. */
  streamBroadcastClose?(stream: BroadcastStream): MaybePromise<void>;
  streamRecordStart?(stream: BroadcastStream): MaybePromise<void>;
  streamRecordStop?(stream: BroadcastStream): MaybePromise<void>;
  /** Somebody plays, or waits for a publisher. */
  streamSubscriberStart?(stream: SubscriberStream): MaybePromise<void>;
  /** Balances each `streamSubscriberStart`. */
  streamSubscriberClose?(stream: SubscriberStream): MaybePromise<void>;
  streamPlayItemPlay?(
    stream: SubscriberStream,
    item: PlayItem,
    isLive: boolean,
  ): MaybePromise<void>;
  streamPlayItemStop?(stream: SubscriberStream, item: PlayItem): MaybePromise<void>;
  /** @param position - milliseconds */
  streamPlayItemPause?(
    stream: SubscriberStream,
    item: PlayItem,
    position: number,
  ): MaybePromise<void>;
  streamPlayItemResume?(
    stream: SubscriberStream,
    item: PlayItem,
    position: number,
  ): MaybePromise<void>;
  streamPlayItemSeek?(
    stream: SubscriberStream,
    item: PlayItem,
    position: number,
  ): MaybePromise<void>;
}
