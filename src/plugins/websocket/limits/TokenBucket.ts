/**
 * A rate with room for bursts: `ratePerSecond` on average, twice as much at once.
 *
 * A rate of 0 or less means no limit.
 */
export class TokenBucket {
  readonly #ratePerSecond: number;
  #tokens: number;
  #updatedAt: number;

  constructor(ratePerSecond: number, now: number) {
    this.#ratePerSecond = ratePerSecond;
    this.#tokens = ratePerSecond * 2;
    this.#updatedAt = now;
  }

  /** Takes `count` tokens; false when there are too few, and then none is taken. */
  take(count: number, now: number): boolean {
    if (this.#ratePerSecond <= 0) return true;
    const gained = ((now - this.#updatedAt) * this.#ratePerSecond) / 1000;
    this.#updatedAt = now;
    this.#tokens = Math.min(this.#ratePerSecond * 2, this.#tokens + Math.max(0, gained));
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }
}
