import { AMF3Reader } from './AMF3Reader.ts';
import { amfError, ReadBudget } from './AMFLimits.ts';
import type { AMFReadOptions } from './AMFReadOptions.ts';
import { AMFXML } from './AMFXML.ts';
import { AMF0_MARKER } from './amf0Marker.ts';
import { ByteReader } from './ByteReader.ts';
import { ReferenceTable } from './ReferenceTable.ts';
import { setProperty } from './setProperty.ts';
import { withClassName } from './typeMarks.ts';

/**
 * Reads the AMF0 values of one message, one after the other; values marked as AMF3 are read as such.
 *
 * References reach back through the whole message. Anything wrong in the bytes throws a `ProtocolError` with a code of
 * {@link AMF_ERRORS}; after that the reader is of no further use.
 */
export class AMF0Reader {
  /** Where the reader stands; bytes between values may be read from it directly. */
  readonly input: ByteReader;
  readonly #budget: ReadBudget;
  readonly #options: AMFReadOptions;
  #references: ReferenceTable | undefined;
  #amf3: AMF3Reader | undefined;

  constructor(bytes: Uint8Array, options: AMFReadOptions = {}) {
    this.input = new ByteReader(bytes);
    this.#options = options;
    this.#budget = new ReadBudget(options.limits);
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.input.remaining;
  }

  /** Reads the next value. */
  readValue(): unknown {
    const marker = this.input.readU8();
    this.#budget.takeValues(1);
    switch (marker) {
      case AMF0_MARKER.number:
        return this.input.readDouble();
      case AMF0_MARKER.boolean:
        return this.input.readU8() !== 0;
      case AMF0_MARKER.string:
        return this.#readText(this.input.readU16());
      case AMF0_MARKER.object:
        return this.#readObject({});
      case AMF0_MARKER.null:
        return null;
      case AMF0_MARKER.undefined:
      case AMF0_MARKER.unsupported:
        return undefined;
      case AMF0_MARKER.reference:
        return this.#table().get(this.input.readU16(), this.#budget);
      case AMF0_MARKER.ecmaArray:
        this.input.skip(4); // Only a hint: the array ends where an object does.
        return this.#readObject({});
      case AMF0_MARKER.strictArray:
        return this.#readStrictArray();
      case AMF0_MARKER.date:
        return this.#readDate();
      case AMF0_MARKER.longString:
        return this.#readText(this.input.readU32());
      case AMF0_MARKER.xmlDocument:
        return new AMFXML(this.#readText(this.input.readU32()), 'document');
      case AMF0_MARKER.typedObject:
        return this.#readTypedObject();
      case AMF0_MARKER.amf3:
        return this.readAMF3Value();
      default:
        throw amfError('AMF_BAD_MARKER', `AMF0 marker 0x${marker.toString(16).padStart(2, '0')}`);
    }
  }

  /** Reads text that has no marker: a 16-bit length and UTF-8. */
  readKey(): string {
    const length = this.input.readU16();
    if (length === 0) return '';
    const keys = this.#options.keys;
    if (keys === undefined || length > this.input.remaining) return this.#readText(length);
    this.#budget.takeText(length);
    const start = this.input.position;
    this.input.position = start + length;
    return keys.textOf(this.input.bytes, start, length);
  }

  /** Reads the next value as AMF3, without the marker that says so. */
  readAMF3Value(): unknown {
    this.#amf3 ??= new AMF3Reader(this.input, this.#options, this.#budget);
    return this.#amf3.readValue();
  }

  #table(): ReferenceTable {
    this.#references ??= new ReferenceTable();
    return this.#references;
  }

  #readText(length: number): string {
    this.#budget.takeText(length);
    return this.input.readUTF8(length);
  }

  #readObject<T extends object>(target: T): T {
    const table = this.#table();
    const index = table.open(target, this.#budget);
    this.#budget.enter();
    for (;;) {
      const key = this.readKey();
      if (key === '' && this.input.peekU8() === AMF0_MARKER.objectEnd) break;
      setProperty(target, key, this.readValue());
    }
    this.input.skip(1);
    this.#budget.leave();
    table.close(index, target, this.#budget);
    return target;
  }

  #readTypedObject(): object {
    const name = this.readKey();
    return this.#readObject(name === '' ? {} : withClassName({}, name));
  }

  #readStrictArray(): unknown[] {
    const count = this.input.readU32();
    // Each element has at least its marker: nothing is built for a count that cannot be true.
    if (count > this.input.remaining) {
      throw amfError('AMF_TRUNCATED', `array of ${count} in ${this.input.remaining} bytes`);
    }
    const array: unknown[] = [];
    const table = this.#table();
    const index = table.open(array, this.#budget);
    this.#budget.enter();
    for (let i = 0; i < count; i++) array.push(this.readValue());
    this.#budget.leave();
    table.close(index, array, this.#budget);
    return array;
  }

  #readDate(): Date {
    const milliseconds = this.input.readDouble();
    this.input.skip(2); // The time zone is reserved and should be 0; the instant does not depend on it.
    return new Date(milliseconds);
  }
}

/** Reads the first AMF0 value of some bytes. */
export function readAMF0(bytes: Uint8Array, options: AMFReadOptions = {}): unknown {
  return new AMF0Reader(bytes, options).readValue();
}
