import type { Publication } from './Publication.ts';
import type { SubscriberStream } from './SubscriberStream.ts';

/** Why somebody may not publish or play; each protocol says it in its own words. */
export interface StreamRefused {
  readonly accepted: false;
  /** In RTMP's words: `NetStream.Publish.BadName`, `NetStream.Play.StreamNotFound`, `NetStream.Failed`. */
  readonly code: 'NetStream.Publish.BadName' | 'NetStream.Play.StreamNotFound' | 'NetStream.Failed';
  readonly description: string;
}

/** The answer to {@link Streams.publish}. */
export type PublishResult =
  | { readonly accepted: true; readonly publication: Publication }
  | StreamRefused;

/** The answer to {@link Streams.play}. */
export type PlayResult =
  | { readonly accepted: true; readonly subscription: SubscriberStream }
  | StreamRefused;
