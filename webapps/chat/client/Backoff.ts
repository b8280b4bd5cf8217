export interface BackoffOptions {
  readonly firstMs?: number;
  readonly longestMs?: number;
  /** From 0 to 1; spreads the clients of a server that restarts. */
  readonly random?: () => number;
}

/** How long to wait before the next attempt: twice as long each time, up to a limit, never quite the same for two clients. */
export class Backoff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #random: () => number;
  #attempts = 0;

  constructor(options: BackoffOptions = {}) {
    this.#firstMs = options.firstMs ?? 500;
    this.#longestMs = options.longestMs ?? 15_000;
    this.#random = options.random ?? Math.random;
  }

  /** The wait before the next attempt, in milliseconds. */
  next(): number {
    const full = Math.min(this.#longestMs, this.#firstMs * 2 ** this.#attempts);
    this.#attempts += 1;
    return Math.round(full * (0.6 + 0.4 * this.#random()));
  }

  /** Starts over: the connection has proved good. */
  reset(): void {
    this.#attempts = 0;
  }
}
