import { Red5Error } from '../base/index.ts';
import { AMF3Writer } from './AMF3Writer.ts';
import { AMFXML } from './AMFXML.ts';
import { AMF0_MARKER } from './amf0Marker.ts';
import type { AMFErrorCode } from './amfErrors.ts';
import { ByteWriter } from './ByteWriter.ts';
import { isIndexed, namedElementsOf } from './namedElements.ts';
import { plainNumber } from './plainNumber.ts';
import { classNameOf } from './typeMarks.ts';
import { MAX_WRITE_DEPTH } from './writeDepth.ts';

const MAX_SHORT_TEXT = 0xffff;
const MAX_REFERENCE = 0xffff;

/**
 * Writes AMF0 values of one message, one after the other; what AMF0 has no form for is written as AMF3 behind marker 0x11.
 *
 * An object that comes again is written as a reference, so cycles are allowed. Functions and symbols are left out of objects
 * and are undefined elsewhere.
 */
export class AMF0Writer {
  /** Where the writer writes to; bytes between values may be written to it directly. */
  readonly output: ByteWriter;
  #references: Map<object, number> | undefined;
  #amf3: AMF3Writer | undefined;
  #depth = 0;

  constructor(output: ByteWriter = new ByteWriter()) {
    this.output = output;
  }

  /**
   * Writes the next value.
   *
   * @throws Red5Error with code `AMF_TOO_DEEP` or `AMF_STRING_TOO_LONG`
   */
  writeValue(value: unknown): void {
    switch (typeof value) {
      case 'string':
        this.#writeString(value);
        return;
      case 'number':
        this.output.writeU8(AMF0_MARKER.number);
        this.output.writeDouble(value);
        return;
      case 'boolean':
        this.output.writeU8(AMF0_MARKER.boolean);
        this.output.writeU8(value ? 1 : 0);
        return;
      case 'bigint':
        this.writeValue(plainNumber(value));
        return;
      case 'object':
        if (value === null) this.output.writeU8(AMF0_MARKER.null);
        else this.#writeObject(value);
        return;
      default:
        this.output.writeU8(AMF0_MARKER.undefined);
    }
  }

  /** Writes text without a marker: a 16-bit length and UTF-8. */
  writeKey(text: string): void {
    const at = this.output.length;
    this.output.writeU16(0);
    const size = this.output.writeUTF8(text);
    if (size > MAX_SHORT_TEXT) {
      throw writeError('AMF_STRING_TOO_LONG', `a name of ${size} bytes; at most 65,535 fit`);
    }
    this.output.patchU16(at, size);
  }

  /** What was written so far, as a copy. */
  toBuffer(): Buffer {
    return this.output.toBuffer();
  }

  #writeString(value: string): void {
    const at = this.output.length;
    this.output.writeU8(AMF0_MARKER.string);
    this.output.writeU16(0);
    const size =
      value.length > MAX_SHORT_TEXT ? Number.POSITIVE_INFINITY : this.output.writeUTF8(value);
    if (size <= MAX_SHORT_TEXT) {
      this.output.patchU16(at + 1, size);
      return;
    }
    this.output.truncate(at);
    this.#writeLongText(AMF0_MARKER.longString, value);
  }

  #writeLongText(marker: number, value: string): void {
    this.output.writeU8(marker);
    const at = this.output.length;
    this.output.writeU32(0);
    this.output.patchU32(at, this.output.writeUTF8(value));
  }

  #writeObject(value: object): void {
    if (value instanceof Date) {
      this.output.writeU8(AMF0_MARKER.date);
      this.output.writeDouble(value.getTime());
      this.output.writeU16(0);
    } else if (value instanceof AMFXML) {
      this.#writeLongText(AMF0_MARKER.xmlDocument, value.source);
    } else if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      this.output.writeU8(AMF0_MARKER.amf3);
      this.#amf3 ??= new AMF3Writer(this.output);
      this.#amf3.writeValue(value);
    } else if (!this.#writeReference(value)) {
      this.#writeContainer(value);
    }
  }

  #writeContainer(value: object): void {
    this.#depth += 1;
    if (this.#depth > MAX_WRITE_DEPTH) {
      throw writeError('AMF_TOO_DEEP', `a value nested deeper than ${MAX_WRITE_DEPTH}`);
    }
    if (Array.isArray(value)) this.#writeArray(value);
    else if (value instanceof Map) this.#writeECMAArray([...value.entries()]);
    else if (value instanceof Set) this.#writeStrictArray([...value]);
    else this.#writePlainObject(value);
    this.#depth -= 1;
  }

  #writeReference(value: object): boolean {
    this.#references ??= new Map();
    const known = this.#references.get(value);
    if (known === undefined) {
      this.#references.set(value, this.#references.size);
      return false;
    }
    if (known > MAX_REFERENCE) return false;
    this.output.writeU8(AMF0_MARKER.reference);
    this.output.writeU16(known);
    return true;
  }

  #writeArray(array: readonly unknown[]): void {
    if (isIndexed(array)) this.#writeStrictArray(array);
    else this.#writeECMAArray([...array.entries(), ...namedElementsOf(array)]);
  }

  #writeStrictArray(array: readonly unknown[]): void {
    this.output.writeU8(AMF0_MARKER.strictArray);
    this.output.writeU32(array.length);
    for (let i = 0; i < array.length; i++) this.writeValue(array[i]);
  }

  #writeECMAArray(entries: readonly (readonly [unknown, unknown])[]): void {
    this.output.writeU8(AMF0_MARKER.ecmaArray);
    this.output.writeU32(entries.length);
    for (const [key, value] of entries) {
      this.writeKey(String(key));
      this.writeValue(value);
    }
    this.#writeEnd();
  }

  #writePlainObject(object: object): void {
    const className = classNameOf(object);
    if (className === undefined) {
      this.output.writeU8(AMF0_MARKER.object);
    } else {
      this.output.writeU8(AMF0_MARKER.typedObject);
      this.writeKey(className);
    }
    const values = object as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(object)) {
      const value = values[key];
      if (typeof value === 'function' || typeof value === 'symbol') continue;
      this.writeKey(key);
      this.writeValue(value);
    }
    this.#writeEnd();
  }

  #writeEnd(): void {
    this.output.writeU16(0);
    this.output.writeU8(AMF0_MARKER.objectEnd);
  }
}

/** Writes values as AMF0, one after the other, as one message. */
export function writeAMF0(...values: readonly unknown[]): Buffer {
  const writer = new AMF0Writer();
  for (const value of values) writer.writeValue(value);
  return writer.toBuffer();
}

function writeError(code: AMFErrorCode, message: string): Red5Error {
  return new Red5Error(code, message);
}
