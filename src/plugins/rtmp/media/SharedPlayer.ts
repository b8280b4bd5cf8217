import type { SubscriberStream } from '../../../server/index.ts';

/** A player as {@link RTMPBroadcast} sees it. */
export interface SharedPlayer {
  readonly subscription: SubscriberStream;
  /** The message stream it plays on. */
  readonly streamID: number;
  /** Takes encoded messages, in order; they may be those of others as well. */
  send(bytes: readonly Buffer[]): void;
  /** Writes at once what all others are given too; returns false when something has to go before it, and nothing was done. */
  write(bytes: Buffer): boolean;
}
