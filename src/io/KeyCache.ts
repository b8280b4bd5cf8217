const SLOT_BITS = 10;
const SLOTS = 2 ** SLOT_BITS;
const LONGEST_KEY = 32;

interface Slot {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * Remembers short property names by their bytes, so that names that come again cost a comparison instead of a decode.
 *
 * Bounded: at most 1,024 names of at most 32 bytes. A new name has two places to be in; the older of the two names there goes.
 */
export class KeyCache {
  readonly #slots: (Slot | undefined)[] = new Array<Slot | undefined>(SLOTS).fill(undefined);

  /** The text of `bytes[start…start + length)`; the caller has checked that they exist. */
  textOf(bytes: Buffer, start: number, length: number): string {
    if (length > LONGEST_KEY) return bytes.toString('utf8', start, start + length);
    const index = indexOf(bytes, start, length);
    const first = this.#slots[index];
    if (first !== undefined && sameBytes(first.bytes, bytes, start, length)) return first.text;
    const second = this.#slots[index ^ 1];
    if (second !== undefined && sameBytes(second.bytes, bytes, start, length)) return second.text;
    const text = bytes.toString('utf8', start, start + length);
    this.#slots[index ^ 1] = first;
    this.#slots[index] = { bytes: new Uint8Array(bytes.subarray(start, start + length)), text };
    return text;
  }
}

/** FNV-1a; the upper bits are the better ones. */
function indexOf(bytes: Buffer, start: number, length: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < start + length; i++) {
    hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  }
  return hash >>> (32 - SLOT_BITS);
}

function sameBytes(known: Uint8Array, bytes: Buffer, start: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (known[i] !== bytes[start + i]) return false;
  }
  return true;
}
