/** A place in a file where a player can begin. */
export interface FLVIndexEntry {
  /** Milliseconds. */
  readonly timestamp: number;
  /** Of the tag's first byte. */
  readonly position: number;
}

/**
 * The key frames of a file, for seeking. Bounded: when it is full, every second entry goes, and from then on so many are left out
 * that the rest is spread evenly.
 */
export class FLVIndex {
  readonly #capacity: number;
  readonly #entries: FLVIndexEntry[] = [];
  /** One of so many key frames is kept. */
  #step = 1;
  #skipped = 0;

  /** @param capacity - the most entries */
  constructor(capacity = 4096) {
    this.#capacity = capacity;
  }

  /** In the order of the file. */
  get entries(): readonly FLVIndexEntry[] {
    return this.#entries;
  }

  /** Adds the next key frame of the file. */
  add(entry: FLVIndexEntry): void {
    this.#skipped += 1;
    if (this.#entries.length > 0 && this.#skipped < this.#step) return;
    this.#skipped = 0;
    this.#entries.push(entry);
    if (this.#entries.length > this.#capacity) this.#thinOut();
  }

  /** The last key frame not after a time; the first one when there is none; undefined in a file without. */
  before(timestamp: number): FLVIndexEntry | undefined {
    const entries = this.#entries;
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((entries[middle] as FLVIndexEntry).timestamp <= timestamp) low = middle + 1;
      else high = middle;
    }
    return entries[Math.max(0, low - 1)];
  }

  #thinOut(): void {
    const kept = this.#entries.filter((_entry, at) => at % 2 === 0);
    this.#entries.splice(0, this.#entries.length, ...kept);
    this.#step *= 2;
  }
}
