/** A peer for whom something waits. */
export interface WaitingPeer {
  /** Bytes that wait for it. */
  readonly waitingBytes: number;
  /** Gives up what waits, in the way of the policy. */
  giveUp(): void;
}

/** When there is too much, so much of the limit is freed that it is not too much again at once. */
const FREED = 0.1;

/**
 * What waits for all slow peers together.
 *
 * Above the limit the slowest, for whom most waits, are given up first. That happens after the running code, which may be on its way
 * through a room.
 */
export class QueueBudget {
  readonly #maxBytes: number;
  readonly #peers = new Set<WaitingPeer>();
  #bytes = 0;
  #isScheduled = false;

  /** @param maxBytes - 0 or less: no limit */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that wait for all peers. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many peers something waits for. */
  get peers(): number {
    return this.#peers.size;
  }

  /** Notes that so much more, or less, waits for a peer. */
  change(peer: WaitingPeer, bytes: number): void {
    this.#bytes += bytes;
    if (peer.waitingBytes > 0) this.#peers.add(peer);
    else this.#peers.delete(peer);
    if (this.#maxBytes <= 0 || this.#bytes <= this.#maxBytes || this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#enforce());
  }

  #enforce(): void {
    this.#isScheduled = false;
    if (this.#bytes <= this.#maxBytes) return;
    const enough = this.#maxBytes * (1 - FREED);
    const slowestFirst = [...this.#peers].sort((a, b) => b.waitingBytes - a.waitingBytes);
    for (const peer of slowestFirst) {
      if (this.#bytes <= enough) return;
      peer.giveUp();
    }
  }
}
