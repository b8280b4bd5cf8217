import { Red5Error } from '../../base/index.ts';

/** How large a value may be. */
export interface ValueLimits {
  readonly maxValueBytes: number;
  readonly maxValueDepth: number;
}

/** A value that nobody can change any more, and about how many bytes it is on the wire. */
export interface ImmutableCopy {
  readonly value: unknown;
  readonly bytes: number;
}

/**
 * Copies plain data deeply and freezes the copy.
 *
 * Kept as they are: texts, numbers, booleans, dates, bytes, lists, objects, `Map`, `Set`, and symbol-keyed marks on them. Instances of
 * other classes become plain objects of their own properties, except frozen ones, which are passed on.
 *
 * @throws Red5Error `VALUE_NOT_STORABLE` for functions, symbols, cycles and deep nesting, `LIMIT_REACHED` for too many bytes
 */
export function immutableCopy(value: unknown, limits: ValueLimits): ImmutableCopy {
  switch (typeof value) {
    case 'string': {
      const bytes = 3 + Buffer.byteLength(value);
      if (bytes > limits.maxValueBytes) throw tooLarge(limits);
      return { value, bytes };
    }
    case 'number':
    case 'bigint':
      return { value, bytes: 9 };
    case 'boolean':
    case 'undefined':
      return { value, bytes: 2 };
    default:
      return new Copier(limits).copyAll(value);
  }
}

class Copier {
  readonly #limits: ValueLimits;
  readonly #path = new Set<object>();
  #bytes = 0;

  constructor(limits: ValueLimits) {
    this.#limits = limits;
  }

  copyAll(value: unknown): ImmutableCopy {
    const copy = this.#copy(value);
    return { value: copy, bytes: this.#bytes };
  }

  #copy(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        this.#count(3 + Buffer.byteLength(value));
        return value;
      case 'number':
      case 'bigint':
        this.#count(9);
        return value;
      case 'boolean':
      case 'undefined':
        this.#count(2);
        return value;
      case 'object':
        return value === null ? this.#copyNull() : this.#copyObject(value);
      default:
        throw new Red5Error('VALUE_NOT_STORABLE', `a ${typeof value} cannot be stored or sent`);
    }
  }

  #copyNull(): null {
    this.#count(1);
    return null;
  }

  #copyObject(value: object): unknown {
    if (this.#path.has(value)) {
      throw new Red5Error('VALUE_NOT_STORABLE', 'a value that contains itself cannot be stored');
    }
    if (this.#path.size >= this.#limits.maxValueDepth) {
      const message = `a value nested deeper than ${this.#limits.maxValueDepth} cannot be stored`;
      throw new Red5Error('VALUE_NOT_STORABLE', message);
    }
    this.#path.add(value);
    this.#count(4);
    const copy = this.#copyByKind(value);
    this.#path.delete(value);
    return copy;
  }

  #copyByKind(value: object): unknown {
    if (Array.isArray(value)) return this.#copyProperties(value, new Array(value.length));
    if (value instanceof Date) {
      this.#count(9);
      return Object.freeze(new Date(value.getTime()));
    }
    if (ArrayBuffer.isView(value)) return this.#copyBytes(value);
    if (value instanceof Map) {
      const copy = new Map<unknown, unknown>();
      for (const [key, item] of value) copy.set(this.#copy(key), this.#copy(item));
      return this.#copyProperties(value, copy);
    }
    if (value instanceof Set) {
      const copy = new Set<unknown>();
      for (const item of value) copy.add(this.#copy(item));
      return this.#copyProperties(value, copy);
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    const isPlain = prototype === Object.prototype || prototype === null;
    if (!isPlain && Object.isFrozen(value)) {
      // The bytes of a foreign immutable value are not known; its properties are a fair guess.
      for (const item of Object.values(value)) this.#copy(item);
      return value;
    }
    return this.#copyProperties(value, {});
  }

  #copyBytes(value: ArrayBufferView): ArrayBufferView {
    this.#count(value.byteLength);
    if (Buffer.isBuffer(value)) return Uint8Array.from(value);
    if (value instanceof DataView) {
      return new Uint8Array(
        value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength),
      );
    }
    const copy = (value as Uint8Array).slice();
    for (const mark of Object.getOwnPropertySymbols(value)) this.#copyMark(value, copy, mark);
    return copy;
  }

  #copyProperties<T extends object>(value: object, copy: T): T {
    const from = value as Record<PropertyKey, unknown>;
    const to = copy as Record<PropertyKey, unknown>;
    for (const key of Object.keys(value)) {
      this.#count(2 + key.length);
      const item = this.#copy(from[key]);
      if (key === '__proto__') Object.defineProperty(to, key, { value: item, enumerable: true });
      else to[key] = item;
    }
    for (const mark of Object.getOwnPropertySymbols(value)) this.#copyMark(value, copy, mark);
    return Object.freeze(copy);
  }

  #copyMark(value: object, copy: object, mark: symbol): void {
    const content = (value as Record<symbol, unknown>)[mark];
    (copy as Record<symbol, unknown>)[mark] = this.#copy(content);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.maxValueBytes) throw tooLarge(this.#limits);
  }
}

function tooLarge(limits: ValueLimits): Red5Error {
  return new Red5Error('LIMIT_REACHED', `a value may have ${limits.maxValueBytes} bytes at most`);
}
