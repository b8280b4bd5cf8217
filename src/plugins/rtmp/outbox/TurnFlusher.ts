import { BufferMerger } from './BufferMerger.ts';

/** Something that gathers bytes for a socket. */
export interface Flushable {
  /** Writes what was gathered, at most once. */
  flush(merger: BufferMerger): void;
}

/** How many sockets are written to before other work of the event loop gets its turn. */
const SOCKETS_PER_SLICE = 1000;

/**
 * Writes to each socket once per turn of the event loop, whatever number of messages was queued for it.
 *
 * One `setImmediate` serves all sockets: it costs nothing when little happens and gathers more the more happens.
 */
export class TurnFlusher {
  readonly #merger = new BufferMerger();
  #dirty: Flushable[] = [];
  #scheduled = false;

  /** Asks for a flush at the end of this turn; to be called once until the flush has come. */
  add(target: Flushable): void {
    this.#dirty.push(target);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    const dirty = this.#dirty;
    const slice = dirty.length > SOCKETS_PER_SLICE ? dirty.slice(0, SOCKETS_PER_SLICE) : dirty;
    this.#dirty = dirty.slice(slice.length);
    this.#scheduled = this.#dirty.length > 0;
    if (this.#scheduled) setImmediate(() => this.#flush());
    for (const target of slice) target.flush(this.#merger);
    this.#merger.clear();
  }
}
