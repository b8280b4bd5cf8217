const SLOTS = 1024;
const LONGEST_KEY = 32;

interface Slot {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * Remembers short property names by their bytes, so that names that come again cost a comparison instead of a decode.
 *
 * Bounded: at most 1,024 names of at most 32 bytes; a new name takes the place of the one with the same hash.
 */
export class KeyCache {
  readonly #slots: (Slot | undefined)[] = new Array<Slot | undefined>(SLOTS).fill(undefined);

  /** The text of `bytes[start…start + length)`; the caller has checked that they exist. */
  textOf(bytes: Buffer, start: number, length: number): string {
    const end = start + length;
    if (length > LONGEST_KEY) return bytes.toString('utf8', start, end);
    let hash = length;
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
    const index = (hash ^ (hash >>> 10)) & (SLOTS - 1);
    const slot = this.#slots[index];
    if (slot !== undefined && sameBytes(slot.bytes, bytes, start, length)) return slot.text;
    const text = bytes.toString('utf8', start, end);
    this.#slots[index] = { bytes: new Uint8Array(bytes.subarray(start, end)), text };
    return text;
  }
}

function sameBytes(known: Uint8Array, bytes: Buffer, start: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (known[i] !== bytes[start + i]) return false;
  }
  return true;
}
