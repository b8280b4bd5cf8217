import type { SharedObjectBatch } from './SharedObjectBatch.ts';
import type { SharedObjectLimits } from './SharedObjectLimits.ts';

/** The last batches of a shared object, for clients that come back; kept from the first client on that could. */
export class SharedObjectHistory {
  readonly #limits: SharedObjectLimits;
  readonly #batches: { readonly batch: SharedObjectBatch; readonly bytes: number }[] = [];
  /** Everything after this version is here. */
  #from: number;
  #bytes = 0;
  #changes = 0;

  /** @param version - of the object when the history begins */
  constructor(limits: SharedObjectLimits, version: number) {
    this.#limits = limits;
    this.#from = version;
  }

  /** @param contentBytes - about how many its names and values are */
  add(batch: SharedObjectBatch, contentBytes: number): void {
    const bytes = contentBytes + EVENT_BYTES * batch.events.length;
    this.#batches.push({ batch, bytes });
    this.#bytes += bytes;
    this.#changes += batch.events.length;
    const { maxHistoryBytes, maxHistoryChanges } = this.#limits;
    let dropped = 0;
    while (this.#bytes > maxHistoryBytes || this.#changes > maxHistoryChanges) {
      const oldest = this.#batches[dropped];
      if (oldest === undefined) break;
      dropped += 1;
      this.#bytes -= oldest.bytes;
      this.#changes -= oldest.batch.events.length;
      this.#from = oldest.batch.version;
    }
    if (dropped > 0) this.#batches.splice(0, dropped);
  }

  /** The batches after a version; undefined when some are not here any more. */
  since(version: number): SharedObjectBatch[] | undefined {
    if (version < this.#from) return undefined;
    let first = this.#batches.length;
    while (first > 0 && (this.#batches[first - 1]?.batch.version ?? 0) > version) first -= 1;
    return this.#batches.slice(first).map(({ batch }) => batch);
  }
}

/** What an event takes beside its name and value. */
const EVENT_BYTES = 64;
