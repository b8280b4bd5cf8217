import type { BroadcastStream } from './BroadcastStream.ts';

/** Told of live streams that begin and end in a server: how recorders and relays attach. */
export interface StreamListener {
  /** A publisher was accepted and told so; no media has come yet. */
  streamStarted?(stream: BroadcastStream): void;
  /** No publisher any more, and none expected to come back. */
  streamStopped?(stream: BroadcastStream): void;
}
