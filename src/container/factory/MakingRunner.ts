import { Chain } from './Chain.ts';
import type { Making } from './Making.ts';

/** The rest of work that waits for a promise. */
export class Pending {
  readonly promise: Promise<unknown>;

  constructor(promise: Promise<unknown>) {
    this.promise = promise;
  }
}

/** Drives the making of beans, and knows for which chain the code that runs right now works; shared by a tree of factories. */
export class MakingRunner {
  #current: Chain | undefined;

  /** The chain of the code that runs right now, or a new one. */
  get chain(): Chain {
    return this.#current ?? new Chain();
  }

  /** Runs until done, waiting for promises on the way. */
  async runAsync<T>(making: Making<T>, chain: Chain): Promise<T> {
    const result = this.run(making, chain);
    return result instanceof Pending ? ((await result.promise) as T) : result;
  }

  /** Runs until done, or until the first promise; the rest goes on by itself. */
  run<T>(making: Making<T>, chain: Chain): T | Pending {
    const step = this.#step(chain, () => making.next());
    return step.done === true ? step.value : new Pending(this.#continue(making, step.value, chain));
  }

  async #continue<T>(making: Making<T>, first: Promise<unknown>, chain: Chain): Promise<T> {
    let promise = first;
    for (;;) {
      let step: IteratorResult<Promise<unknown>, T>;
      try {
        const value = await promise;
        step = this.#step(chain, () => making.next(value));
      } catch (error) {
        step = this.#step(chain, () => making.throw(error));
      }
      if (step.done === true) return step.value;
      promise = step.value;
    }
  }

  #step<T>(chain: Chain, task: () => T): T {
    const before = this.#current;
    this.#current = chain;
    try {
      return task();
    } finally {
      this.#current = before;
    }
  }
}
