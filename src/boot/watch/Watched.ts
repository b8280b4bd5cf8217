import type { Stamp } from './takeStamp.ts';

/** One webapp, or one archive, that is being watched. */
export class Watched {
  /** Which attempt to start the webapp was seen last: when it changes, somebody has deployed or undeployed it. */
  attempt: string | undefined;
  /** Files changed while they were read: once more is tried, but not for ever. */
  wasRepeated = false;
  /** Some folder of it is not watched by the system, so it is looked at often. */
  isUncovered = false;
  #stamp: Stamp | undefined;
  #done: Stamp | undefined;
  #changedAt = 0;

  /** What it looked like at the last look. */
  get stamp(): Stamp | undefined {
    return this.#stamp;
  }

  /** Whether it looks other than when something was done last. */
  get isPending(): boolean {
    return this.#stamp !== undefined && this.#stamp.text !== this.#done?.text;
  }

  /** Notes what it looks like. */
  see(stamp: Stamp): void {
    if (stamp.text !== this.#stamp?.text) this.#changedAt = performance.now();
    this.#stamp = stamp;
  }

  /** What it looks like has been dealt with. */
  settle(): void {
    this.#done = this.#stamp;
    this.wasRepeated = false;
  }

  /** What it looks like has to be dealt with once more. */
  unsettle(): void {
    this.#done = undefined;
    this.#changedAt = performance.now();
  }

  /** How long it still has to stay as it is before something is done. */
  msLeft(settleMs: number): number {
    return Math.max(0, this.#changedAt + settleMs - performance.now());
  }

  /** Files that changed since something was done last: at most three, to be named in the log. */
  get changedFiles(): string[] {
    const [before, after] = [this.#done?.files, this.#stamp?.files];
    if (before === undefined || after === undefined) return [];
    const files = new Set([...before.keys(), ...after.keys()]);
    return [...files].filter((file) => before.get(file) !== after.get(file)).slice(0, 3);
  }
}
