import { Red5Error } from '../../base/index.ts';
import type { ImmutableCopy } from './immutableCopy.ts';
import type { SharedAttribute } from './SharedAttributes.ts';
import type { SharedObjectLimits } from './SharedObjectLimits.ts';

/**
 * Several changes of attributes, tried against the limits before the first of them is made.
 *
 * What was planned without an error can be done without an error, as long as nothing else happens in between.
 */
export class AttributePlan {
  readonly #limits: SharedObjectLimits;
  readonly #entries: ReadonlyMap<string, SharedAttribute>;
  /** Sizes of what was planned; undefined for what is removed. */
  readonly #sizes = new Map<string, number | undefined>();
  #keys: number;
  #bytes: number;

  constructor(
    limits: SharedObjectLimits,
    entries: ReadonlyMap<string, SharedAttribute>,
    bytes: number,
  ) {
    this.#limits = limits;
    this.#entries = entries;
    this.#keys = entries.size;
    this.#bytes = bytes;
  }

  /** @throws Red5Error `LIMIT_REACHED`, `NAME_NOT_ALLOWED` */
  put(key: string, copy: ImmutableCopy): void {
    const previous = this.#sizeOf(key);
    const size = attributeBytes(key, copy);
    assertRoom(this.#limits, {
      key,
      isNew: previous === undefined,
      keys: this.#keys,
      bytes: this.#bytes,
      growth: size - (previous ?? 0),
    });
    if (previous === undefined) this.#keys += 1;
    this.#bytes += size - (previous ?? 0);
    this.#sizes.set(key, size);
  }

  remove(key: string): void {
    const previous = this.#sizeOf(key);
    if (previous === undefined) return;
    this.#keys -= 1;
    this.#bytes -= previous;
    this.#sizes.set(key, undefined);
  }

  /** Removes all; returns which. */
  clear(): string[] {
    const keys = new Set([...this.#entries.keys(), ...this.#sizes.keys()]);
    const present = [...keys].filter((key) => this.#sizeOf(key) !== undefined);
    for (const key of present) this.remove(key);
    return present;
  }

  #sizeOf(key: string): number | undefined {
    return this.#sizes.has(key) ? this.#sizes.get(key) : this.#entries.get(key)?.bytes;
  }
}

/** About how many bytes an attribute is on the wire. */
export function attributeBytes(key: string, copy: ImmutableCopy): number {
  return copy.bytes + BYTES_PER_CHARACTER * key.length;
}

/**
 * Checks whether an attribute may be set.
 *
 * @throws Red5Error `LIMIT_REACHED`, `NAME_NOT_ALLOWED`
 */
export function assertRoom(
  limits: SharedObjectLimits,
  wanted: {
    readonly key: string;
    readonly isNew: boolean;
    /** By how many bytes the object would grow. */
    readonly growth: number;
    /** What there is. */
    readonly keys: number;
    readonly bytes: number;
  },
): void {
  const { key, isNew, growth } = wanted;
  if (isNew && key === '') {
    throw new Red5Error('NAME_NOT_ALLOWED', 'the name of an attribute is empty');
  }
  if (isNew && key.length > limits.maxKeyLength) {
    throw limitReached(`the name of an attribute may have ${limits.maxKeyLength} characters`);
  }
  if (isNew && wanted.keys >= limits.maxKeys) {
    throw limitReached(`a shared object may have ${limits.maxKeys} attributes`);
  }
  if (growth > 0 && wanted.bytes + growth > limits.maxObjectBytes) {
    throw limitReached(`a shared object may have ${limits.maxObjectBytes} bytes`);
  }
}

const BYTES_PER_CHARACTER = 2;

function limitReached(message: string): Red5Error {
  return new Red5Error('LIMIT_REACHED', message);
}
