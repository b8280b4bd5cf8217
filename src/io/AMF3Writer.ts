import { Red5Error } from '../base/index.ts';
import { AMFXML } from './AMFXML.ts';
import { AMF3_MARKER } from './amf3Marker.ts';
import type { AMFErrorCode } from './amfErrors.ts';
import { ByteWriter } from './ByteWriter.ts';
import { type Externalizable, FLEX_EXTERNALIZABLES } from './Externalizable.ts';
import { isIndexed, namedElementsOf } from './namedElements.ts';
import { plainNumber } from './plainNumber.ts';
import { classNameOf, hasFixedLength, hasWeakKeys, vectorTypeOf } from './typeMarks.ts';
import { MAX_WRITE_DEPTH } from './writeDepth.ts';

const MIN_INTEGER = -(2 ** 28);
const MAX_INTEGER = 2 ** 28 - 1;
const MAX_LENGTH = 2 ** 28 - 1;

const SEALED_TRAITS = 0x03;
const EXTERNALIZABLE_TRAITS = 0x07;
const DYNAMIC_TRAITS = 0x0b;

/** Options of {@link AMF3Writer}. */
export interface AMF3WriteOptions {
  /** Classes that write themselves, by name. Default {@link FLEX_EXTERNALIZABLES}. */
  readonly externalizables?: ReadonlyMap<string, Externalizable>;
}

/**
 * Writes AMF3 values of one message, one after the other.
 *
 * Strings, objects and traits that come again are written as references, so cycles are allowed. Functions and symbols are left out
 * of objects and are undefined elsewhere.
 */
export class AMF3Writer {
  /** Where the writer writes to; bytes between values may be written to it directly. */
  readonly output: ByteWriter;
  readonly #externalizables: ReadonlyMap<string, Externalizable>;
  readonly #strings = new Map<string, number>();
  readonly #objects = new Map<object, number>();
  readonly #traits = new Map<string, number>();
  /** Objects in the table; an externalizable's inner object has a number and no entry of its own. */
  #objectCount = 0;
  #depth = 0;

  constructor(output: ByteWriter = new ByteWriter(), options: AMF3WriteOptions = {}) {
    this.output = output;
    this.#externalizables = options.externalizables ?? FLEX_EXTERNALIZABLES;
  }

  /**
   * Writes the next value.
   *
   * @throws Red5Error with code `AMF_TOO_DEEP` or `AMF_STRING_TOO_LONG`
   */
  writeValue(value: unknown): void {
    switch (typeof value) {
      case 'string':
        this.output.writeU8(AMF3_MARKER.string);
        this.writeString(value);
        return;
      case 'number':
        this.#writeNumber(value);
        return;
      case 'boolean':
        this.output.writeU8(value ? AMF3_MARKER.true : AMF3_MARKER.false);
        return;
      case 'bigint':
        this.writeValue(plainNumber(value));
        return;
      case 'object':
        if (value === null) this.output.writeU8(AMF3_MARKER.null);
        else this.#writeObject(value);
        return;
      default:
        this.output.writeU8(AMF3_MARKER.undefined);
    }
  }

  /** Writes text without a marker: a reference, or its length and UTF-8. */
  writeString(text: string): void {
    if (text === '') {
      this.output.writeU8(1);
      return;
    }
    const known = this.#strings.get(text);
    if (known !== undefined) {
      this.writeU29(known << 1);
      return;
    }
    this.#strings.set(text, this.#strings.size);
    this.#writeText(text);
  }

  /** Writes a number of one to four bytes; only its lowest 29 bits count. */
  writeU29(value: number): void {
    const n = value & 0x1fffffff;
    if (n < 0x80) {
      this.output.writeU8(n);
    } else if (n < 0x4000) {
      this.output.writeU8((n >>> 7) | 0x80);
      this.output.writeU8(n & 0x7f);
    } else if (n < 0x200000) {
      this.output.writeU8((n >>> 14) | 0x80);
      this.output.writeU8(((n >>> 7) & 0x7f) | 0x80);
      this.output.writeU8(n & 0x7f);
    } else {
      this.output.writeU8((n >>> 22) | 0x80);
      this.output.writeU8(((n >>> 15) & 0x7f) | 0x80);
      this.output.writeU8(((n >>> 8) & 0x7f) | 0x80);
      this.output.writeU8(n & 0xff);
    }
  }

