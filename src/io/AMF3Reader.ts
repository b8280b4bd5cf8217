import { amfError, ReadBudget } from './AMFLimits.ts';
import type { AMFReadOptions } from './AMFReadOptions.ts';
import { AMFXML } from './AMFXML.ts';
import { AMF3_MARKER } from './amf3Marker.ts';
import { ByteReader } from './ByteReader.ts';
import { FLEX_EXTERNALIZABLES } from './Externalizable.ts';
import { ReferenceTable } from './ReferenceTable.ts';
import { setProperty } from './setProperty.ts';
import {
  asVector,
  classNameOf,
  withClassName,
  withFixedLength,
  withWeakKeys,
} from './typeMarks.ts';

const INDEX = /^(?:0|[1-9]\d{0,9})$/;

/** Names of a class's sealed members; sent once per message and referred to after that. */
interface Traits {
  readonly className: string;
  readonly dynamic: boolean;
  readonly externalizable: boolean;
  readonly names: readonly string[];
}

/**
 * Reads the AMF3 values of one message, one after the other.
 *
 * Strings, objects and traits may refer back through the whole message. Anything wrong in the bytes throws a `ProtocolError` with a
 * code of {@link AMF_ERRORS}; after that the reader is of no further use.
 */
export class AMF3Reader {
  /** Where the reader stands; bytes between values may be read from it directly. */
  readonly input: ByteReader;
  readonly #budget: ReadBudget;
  readonly #options: AMFReadOptions;
  readonly #strings: string[] = [];
  readonly #objects = new ReferenceTable();
  readonly #traits: Traits[] = [];

  /** @param budget - of the AMF0 message that the values are part of */
  constructor(
    input: ByteReader | Uint8Array,
    options: AMFReadOptions = {},
    budget: ReadBudget = new ReadBudget(options.limits),
  ) {
    this.input = input instanceof ByteReader ? input : new ByteReader(input);
    this.#options = options;
    this.#budget = budget;
  }

  /** Reads the next value. */
  readValue(): unknown {
    const marker = this.input.readU8();
    this.#budget.takeValues(1);
    switch (marker) {
      case AMF3_MARKER.undefined:
        return undefined;
      case AMF3_MARKER.null:
        return null;
      case AMF3_MARKER.false:
        return false;
      case AMF3_MARKER.true:
        return true;
      case AMF3_MARKER.integer:
        return (this.readU29() << 3) >> 3; // 29 bits with sign
      case AMF3_MARKER.double:
        return this.input.readDouble();
      case AMF3_MARKER.string:
        return this.readString();
      default:
        return this.#readReferable(marker);
    }
  }

  /** Reads text that has no marker: a length or a reference, and UTF-8. */
  readString(): string {
    const head = this.readU29();
    if ((head & 1) === 0) {
      const known = this.#strings[head >>> 1];
      if (known === undefined) {
        throw amfError('AMF_BAD_REFERENCE', `string ${head >>> 1} of ${this.#strings.length}`);
      }
      this.#budget.expand(known.length);
      return known;
    }
    const length = head >>> 1;
    if (length === 0) return '';
    const text = this.#readText(length);
    this.#strings.push(text);
    return text;
  }

  /** Reads a number of one to four bytes, 0 to 2^29 - 1. */
  readU29(): number {
    let value = 0;
    for (let i = 0; i < 3; i++) {
      const byte = this.input.readU8();
      value = (value << 7) | (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    return (value << 8) | this.input.readU8();
  }

  #readText(length: number): string {
    this.#budget.takeText(length);
    const keys = this.#options.keys;
    if (keys === undefined || length > this.input.remaining) return this.input.readUTF8(length);
    const start = this.input.position;
    this.input.position = start + length;
    return keys.textOf(this.input.bytes, start, length);
  }

  #readReferable(marker: number): unknown {
    if (marker > AMF3_MARKER.dictionary) {
      throw amfError('AMF_BAD_MARKER', `AMF3 marker 0x${marker.toString(16)}`);
    }
    const head = this.readU29();
    if ((head & 1) === 0) return this.#objects.get(head >>> 1, this.#budget);
    const size = head >>> 1;
    if (marker === AMF3_MARKER.object) return this.#readObject(size);
    const index = this.#objects.open(undefined, this.#budget);
    const value = this.#readComplex(marker, size, index);
    this.#objects.close(index, value, this.#budget);
    return value;
  }

