import type { Clock } from '../../../base/index.ts';
import type { BroadcastStream, MediaMessage, StreamSubscriber } from '../../../server/index.ts';
import { type EncodedMedia, MediaBatch } from './MediaBatch.ts';
import { forStream, MediaEngine } from './MediaEngine.ts';
import type { SharedPlayer } from './SharedPlayer.ts';

/** What all broadcasts of a plugin share. */
export interface BroadcastServices {
  readonly clock: Clock;
}

/**
 * One live stream on its way to everybody who plays it over RTMP.
 *
 * One subscriber of the stream for all of them: each message is encoded once, what comes in one read of the publisher's socket (or within
 * `flushIntervalMs`) is joined once, and each player is written to once with the same bytes.
 */
export class RTMPBroadcast implements StreamSubscriber {
  /** It is the server's own and not counted; its players are. */
  readonly connection = undefined;
  readonly #stream: BroadcastStream;
  readonly #clock: Clock;
  readonly #engine: MediaEngine;
  readonly #players = new Set<SharedPlayer>();
  readonly #unused: () => void;
  #pending: EncodedMedia[] = [];
  #isScheduled = false;

  /** @param unused - called when the last player has gone */
  constructor(stream: BroadcastStream, services: BroadcastServices, unused: () => void) {
    this.#stream = stream;
    this.#clock = services.clock;
    this.#engine = new MediaEngine(`${stream.scope.fullPath}/${stream.name}`);
    this.#unused = unused;
  }

  /** Begins to take the stream, and what it has kept for those who come late. */
  open(): void {
    this.#engine.open();
    this.#stream.subscribe(this);
  }

  /** Adds a player, which is sent at once what it has to begin with. */
  add(player: SharedPlayer): void {
    this.flush();
    this.#players.add(player);
    const { subscription, streamID } = player;
    const { metadata, sequenceHeaders, gop } = this.#stream;
    const begin = [...(metadata === undefined ? [] : [metadata]), ...sequenceHeaders].map(
      (message) => this.#engine.encode(message),
    );
    if (gop.length > 0 && subscription.isClear && subscription.hasRoom)
      begin.push(...this.#engine.gop);
    if (begin.length > 0) player.send(begin.map((bytes) => forStream(bytes, streamID)));
  }

  remove(player: SharedPlayer): void {
    if (!this.#players.delete(player) || this.#players.size > 0) return;
    this.#pending = [];
    this.#stream.unsubscribe(this);
    this.#engine.close();
    this.#unused();
  }

  deliver(message: MediaMessage): void {
    const bytes = this.#engine.broadcast(message);
    if (this.#stream.gop.length === 0) this.#engine.forgetGOP();
    if (this.#players.size === 0) return;
    this.#pending.push({ message, bytes });
    this.#schedule();
  }

  unpublished(): void {
    this.#engine.forgetGOP();
  }

  /** Its players are told themselves. */
  ended(): void {}

  /** Writes what has been gathered, at once. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const batch = new MediaBatch(this.#pending);
    this.#pending = [];
    for (const player of this.#players) {
      const { subscription, streamID } = player;
      // A player to which nothing waits has room.
      if (subscription.isClear && player.write(batch.all(streamID))) continue;
      const accepted = batch.acceptedBy(subscription, streamID);
      if (accepted.length > 0) player.send(accepted);
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const flush = (): void => {
      this.#isScheduled = false;
      this.flush();
    };
    const { flushIntervalMs } = this.#stream.settings;
    if (flushIntervalMs > 0) this.#clock.after(flushIntervalMs, flush);
    else queueMicrotask(flush); // After everything that came in one read of the publisher's socket.
  }
}
