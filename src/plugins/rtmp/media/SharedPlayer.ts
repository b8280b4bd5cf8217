import type { SubscriberStream } from '../../../server/index.ts';

/** A player as {@link RTMPBroadcast} sees it. */
export interface SharedPlayer {
  readonly subscription: SubscriberStream;
  /** The message stream it plays on. */
  readonly streamID: number;
  /** Takes encoded messages, in order; they may be those of others as well. */
  send(bytes: readonly Buffer[]): void;
}
