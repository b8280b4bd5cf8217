import type { Clock, Timer } from '../../../src/base/index.ts';

interface Task {
  at: number;
  readonly every: number | undefined;
  readonly run: () => void;
}

/** Time that only moves when a test says so. */
export class ManualClock implements Clock {
  #now = 1_000_000;
  readonly #tasks = new Set<Task>();

  /** Timers that wait. */
  get pending(): number {
    return this.#tasks.size;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#add({ at: this.#now + delayMs, every: undefined, run });
  }

  every(intervalMs: number, run: () => void): Timer {
    return this.#add({ at: this.#now + intervalMs, every: intervalMs, run });
  }

  /** Moves on, running what is due in order, and lets promises settle after each. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (let task = this.#due(end); task !== undefined; task = this.#due(end)) {
      this.#now = task.at;
      if (task.every === undefined) this.#tasks.delete(task);
      else task.at += task.every;
      task.run();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  #add(task: Task): Timer {
    this.#tasks.add(task);
    return { cancel: () => this.#tasks.delete(task) };
  }

  #due(end: number): Task | undefined {
    let first: Task | undefined;
    for (const task of this.#tasks) {
      if (task.at <= end && (first === undefined || task.at < first.at)) first = task;
    }
    return first;
  }
}

/** Lets everything run that only waits for promises. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
