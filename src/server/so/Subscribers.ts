import type { Clock, Timer } from '../../base/index.ts';
import type { SubscriberConnection } from './SharedObject.ts';

/** Who uses a shared object: the connections that subscribed, and code that acquired it. */
export class Subscribers {
  readonly #clock: Clock;
  readonly #connections = new Set<SubscriberConnection>();
  #acquired = 0;
  #linger: Timer | undefined;
  max = 0;
  total = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get connections(): ReadonlySet<SubscriberConnection> {
    return this.#connections;
  }

  /** How often it is acquired. */
  get acquired(): number {
    return this.#acquired;
  }

  get isAcquired(): boolean {
    return this.#acquired > 0;
  }

  get isEmpty(): boolean {
    return this.#acquired === 0 && this.#connections.size === 0;
  }

  has(connection: SubscriberConnection): boolean {
    return this.#connections.has(connection);
  }

  add(connection: SubscriberConnection): void {
    this.#connections.add(connection);
    this.total += 1;
    this.max = Math.max(this.max, this.#connections.size);
    this.cancel();
  }

  remove(connection: SubscriberConnection): void {
    this.#connections.delete(connection);
  }

  /** Counts one who acquires it; returns whether it is the first. */
  acquire(): boolean {
    this.cancel();
    this.#acquired += 1;
    return this.#acquired === 1;
  }

  /** Takes one {@link acquire} back; returns whether it was the last. */
  release(): boolean {
    this.#acquired -= 1;
    return this.#acquired === 0;
  }

  /** Looks in a while whether there is still nobody. */
  linger(ms: number, unused: () => void): void {
    this.cancel();
    this.#linger = this.#clock.after(ms, () => {
      if (this.isEmpty) unused();
    });
  }

  cancel(): void {
    this.#linger?.cancel();
    this.#linger = undefined;
  }

  clear(): void {
    this.cancel();
    this.#connections.clear();
  }
}
