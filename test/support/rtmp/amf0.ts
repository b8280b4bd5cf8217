/**
 * AMF0 for the test client, written from the format's description and from recorded bytes alone.
 *
 * It shares nothing with `src/io`, so that an error there cannot hide itself here.
 */
const marker = {
  number: 0x00,
  boolean: 0x01,
  string: 0x02,
  object: 0x03,
  null: 0x05,
  undefined: 0x06,
  reference: 0x07,
  ecmaArray: 0x08,
  objectEnd: 0x09,
  strictArray: 0x0a,
  date: 0x0b,
  longString: 0x0c,
} as const;

/** Encodes values one after another. A `Map` becomes an ECMA array, any other object an anonymous object. */
export function encodeAMF0(...values: readonly unknown[]): Buffer {
  return Buffer.concat(values.map(encodeValue));
}

/** Encodes a key: two bytes of length and UTF-8, without marker. */
export function encodeKey(key: string): Buffer {
  const text = Buffer.from(key);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  return Buffer.concat([length, text]);
}

function encodeValue(value: unknown): Buffer {
  if (value === null) return Buffer.of(marker.null);
  if (value === undefined) return Buffer.of(marker.undefined);
  if (typeof value === 'boolean') return Buffer.of(marker.boolean, value ? 1 : 0);
  if (typeof value === 'number') return encodeNumber(marker.number, value);
  if (typeof value === 'string') return encodeString(value);
  if (value instanceof Date) {
    return Buffer.concat([encodeNumber(marker.date, value.getTime()), Buffer.alloc(2)]);
  }
  if (Array.isArray(value)) {
    return Buffer.concat([
      Buffer.of(marker.strictArray),
      uint32(value.length),
      ...value.map(encodeValue),
    ]);
  }
  const isMap = value instanceof Map;
  const entries = isMap ? [...value.entries()] : Object.entries(value as object);
  return Buffer.concat([
    isMap
      ? Buffer.concat([Buffer.of(marker.ecmaArray), uint32(entries.length)])
      : Buffer.of(marker.object),
    ...entries.flatMap(([key, item]) => [encodeKey(String(key)), encodeValue(item)]),
    Buffer.of(0, 0, marker.objectEnd),
  ]);
}

function encodeNumber(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = type;
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function encodeString(value: string): Buffer {
  const text = Buffer.from(value);
  return text.length < 0xffff
    ? Buffer.concat([Buffer.of(marker.string), encodeKey(value)])
    : Buffer.concat([Buffer.of(marker.longString), uint32(text.length), text]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Decodes all values of a buffer. */
export function decodeAMF0(bytes: Buffer): unknown[] {
  const decoder = new AMF0Decoder(bytes);
  const values: unknown[] = [];
  while (!decoder.atEnd) values.push(decoder.value());
  return values;
}

/** Reads values and keys from a buffer, in order. */
export class AMF0Decoder {
  position = 0;
  readonly #bytes: Buffer;
  readonly #references: unknown[] = [];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.position >= this.#bytes.length;
  }

  /** Two bytes of length and UTF-8. */
  key(): string {
    const length = this.#bytes.readUInt16BE(this.#skip(2));
    return this.#text(length);
  }

  value(): unknown {
    const type = this.#bytes.readUInt8(this.#skip(1));
    switch (type) {
      case marker.number:
        return this.#bytes.readDoubleBE(this.#skip(8));
      case marker.boolean:
        return this.#bytes.readUInt8(this.#skip(1)) !== 0;
      case marker.string:
        return this.key();
      case marker.longString:
        return this.#text(this.#bytes.readUInt32BE(this.#skip(4)));
      case marker.null:
        return null;
      case marker.undefined:
        return undefined;
      case marker.ecmaArray:
        this.#skip(4); // the count is a hint
        return this.#properties();
      case marker.object:
        return this.#properties();
      case marker.strictArray:
        return this.#array();
      case marker.date: {
        const time = this.#bytes.readDoubleBE(this.#skip(8));
        this.#skip(2);
        return new Date(time);
      }
      case marker.reference:
        return this.#references[this.#bytes.readUInt16BE(this.#skip(2))];
      default:
        throw new Error(`AMF0: unknown marker 0x${type.toString(16)} at ${this.position - 1}`);
    }
  }

  #properties(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#references.push(object);
    for (;;) {
      const key = this.key();
      if (key === '' && this.#bytes[this.position] === marker.objectEnd) {
        this.#skip(1);
        return object;
      }
      object[key] = this.value();
    }
  }

  #array(): unknown[] {
    const array: unknown[] = [];
    this.#references.push(array);
    const count = this.#bytes.readUInt32BE(this.#skip(4));
    for (let index = 0; index < count; index++) array.push(this.value());
    return array;
  }

  #text(length: number): string {
    const start = this.#skip(length);
    if (this.position > this.#bytes.length) throw new Error('AMF0: text is cut off');
    return this.#bytes.toString('utf8', start, this.position);
  }

  #skip(count: number): number {
    const start = this.position;
    this.position += count;
    return start;
  }
}
