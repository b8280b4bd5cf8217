import type { Clock, Timer } from '../../../src/base/index.ts';

interface Entry {
  at: number;
  readonly every: number | undefined;
  readonly task: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  readonly #entries = new Set<Entry>();
  #now: number;

  constructor(now = 1_000_000) {
    this.#now = now;
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#entries.size;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, task: () => void): Timer {
    return this.#add({ at: this.#now + delayMs, every: undefined, task });
  }

  every(intervalMs: number, task: () => void): Timer {
    return this.#add({ at: this.#now + intervalMs, every: intervalMs, task });
  }

  /** Moves on and runs what is due on the way, in order of time. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let due = this.#nextUntil(end); due !== undefined; due = this.#nextUntil(end)) {
      this.#now = due.at;
      if (due.every === undefined) this.#entries.delete(due);
      else due.at += due.every;
      due.task();
    }
    this.#now = end;
  }

  #add(entry: Entry): Timer {
    this.#entries.add(entry);
    return { cancel: () => this.#entries.delete(entry) };
  }

  #nextUntil(end: number): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of this.#entries) {
      if (entry.at <= end && (next === undefined || entry.at < next.at)) next = entry;
    }
    return next;
  }
}
