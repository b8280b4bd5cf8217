import { amfError } from './AMFLimits.ts';

/**
 * Reads big-endian numbers and UTF-8 text from bytes, from front to back.
 *
 * Every read past the end throws `AMF_TRUNCATED` and nothing else.
 */
export class ByteReader {
  readonly bytes: Buffer;
  /** Index of the next byte. */
  position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.bytes.length - this.position;
  }

  /** The next byte without taking it, or -1 at the end. */
  peekU8(): number {
    return this.bytes[this.position] ?? -1;
  }

  readU8(): number {
    const byte = this.bytes[this.position];
    if (byte === undefined) throw this.#truncated(1);
    this.position += 1;
    return byte;
  }

  readU16(): number {
    return this.bytes.readUInt16BE(this.#take(2));
  }

  readU32(): number {
    return this.bytes.readUInt32BE(this.#take(4));
  }

  readI32(): number {
    return this.bytes.readInt32BE(this.#take(4));
  }

  readDouble(): number {
    return this.bytes.readDoubleBE(this.#take(8));
  }

  /** Decodes `length` bytes of UTF-8; wrong sequences become U+FFFD. */
  readUTF8(length: number): string {
    const start = this.#take(length);
    return this.bytes.toString('utf8', start, start + length);
  }

  /** A view of the next bytes; copy it to keep it longer than the message. */
  readBytes(length: number): Buffer {
    const start = this.#take(length);
    return this.bytes.subarray(start, start + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  #take(length: number): number {
    const start = this.position;
    if (length > this.bytes.length - start) throw this.#truncated(length);
    this.position = start + length;
    return start;
  }

  #truncated(wanted: number): Error {
    return amfError('AMF_TRUNCATED', `${wanted} bytes expected, ${this.remaining} left`);
  }
}