  #readComplex(marker: number, size: number, index: number): object {
    switch (marker) {
      case AMF3_MARKER.xmlDocument:
        return this.#readXML(size, 'document');
      case AMF3_MARKER.xml:
        return this.#readXML(size, 'xml');
      case AMF3_MARKER.date:
        return new Date(this.input.readDouble());
      case AMF3_MARKER.byteArray:
        this.#budget.takeText(size);
        return new Uint8Array(this.input.readBytes(size));
      case AMF3_MARKER.array:
        return this.#readArray(size, index);
      case AMF3_MARKER.vectorInt:
        return this.#readVector(size, 4, (n) => new Int32Array(n), readI32);
      case AMF3_MARKER.vectorUint:
        return this.#readVector(size, 4, (n) => new Uint32Array(n), readU32);
      case AMF3_MARKER.vectorDouble:
        return this.#readVector(size, 8, (n) => new Float64Array(n), readDouble);
      case AMF3_MARKER.vectorObject:
        return this.#readObjectVector(size, index);
      default:
        return this.#readDictionary(size, index);
    }
  }

  #readXML(size: number, kind: AMFXML['kind']): AMFXML {
    this.#budget.takeText(size);
    return new AMFXML(this.input.readUTF8(size), kind);
  }

  #readArray(count: number, index: number): unknown[] {
    this.#checkCount(count, 1);
    const array: unknown[] = [];
    this.#objects.reveal(index, array);
    this.#budget.enter();
    const named = this.#readNamedElements();
    for (let i = 0; i < count; i++) array.push(this.readValue());
    for (const [key, value] of named) this.#setNamedElement(array, key, value);
    this.#budget.leave();
    return array;
  }

  #readNamedElements(): readonly (readonly [string, unknown])[] {
    const named: [string, unknown][] = [];
    for (let key = this.readString(); key !== ''; key = this.readString()) {
      named.push([key, this.readValue()]);
    }
    return named;
  }

  #setNamedElement(array: unknown[], key: string, value: unknown): void {
    if (key === 'length') throw amfError('AMF_BAD_VALUE', 'an array element named "length"');
    // Elements of a sparse array have their number as name; what is skipped counts as undefined values.
    if (INDEX.test(key)) this.#budget.takeValues(Math.max(0, Number(key) - array.length));
    setProperty(array, key, value);
  }

  #readVector<T extends Int32Array | Uint32Array | Float64Array>(
    count: number,
    elementBytes: number,
    make: (length: number) => T,
    read: (input: ByteReader) => number,
  ): T {
    const fixed = this.input.readU8() !== 0;
    this.#checkCount(count, elementBytes);
    this.#budget.takeValues(count);
    const vector = make(count);
    for (let i = 0; i < count; i++) vector[i] = read(this.input);
    return fixed ? withFixedLength(vector) : vector;
  }

  #readObjectVector(count: number, index: number): unknown[] {
    const fixed = this.input.readU8() !== 0;
    const vector = asVector<unknown[]>([], this.readString());
    this.#checkCount(count, 1);
    this.#objects.reveal(index, vector);
    this.#budget.enter();
    for (let i = 0; i < count; i++) vector.push(this.readValue());
    this.#budget.leave();
    return fixed ? withFixedLength(vector) : vector;
  }

  #readDictionary(count: number, index: number): Map<unknown, unknown> {
    const weakKeys = this.input.readU8() !== 0;
    this.#checkCount(count, 2);
    const map = new Map<unknown, unknown>();
    this.#objects.reveal(index, map);
    this.#budget.enter();
    for (let i = 0; i < count; i++) {
      const key = this.readValue();
      map.set(key, this.readValue());
    }
    this.#budget.leave();
    return weakKeys ? withWeakKeys(map) : map;
  }

  #readObject(head: number): object {
    const traits = this.#readTraits(head);
    if (traits.externalizable) return this.#readExternalizable(traits.className);
    const target = traits.className === '' ? {} : withClassName({}, traits.className);
    const index = this.#objects.open(target, this.#budget);
    this.#budget.enter();
    for (const name of traits.names) setProperty(target, name, this.readValue());
    if (traits.dynamic) {
      for (let key = this.readString(); key !== ''; key = this.readString()) {
        setProperty(target, key, this.readValue());
      }
    }
    this.#budget.leave();
    this.#objects.close(index, target, this.#budget);
    return target;
  }

  /** @param head - the object's U29 without its lowest bit */
  #readTraits(head: number): Traits {
    if ((head & 1) === 0) {
      const known = this.#traits[head >>> 1];
      if (known === undefined) {
        throw amfError('AMF_BAD_REFERENCE', `traits ${head >>> 1} of ${this.#traits.length}`);
      }
      return known;
    }
    const externalizable = (head & 2) !== 0;
    const count = externalizable ? 0 : head >>> 3;
    const className = this.readString();
    this.#checkCount(count, 1);
    this.#budget.takeValues(count);
    const names: string[] = [];
    for (let i = 0; i < count; i++) names.push(this.readString());
    const traits = { className, dynamic: (head & 4) !== 0, externalizable, names };
    this.#traits.push(traits);
    return traits;
  }

  #readExternalizable(className: string): object {
    const form = (this.#options.externalizables ?? FLEX_EXTERNALIZABLES).get(className);
    if (form === undefined) {
      throw amfError('AMF_UNKNOWN_EXTERNALIZABLE', `externalizable class "${className}"`);
    }
    const table = this.#objects;
    const isWrapper = form.isWrapper === true;
    const index = isWrapper ? table.openWrapper(this.#budget) : table.open(undefined, this.#budget);
    this.#budget.enter();
    const value = form.read(this);
    this.#budget.leave();
    this.#objects.close(index, value, this.#budget);
    // A proxy of a typed object is that object; one of XML or of something frozen cannot be marked.
    if (classNameOf(value) !== undefined || !Object.isExtensible(value)) return value;
    return withClassName(value, className);
  }

  /** Refuses a count that the bytes left cannot hold, before anything is built for it. */
  #checkCount(count: number, bytesEach: number): void {
    if (count * bytesEach > this.input.remaining) {
      throw amfError('AMF_TRUNCATED', `${count} elements in ${this.input.remaining} bytes`);
    }
  }
}

/** Reads the first AMF3 value of some bytes. */
export function readAMF3(bytes: Uint8Array, options: AMFReadOptions = {}): unknown {
  return new AMF3Reader(bytes, options).readValue();
}

function readI32(input: ByteReader): number {
  return input.readI32();
}

function readU32(input: ByteReader): number {
  return input.readU32();
}

function readDouble(input: ByteReader): number {
  return input.readDouble();
}
