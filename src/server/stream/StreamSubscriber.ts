import type { Connection } from '../connection/Connection.ts';
import type { MediaMessage } from './MediaMessage.ts';

/** Why a subscription is over without the subscriber having asked for it. */
export type EndReason =
  /** All of a recording was delivered. */
  | 'complete'
  /** The subscriber takes too slowly what it is sent. */
  | 'too-slow'
  /** Delivering threw. */
  | 'failed'
  /** The scope or the server stops. */
  | 'closed';

/**
 * Who receives a stream: a player of some protocol, a recorder, a relay.
 *
 * All methods are called synchronously and in order, and must not block.
 */
export interface StreamSubscriber {
  /** The client that plays; undefined for what the server does of its own, which is neither asked about nor counted. */
  readonly connection: Connection | undefined;
  /** Bytes that wait to be taken; frames are left out when they are too many. Default: none ever wait. */
  readonly queuedBytes?: number;
  /** Whether live media comes by another subscriber that many share; `deliver` is then called for recordings only. */
  readonly sharesLive?: boolean;
  /**
   * Takes a message; it begins with metadata, sequence headers and what the GOP cache has.
   */
  deliver(message: MediaMessage): void;
  /** A publisher came, or came back; called at the beginning only when there was none. */
  published?(): void;
  /** The publisher has gone; the subscription goes on and waits for the next. */
  unpublished?(): void;
  /** Frames are left out from now on because too much waits. */
  fellBehind?(): void;
  /** The subscription is over; nothing follows. */
  ended(reason: EndReason): void;
}
