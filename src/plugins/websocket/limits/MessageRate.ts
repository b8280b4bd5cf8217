import { TokenBucket } from './TokenBucket.ts';

/** What one peer may send; 0 or less means no limit. */
export interface MessageRateLimits {
  readonly maxMessagesPerSecond: number;
  readonly maxBytesPerSecond: number;
}

/** Watches how much one peer sends. */
export class MessageRate {
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;

  constructor({ maxMessagesPerSecond, maxBytesPerSecond }: MessageRateLimits, now: number) {
    this.#messages = new TokenBucket(maxMessagesPerSecond, now);
    this.#bytes = new TokenBucket(maxBytesPerSecond, now);
  }

  /** Counts a message; false when it is too much. */
  takes(bytes: number, now: number): boolean {
    return this.#messages.take(1, now) && this.#bytes.take(bytes, now);
  }
}
