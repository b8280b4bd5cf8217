import type { Clock, Timer } from '../../base/index.ts';
import { sameValue } from '../sameValue.ts';
import { AttributePlan, assertRoom, attributeBytes } from './AttributePlan.ts';
import { type ImmutableCopy, immutableCopy } from './immutableCopy.ts';
import type { SharedObjectLimits } from './SharedObjectLimits.ts';

/** One attribute. */
export interface SharedAttribute {
  /** Frozen. */
  readonly value: unknown;
  readonly bytes: number;
  /** The object's version when it was set. */
  readonly version: number;
  readonly expiry: Timer | undefined;
}

/** How a value is put into {@link SharedAttributes}. */
export interface PutOptions {
  /** The version that the object will have. */
  readonly version: number;
  /** Whether an equal value counts as a change. */
  readonly always: boolean;
  readonly ttlMs: number | undefined;
  /** The value's copy, where it was made before. */
  readonly copy: ImmutableCopy | undefined;
  readonly expire: () => void;
}

/**
 * The values of a shared object: frozen copies, within limits, each with its version and perhaps an end.
 *
 * Knows what is new and what is the same; whom to tell is not its business.
 */
export class SharedAttributes {
  readonly #limits: SharedObjectLimits;
  readonly #clock: Clock;
  readonly #entries = new Map<string, SharedAttribute>();
  /** Keys that were changed while the store was being read. */
  #touched: Set<string> | undefined;
  #bytes = 0;

  constructor(limits: SharedObjectLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get entries(): ReadonlyMap<string, SharedAttribute> {
    return this.#entries;
  }

  /** About how many bytes the names and values are on the wire. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): SharedAttribute | undefined {
    return this.#entries.get(key);
  }

  /**
   * Puts a copy of a value.
   *
   * @returns `changed`, `kept` when it is the same and only its end is another, or `same`
   * @throws Red5Error `LIMIT_REACHED`, `VALUE_NOT_STORABLE`, `NAME_NOT_ALLOWED`; nothing is changed then
   */
  put(key: string, value: unknown, options: PutOptions): 'changed' | 'kept' | 'same' {
    const previous = this.#entries.get(key);
    const made = options.copy ?? immutableCopy(value, this.#limits);
    const copy = made.value;
    const isChange = previous === undefined || options.always || !sameValue(previous.value, copy);
    if (!isChange && options.ttlMs === undefined && previous.expiry === undefined) return 'same';
    const size = attributeBytes(key, made);
    assertRoom(this.#limits, {
      key,
      isNew: previous === undefined,
      keys: this.#entries.size,
      bytes: this.#bytes,
      growth: size - (previous?.bytes ?? 0),
    });
    previous?.expiry?.cancel();
    const expiry =
      options.ttlMs === undefined ? undefined : this.#clock.after(options.ttlMs, options.expire);
    this.#bytes += size - (previous?.bytes ?? 0);
    const version = isChange ? options.version : previous.version;
    this.#entries.set(key, { value: copy, bytes: size, version, expiry });
    this.#touched?.add(key);
    return isChange ? 'changed' : 'kept';
  }

  /** Removes a value; returns whether there was one. */
  remove(key: string): boolean {
    this.#touched?.add(key);
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    entry.expiry?.cancel();
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    return true;
  }

  /** Tries several changes before they are made. */
  plan(): AttributePlan {
    return new AttributePlan(this.#limits, this.#entries, this.#bytes);
  }

  /** Forgets everything and cancels what would expire. */
  dispose(): void {
    for (const { expiry } of this.#entries.values()) expiry?.cancel();
    this.#entries.clear();
    this.#bytes = 0;
  }

  /** Takes over attributes of another version as they are, instead of those that were not set here after `loadedVersion`. */
  adopt(others: SharedAttributes, loadedVersion: number): void {
    for (const [key, { version }] of [...this.#entries]) {
      if (version <= loadedVersion && !others.#entries.has(key)) this.remove(key);
    }
    for (const [key, entry] of others.#entries) {
      const own = this.#entries.get(key);
      if (own !== undefined && own.version > loadedVersion) continue;
      this.#bytes += entry.bytes - (own?.bytes ?? 0);
      this.#entries.set(key, entry);
    }
    // What expires goes on expiring, for whoever has the entry now.
    others.#entries.clear();
    others.#bytes = 0;
  }

  /** From here until {@link SharedAttributes.fill} it is written down which keys are changed. */
  beginFill(): void {
    this.#touched = new Set();
  }

  /** Takes over what was stored, but for keys that were changed meanwhile. */
  fill(records: ReadonlyMap<string, unknown>, version: number): void {
    const touched = this.#touched;
    this.#touched = undefined;
    for (const [key, stored] of records) {
      if (touched?.has(key)) continue;
      const copy = immutableCopy(stored, this.#limits);
      const size = attributeBytes(key, copy);
      this.#entries.set(key, { value: copy.value, bytes: size, version, expiry: undefined });
      this.#bytes += size;
    }
  }
}
