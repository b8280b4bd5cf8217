import { byteLength } from './byteLength.ts';

/**
 * Sends texts no faster than the server takes them.
 *
 * The server allows twice its rate at once; this keeps to once, and to nine tenths of the rate, as the clocks may differ.
 */
export class Pacer {
  readonly #send: (text: string) => void;
  readonly #buckets: {
    readonly perSecond: number;
    readonly cost: (text: string) => number;
    left: number;
  }[];
  readonly #queue: string[] = [];
  #at = Date.now();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    send: (text: string) => void,
    rates: { readonly messagesPerSecond: number; readonly bytesPerSecond: number },
  ) {
    this.#send = send;
    const messages = { perSecond: rates.messagesPerSecond * 0.9, cost: () => 1 };
    const bytes = { perSecond: rates.bytesPerSecond * 0.9, cost: byteLength };
    this.#buckets = [messages, bytes]
      .filter(({ perSecond }) => perSecond > 0)
      .map((bucket) => ({ ...bucket, left: bucket.perSecond }));
  }

  send(text: string): void {
    this.#queue.push(text);
    if (this.#timer === undefined) this.#drain();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #drain(): void {
    this.#timer = undefined;
    const now = Date.now();
    const passed = Math.max(0, now - this.#at) / 1000;
    this.#at = now;
    for (const bucket of this.#buckets) {
      bucket.left = Math.min(bucket.perSecond, bucket.left + passed * bucket.perSecond);
    }
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const text = next;
      // A text that is larger than a whole second's worth goes when the bucket is full.
      const waits = this.#buckets.map((bucket) => {
        const missing = Math.min(bucket.cost(text), bucket.perSecond) - bucket.left;
        return missing / bucket.perSecond;
      });
      const wait = Math.max(0, ...waits);
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#drain(), Math.ceil(wait * 1000));
        return;
      }
      for (const bucket of this.#buckets) bucket.left -= bucket.cost(text);
      this.#queue.shift();
      this.#send(text);
    }
  }
}
