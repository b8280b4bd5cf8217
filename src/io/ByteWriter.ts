const INITIAL_BYTES = 256;

/** Longest text whose UTF-8 form is written character by character instead of by a native call. */
const SHORT_TEXT = 40;

/** Writes big-endian numbers and UTF-8 text into a buffer that grows. */
export class ByteWriter {
  #bytes: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  writeU8(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  writeU16(value: number): void {
    const at = this.#reserve(2);
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
  }

  writeU32(value: number): void {
    const at = this.#reserve(4);
    this.#bytes[at] = value >>> 24;
    this.#bytes[at + 1] = value >>> 16;
    this.#bytes[at + 2] = value >>> 8;
    this.#bytes[at + 3] = value;
  }

  /** Replaces the four bytes at `position`, which were written before. */
  patchU32(position: number, value: number): void {
    this.#bytes.writeUInt32BE(value >>> 0, position);
  }

  /** Replaces the two bytes at `position`, which were written before. */
  patchU16(position: number, value: number): void {
    this.#bytes.writeUInt16BE(value, position);
  }

  writeDouble(value: number): void {
    const at = this.#reserve(8); // may replace the buffer
    this.#bytes.writeDoubleBE(value, at);
  }

  /** Writes the text and returns how many bytes it took; nothing says its length. */
  writeUTF8(text: string): number {
    const short = text.length <= SHORT_TEXT ? this.#writeASCII(text) : -1;
    if (short >= 0) return short;
    const size = Buffer.byteLength(text, 'utf8');
    const at = this.#reserve(size);
    this.#bytes.write(text, at, size, 'utf8');
    return size;
  }

  writeBytes(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** A copy of what was written. */
  toBuffer(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  /** Forgets what was written from `length` on. */
  truncate(length: number): void {
    this.#length = Math.min(length, this.#length);
  }

  /** Returns the number of bytes, or -1 with nothing written when a character is not ASCII. */
  #writeASCII(text: string): number {
    const size = text.length;
    const at = this.#reserve(size);
    for (let i = 0; i < size; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.#length = at;
        return -1;
      }
      this.#bytes[at + i] = code;
    }
    return size;
  }

  #reserve(size: number): number {
    const at = this.#length;
    const end = at + size;
    if (end > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, end));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    this.#length = end;
    return at;
  }
}
