import type { Pending } from './Pending.ts';

/** Below so many entries a queue is not worth tidying up. */
const MIN_TIDY = 1024;

/**
 * A queue of frames for a peer that cannot take any now.
 *
 * Dropping from the front and replacing in the middle cost the same whatever its length.
 */
export class HeldFrames {
  /** Gaps are what was replaced. */
  #queue: (Pending | undefined)[] = [];
  #head = 0;
  /** Index of what waits under a key, counted from the first entry there ever was. */
  readonly #byKey: Map<string, number> | undefined;
  /** How many entries were cut off the front of the array. */
  #cutOff = 0;
  #gaps = 0;
  /** Bytes of all entries. */
  bytes = 0;

  /** @param coalesces - whether a frame replaces an earlier one with the same key */
  constructor(coalesces: boolean) {
    this.#byKey = coalesces ? new Map() : undefined;
  }

  /** Appends an entry; returns how many messages it replaced. */
  push(pending: Pending): number {
    const replaced = pending.key === undefined ? 0 : this.#replace(pending.key);
    this.#queue.push(pending);
    this.bytes += pending.bytes.length;
    return replaced;
  }

  /** Takes at least one entry, and as many as fit into `maxBytes`. */
  take(maxBytes: number): Pending[] {
    const taken: Pending[] = [];
    let size = 0;
    for (let next = this.#first(); next !== undefined; next = this.#first()) {
      if (taken.length > 0 && size + next.bytes.length > maxBytes) break;
      taken.push(next);
      size += next.bytes.length;
      this.#advance(next);
    }
    return taken;
  }

  /** Drops from the front until at most `maxBytes` are left; returns how many messages that were. */
  dropUntil(maxBytes: number): number {
    let dropped = 0;
    for (let next = this.#first(); next !== undefined; next = this.#first()) {
      if (this.bytes <= maxBytes) break;
      dropped += next.frames;
      this.#advance(next);
    }
    return dropped;
  }

  /** Drops all but the last entry; returns how many messages that were. */
  dropAllButLast(): number {
    return this.dropUntil(this.#queue.at(-1)?.bytes.length ?? 0);
  }

  /** The oldest entry, after the gaps before it. */
  #first(): Pending | undefined {
    while (this.#head < this.#queue.length) {
      const next = this.#queue[this.#head];
      if (next !== undefined) return next;
      this.#head += 1;
      this.#gaps -= 1;
    }
    return undefined;
  }

  /** Leaves a gap where a key waits, and notes that it comes to the end: what was sent in between stays in its place. */
  #replace(key: string): number {
    const byKey = this.#byKey;
    if (byKey === undefined) return 0;
    let replaced = 0;
    const at = (byKey.get(key) ?? -1) - this.#cutOff;
    const old = at < this.#head ? undefined : this.#queue[at];
    if (old !== undefined) {
      replaced = old.frames;
      this.bytes -= old.bytes.length;
      this.#queue[at] = undefined;
      this.#gaps += 1;
      this.#tidy();
    }
    byKey.set(key, this.#cutOff + this.#queue.length);
    return replaced;
  }

  #advance(next: Pending): void {
    this.bytes -= next.bytes.length;
    if (next.key !== undefined) this.#byKey?.delete(next.key);
    this.#head += 1;
    this.#tidy();
  }

  /** Forgets what was taken, and closes the gaps, when they are most of the array. */
  #tidy(): void {
    const useless = this.#head + this.#gaps;
    if (useless < MIN_TIDY || useless * 2 < this.#queue.length) return;
    if (this.#gaps === 0) {
      this.#queue = this.#queue.slice(this.#head);
      this.#cutOff += this.#head;
    } else {
      this.#cutOff = 0;
      this.#queue = this.#queue.filter((one, at) => at >= this.#head && one !== undefined);
      this.#gaps = 0;
      this.#byKey?.clear();
      for (const [at, one] of this.#queue.entries()) {
        if (one?.key !== undefined) this.#byKey?.set(one.key, at);
      }
    }
    this.#head = 0;
  }
}
