import { amfError } from './AMFLimits.ts';

/** Longest text that is put together from single characters; for longer ones a native call is faster. */
const SHORT_TEXT = 12;

/** After this many numbers of a message a view pays, which takes a while to make and then reads much faster. */
const DOUBLES_BEFORE_VIEW = 4;

/**
 * Reads big-endian numbers and UTF-8 text from bytes, from front to back.
 *
 * Every read past the end throws `AMF_TRUNCATED` and nothing else.
 */
export class ByteReader {
  readonly bytes: Buffer;
  /** Index of the next byte. */
  position = 0;
  #doubles = 0;
  #view: DataView | undefined;

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
    const start = this.#take(8);
    if (this.#view !== undefined) return this.#view.getFloat64(start);
    this.#doubles += 1;
    if (this.#doubles > DOUBLES_BEFORE_VIEW) {
      const { buffer, byteOffset, byteLength } = this.bytes;
      this.#view = new DataView(buffer, byteOffset, byteLength);
    }
    return this.bytes.readDoubleBE(start);
  }

  /** Decodes `length` bytes of UTF-8; wrong sequences become U+FFFD. */
  readUTF8(length: number): string {
    const start = this.#take(length);
    const short = length <= SHORT_TEXT ? shortASCII(this.bytes, start, length) : undefined;
    return short ?? this.bytes.toString('utf8', start, start + length);
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

/** The text when all of it is ASCII. Four characters at a time, since each step makes a string. */
function shortASCII(bytes: Buffer, start: number, length: number): string | undefined {
  const end = start + length;
  let text = '';
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const a = bytes[at] as number;
    const b = bytes[at + 1] as number;
    const c = bytes[at + 2] as number;
    const d = bytes[at + 3] as number;
    if ((a | b | c | d) > 0x7f) return undefined;
    text += String.fromCharCode(a, b, c, d);
  }
  for (; at < end; at += 1) {
    const code = bytes[at] as number;
    if (code > 0x7f) return undefined;
    text += String.fromCharCode(code);
  }
  return text;
}