  /** Writes an array without its class name; for the {@link Externalizable} that wraps it. */
  writePlainArray(array: readonly unknown[]): void {
    this.#objectCount += 1;
    this.output.writeU8(AMF3_MARKER.array);
    this.#writeArray(array);
  }

  /** Writes an object without its class name; for the {@link Externalizable} that wraps it. */
  writePlainObject(object: object): void {
    this.#objectCount += 1;
    this.output.writeU8(AMF3_MARKER.object);
    this.#writeDynamicObject(object);
  }

  /** What was written so far, as a copy. */
  toBuffer(): Buffer {
    return this.output.toBuffer();
  }

  #writeObject(value: object): void {
    this.output.writeU8(this.#markerOf(value));
    const known = this.#objects.get(value);
    if (known !== undefined) {
      this.writeU29(known << 1);
      return;
    }
    this.#objects.set(value, this.#objectCount);
    this.#objectCount += 1;
    this.#depth += 1;
    if (this.#depth > MAX_WRITE_DEPTH) {
      throw writeError('AMF_TOO_DEEP', `a value nested deeper than ${MAX_WRITE_DEPTH}`);
    }
    this.#writeBody(value);
    this.#depth -= 1;
  }

  #markerOf(value: object): number {
    if (Array.isArray(value)) {
      if (vectorTypeOf(value) !== undefined) return AMF3_MARKER.vectorObject;
      return this.#externalizableOf(value) === undefined ? AMF3_MARKER.array : AMF3_MARKER.object;
    }
    if (value instanceof Set) return AMF3_MARKER.array;
    if (value instanceof Date) return AMF3_MARKER.date;
    if (value instanceof Map) return AMF3_MARKER.dictionary;
    if (value instanceof AMFXML) {
      return value.kind === 'xml' ? AMF3_MARKER.xml : AMF3_MARKER.xmlDocument;
    }
    if (value instanceof Int32Array) return AMF3_MARKER.vectorInt;
    if (value instanceof Uint32Array) return AMF3_MARKER.vectorUint;
    if (value instanceof Float64Array) return AMF3_MARKER.vectorDouble;
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return AMF3_MARKER.byteArray;
    return AMF3_MARKER.object;
  }

  #writeBody(value: object): void {
    if (Array.isArray(value)) {
      if (vectorTypeOf(value) !== undefined) this.#writeObjectVector(value);
      else if (!this.#writeExternalizable(value)) this.#writeArray(value);
    } else if (value instanceof Set) {
      this.#writeArray([...value]);
    } else if (value instanceof Date) {
      this.writeU29(1);
      this.output.writeDouble(value.getTime());
    } else if (value instanceof Map) {
      this.#writeDictionary(value);
    } else if (value instanceof AMFXML) {
      this.#writeText(value.source);
    } else if (value instanceof Int32Array || value instanceof Uint32Array) {
      this.#writeVectorHead(value);
      for (const element of value) this.output.writeU32(element);
    } else if (value instanceof Float64Array) {
      this.#writeVectorHead(value);
      for (const element of value) this.output.writeDouble(element);
    } else if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      const bytes = bytesOf(value);
      this.#writeHead(bytes.length);
      this.output.writeBytes(bytes);
    } else if (!this.#writeExternalizable(value)) {
      this.#writePlain(value);
    }
  }

  #writeText(text: string): void {
    this.#writeHead(Buffer.byteLength(text, 'utf8'));
    this.output.writeUTF8(text);
  }

  #writeHead(length: number): void {
    if (length > MAX_LENGTH) {
      throw writeError('AMF_STRING_TOO_LONG', `a length of ${length}; at most ${MAX_LENGTH} fits`);
    }
    this.writeU29((length << 1) | 1);
  }

  #writeNumber(value: number): void {
    const integer = value | 0;
    const fits = integer >= MIN_INTEGER && integer <= MAX_INTEGER;
    if (integer === value && fits && !Object.is(value, -0)) {
      this.output.writeU8(AMF3_MARKER.integer);
      this.writeU29(integer);
      return;
    }
    this.output.writeU8(AMF3_MARKER.double);
    this.output.writeDouble(value);
  }

  #writeArray(array: readonly unknown[]): void {
    this.#writeHead(array.length);
    if (!isIndexed(array)) {
      for (const [key, value] of namedElementsOf(array)) this.#writeProperty(key, value);
    }
    this.writeString('');
    for (let i = 0; i < array.length; i++) this.writeValue(array[i]);
  }

  #writeVectorHead(vector: Int32Array | Uint32Array | Float64Array | readonly unknown[]): void {
    this.#writeHead(vector.length);
    this.output.writeU8(hasFixedLength(vector) ? 1 : 0);
  }

  #writeObjectVector(vector: readonly unknown[]): void {
    this.#writeVectorHead(vector);
    this.writeString(vectorTypeOf(vector) ?? '');
    for (let i = 0; i < vector.length; i++) this.writeValue(vector[i]);
  }

  #writeDictionary(map: ReadonlyMap<unknown, unknown>): void {
    this.#writeHead(map.size);
    this.output.writeU8(hasWeakKeys(map) ? 1 : 0);
    for (const [key, value] of map) {
      this.writeValue(key);
      this.writeValue(value);
    }
  }

  #externalizableOf(value: object): Externalizable | undefined {
    const className = classNameOf(value);
    return className === undefined ? undefined : this.#externalizables.get(className);
  }

  #writeExternalizable(value: object): boolean {
    const form = this.#externalizableOf(value);
    if (form === undefined) return false;
    const className = classNameOf(value) as string;
    if (!this.#writeTraitsReference(`${className}\0externalizable`)) {
      this.writeU29(EXTERNALIZABLE_TRAITS);
      this.writeString(className);
    }
    form.write(this, value);
    return true;
  }

  #writePlain(object: object): void {
    if (classNameOf(object) === undefined) this.#writeDynamicObject(object);
    else this.#writeTypedObject(object, classNameOf(object) as string);
  }

  #writeDynamicObject(object: object): void {
    if (!this.#writeTraitsReference('')) {
      this.writeU29(DYNAMIC_TRAITS);
      this.writeString('');
    }
    const values = object as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(object)) this.#writeProperty(key, values[key]);
    this.writeString('');
  }

  /** All properties are sealed members, since instances of a class that is not dynamic take no others. */
  #writeTypedObject(object: object, className: string): void {
    const members = Object.entries(object).filter(([, value]) => isData(value));
    const names = members.map(([name]) => name);
    if (!this.#writeTraitsReference([className, ...names].join('\0'))) {
      this.writeU29((names.length << 4) | SEALED_TRAITS);
      this.writeString(className);
      for (const name of names) this.writeString(name);
    }
    for (const [, value] of members) this.writeValue(value);
  }

  #writeTraitsReference(identity: string): boolean {
    const known = this.#traits.get(identity);
    if (known === undefined) {
      this.#traits.set(identity, this.#traits.size);
      return false;
    }
    this.writeU29((known << 2) | 1);
    return true;
  }

  #writeProperty(key: string, value: unknown): void {
    if (key === '' || !isData(value)) return; // An empty name would end the list.
    this.writeString(key);
    this.writeValue(value);
  }
}

/** Writes values as AMF3, one after the other, as one message. */
export function writeAMF3(...values: readonly unknown[]): Buffer {
  const writer = new AMF3Writer();
  for (const value of values) writer.writeValue(value);
  return writer.toBuffer();
}

function isData(value: unknown): boolean {
  return typeof value !== 'function' && typeof value !== 'symbol';
}

function bytesOf(value: ArrayBufferView | ArrayBuffer): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function writeError(code: AMFErrorCode, message: string): Red5Error {
  return new Red5Error(code, message);
}
