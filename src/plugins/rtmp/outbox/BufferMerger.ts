/**
 * Joins lists of buffers, once for receivers in a row that get the same list.
 *
 * The members of a room have the same buffers pending, so all of them are given one joined buffer; comparing the lists costs less
 * than joining them.
 */
export class BufferMerger {
  #list: readonly Buffer[] = [];
  #merged: Buffer | undefined;

  /** The buffers as one; `list` must not be changed afterwards. */
  merge(list: readonly Buffer[]): Buffer {
    if (this.#merged !== undefined && sameBuffers(this.#list, list)) return this.#merged;
    const [first] = list;
    const merged = list.length === 1 && first !== undefined ? first : Buffer.concat(list);
    this.#list = list;
    this.#merged = merged;
    return merged;
  }

  /** Lets go of the last list. */
  clear(): void {
    this.#list = [];
    this.#merged = undefined;
  }
}

function sameBuffers(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}
