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
  /** Handlers that are asked before somebody publishes; all have to agree. */
  getStreamPublishSecurity?(): Iterable<StreamPublishSecurity>;
  /** Handlers that are asked before somebody plays; all have to agree. */
  getStreamPlaybackSecurity?(): Iterable<StreamPlaybackSecurity>;
  /** Somebody is about to publish; not told yet. */
  streamPublishStart?(stream: BroadcastStream): MaybePromise<void>;
  /** The publisher was told to go on. */
  streamBroadcastStart?(stream: BroadcastStream): MaybePromise<void>;
  /** The publisher has stopped or gone. Balances each `streamPublishStart` that refused nothing. */
  streamBroadcastClose?(stream: BroadcastStream): MaybePromise<void>;
  /** The stream is being recorded from now on. */
  streamRecordStart?(stream: BroadcastStream): MaybePromise<void>;
  /** The recording has ended, and its file is complete. */
  streamRecordStop?(stream: BroadcastStream): MaybePromise<void>;
  /** Somebody plays, or waits for a publisher. */
  streamSubscriberStart?(stream: SubscriberStream): MaybePromise<void>;
  /** Balances each `streamSubscriberStart`. */
  streamSubscriberClose?(stream: SubscriberStream): MaybePromise<void>;
  /** Something begins to play: a live stream or a recording. */
  streamPlayItemPlay?(
    stream: SubscriberStream,
    item: PlayItem,
    isLive: boolean,
  ): MaybePromise<void>;
  /** It has ended, or the player stopped it. */
  streamPlayItemStop?(stream: SubscriberStream, item: PlayItem): MaybePromise<void>;
  /** The player stands still; positions are in milliseconds. */
  streamPlayItemPause?(
    stream: SubscriberStream,
    item: PlayItem,
    position: number,
  ): MaybePromise<void>;
  /** The player goes on. */
  streamPlayItemResume?(
    stream: SubscriberStream,
    item: PlayItem,
    position: number,
  ): MaybePromise<void>;
  /** The player went to another place of a recording. */
  streamPlayItemSeek?(
    stream: SubscriberStream,
    item: PlayItem,
    position: number,
  ): MaybePromise<void>;
}
