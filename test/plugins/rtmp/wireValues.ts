/**
 * A small AMF codec for the tests of RTMP: just what they send and get, and nothing of `src`.
 *
 * AMF0 both ways; AMF3 only for reading, behind marker 0x11.
 */
export function amf0(...values: readonly unknown[]): Buffer {
  return Buffer.concat(values.map(encode));
}

function encode(value: unknown): Buffer {
  if (value === null) return Buffer.of(5);
  if (value === undefined) return Buffer.of(6);
  if (typeof value === 'boolean') return Buffer.of(1, value ? 1 : 0);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (typeof value === 'string') return Buffer.concat([Buffer.of(2), utf(value)]);
  if (Buffer.isBuffer(value)) return value; // ready-made bytes
  if (Array.isArray(value)) {
    const head = Buffer.of(10, 0, 0, 0, value.length);
    return Buffer.concat([head, ...value.map(encode)]);
  }
  const parts: Buffer[] = [Buffer.of(3)];
  for (const [key, item] of Object.entries(value as object)) parts.push(utf(key), encode(item));
  return Buffer.concat([...parts, Buffer.of(0, 0, 9)]);
}

/** A 16-bit length and UTF-8. */
export function utf(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const head = Buffer.alloc(2);
  head.writeUInt16BE(bytes.length);
  return Buffer.concat([head, bytes]);
}

/** All values of some bytes. */
export function readAll(bytes: Buffer): unknown[] {
  const reader = new WireReader(bytes);
  const values: unknown[] = [];
  while (!reader.atEnd) values.push(reader.value());
  return values;
}

export class WireReader {
  readonly #bytes: Buffer;
  readonly #strings: string[] = [];
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.at++);
  }

  u32(): number {
    this.at += 4;
    return this.#bytes.readUInt32BE(this.at - 4);
  }

  utf(): string {
    const length = this.#bytes.readUInt16BE(this.at);
    this.at += 2 + length;
    return this.#bytes.toString('utf8', this.at - length, this.at);
  }

  value(): unknown {
    const marker = this.u8();
    switch (marker) {
      case 0:
        this.at += 8;
        return this.#bytes.readDoubleBE(this.at - 8);
      case 1:
        return this.u8() !== 0;
      case 2:
        return this.utf();
      case 3:
        return this.#object();
      case 5:
        return null;
      case 6:
        return undefined;
      case 8:
        this.at += 4;
        return this.#object();
      case 10: {
        const count = this.u32();
        return Array.from({ length: count }, () => this.value());
      }
      case 0x11:
        return this.#amf3();
      default:
        throw new Error(`marker ${marker} at ${this.at - 1}`);
    }
  }

  #object(): object {
    const entries: [string, unknown][] = [];
    for (let key = this.utf(); ; key = this.utf()) {
      if (key === '' && this.#bytes[this.at] === 9) break;
      entries.push([key, this.value()]);
    }
    this.at += 1;
    return Object.fromEntries(entries);
  }

  #u29(): number {
    let value = 0;
    for (let i = 0; i < 3; i++) {
      const byte = this.u8();
      value = (value << 7) | (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    return (value << 8) | this.u8();
  }

  #string(): string {
    const head = this.#u29();
    if ((head & 1) === 0) return this.#strings[head >> 1] as string;
    const length = head >> 1;
    this.at += length;
    const text = this.#bytes.toString('utf8', this.at - length, this.at);
    if (length > 0) this.#strings.push(text);
    return text;
  }

  #amf3(): unknown {
    const marker = this.u8();
    switch (marker) {
      case 0:
        return undefined;
      case 1:
        return null;
      case 2:
      case 3:
        return marker === 3;
      case 4:
        return (this.#u29() << 3) >> 3;
      case 5:
        this.at += 8;
        return this.#bytes.readDoubleBE(this.at - 8);
      case 6:
        return this.#string();
      case 9: {
        const count = this.#u29() >> 1;
        if (this.#string() !== '') throw new Error('an array with names');
        return Array.from({ length: count }, () => this.#amf3());
      }
      case 10: {
        // Anonymous dynamic objects only: new traits (0x0b) or the first ones again (0x01).
        const traits = this.#u29();
        if (traits === 0x0b && this.#string() !== '') throw new Error('a class name');
        if (traits !== 0x0b && traits !== 0x01) throw new Error(`traits ${traits}`);
        const entries: [string, unknown][] = [];
        for (let key = this.#string(); key !== ''; key = this.#string()) {
          entries.push([key, this.#amf3()]);
        }
        return Object.fromEntries(entries);
      }
      default:
        throw new Error(`AMF3 marker ${marker}`);
    }
  }
}
