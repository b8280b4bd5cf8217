import type { Clock } from '../../base/index.ts';
import type { StoreChanges } from '../persistence/Store.ts';
import { type ImmutableCopy, immutableCopy } from './immutableCopy.ts';
import { SharedAttributes } from './SharedAttributes.ts';
import type { SubscriberConnection } from './SharedObject.ts';
import type { SharedObjectEvent } from './SharedObjectBatch.ts';
import type { SharedObjectLimits } from './SharedObjectLimits.ts';

/** What one message of a client, or one update by server code, has done so far. */
export interface OpenBatch {
  readonly source: SubscriberConnection | undefined;
  /** For the source alone. */
  readonly owner: SharedObjectEvent[];
  /** For all others. */
  readonly sync: SharedObjectEvent[];
  readonly stored: Map<string, unknown>;
  /** About how many bytes `sync` is. */
  bytes: number;
  depth: number;
}

/** A batch that is complete. */
export interface ClosedBatch {
  readonly source: SubscriberConnection | undefined;
  readonly owner: readonly SharedObjectEvent[];
  readonly sync: readonly SharedObjectEvent[];
  readonly stored: StoreChanges;
  readonly bytes: number;
}

/** How an attribute is put. */
export interface ChangeOptions {
  readonly ttlMs?: number | undefined;
  /** The value's copy, where it was made before. */
  readonly copy?: ImmutableCopy;
}

/**
 * The attributes of a shared object, its version, and the one batch of changes that may be open.
 *
 * Knows what has to be told to whom; telling is not its business.
 */
export class Changes {
  readonly attributes: SharedAttributes;
  readonly #limits: SharedObjectLimits;
  readonly #expired: (key: string) => void;
  #alwaysNotify: Set<string> | undefined;
  #batch: OpenBatch | undefined;
  #version = FIRST_VERSION;
  totalChanges = 0;
  totalDeletes = 0;
  totalSends = 0;

  /** @param expired - an attribute has reached its end */
  constructor(limits: SharedObjectLimits, clock: Clock, expired: (key: string) => void) {
    this.attributes = new SharedAttributes(limits, clock);
    this.#limits = limits;
    this.#expired = expired;
  }

  get version(): number {
    return this.#version;
  }

  /** The batch that is open. */
  get batch(): OpenBatch | undefined {
    return this.#batch;
  }

  /** Goes on from another version's state, but for what was set here; returns the keys of that. */
  adopt(previous: Changes): string[] {
    const own = [...this.attributes.entries].filter(([, { version }]) => version > FIRST_VERSION);
    this.attributes.adopt(previous.attributes, FIRST_VERSION);
    this.#version = Math.max(this.#version, previous.#version);
    for (const key of previous.#alwaysNotify ?? []) this.setAlwaysNotify(key, true);
    return own.map(([key]) => key);
  }

  setAlwaysNotify(key: string, alwaysNotify: boolean): void {
    this.#alwaysNotify ??= new Set();
    if (alwaysNotify) this.#alwaysNotify.add(key);
    else this.#alwaysNotify.delete(key);
  }

  /** Joins the batch that is open; changes by server code inside a client's batch are sent to that client as well. */
  open(source: SubscriberConnection | undefined): OpenBatch {
    this.#batch ??= { source, owner: [], sync: [], stored: new Map(), bytes: 0, depth: 0 };
    this.#batch.depth += 1;
    return this.#batch;
  }

  /** Takes one {@link open} back; the last one gives the batch, under the next version. */
  close(): ClosedBatch | undefined {
    const batch = this.#batch as OpenBatch;
    batch.depth -= 1;
    if (batch.depth > 0) return undefined;
    this.#batch = undefined;
    this.#version += 1;
    return batch;
  }

  /** Sets a value for all; returns whether they have to be told. */
  put(batch: OpenBatch, key: string, value: unknown, options: ChangeOptions = {}): boolean {
    const changed = this.#store(batch, key, value, options);
    if (changed) this.toAll(batch, this.changeOf(key));
    return changed;
  }

  /** Sets a value for a client, which knows it; returns whether others have to be told. */
  putFor(batch: OpenBatch, key: string, value: unknown, options: ChangeOptions = {}): boolean {
    const changed = this.#store(batch, key, value, options);
    if (changed) batch.sync.push(this.changeOf(key));
    return changed;
  }

  /** Removes an attribute for all; returns whether there was one. */
  delete(batch: OpenBatch, key: string): boolean {
    if (!this.#drop(batch, key)) return false;
    this.toAll(batch, { type: 'remove', key });
    return true;
  }

  /** Removes an attribute for a client, which knows it; returns whether there was one. */
  deleteFor(batch: OpenBatch, key: string): boolean {
    if (!this.#drop(batch, key)) return false;
    batch.sync.push({ type: 'remove', key });
    return true;
  }

  /** Sends a message to all; returns its frozen arguments. */
  send(batch: OpenBatch, method: string, args: readonly unknown[]): readonly unknown[] {
    const { value, bytes } = immutableCopy(args, this.#limits);
    this.totalSends += 1;
    batch.bytes += bytes + BYTES_PER_CHARACTER * method.length;
    const copy = value as readonly unknown[];
    this.toAll(batch, { type: 'send', method, args: copy });
    return copy;
  }

  toAll(batch: OpenBatch, event: SharedObjectEvent): void {
    batch.sync.push(event);
    if (batch.source !== undefined) batch.owner.push(event);
  }

  /** An attribute's value, as an event. */
  changeOf(key: string): SharedObjectEvent {
    return { type: 'change', key, value: this.attributes.get(key)?.value };
  }

  /** Stores a value; returns whether others have to be told. */
  #store(batch: OpenBatch, key: string, value: unknown, options: ChangeOptions): boolean {
    const { ttlMs, copy } = options;
    const outcome = this.attributes.put(key, value, {
      version: this.#version + 1,
      always: this.#alwaysNotify?.has(key) === true,
      ttlMs,
      copy,
      expire: () => this.#expired(key),
    });
    if (outcome === 'same') return false;
    const entry = this.attributes.get(key);
    // What has an end is not worth keeping beyond it.
    batch.stored.set(key, ttlMs === undefined ? entry?.value : undefined);
    if (outcome === 'kept') return false;
    batch.bytes += entry?.bytes ?? 0;
    this.totalChanges += 1;
    return true;
  }

  #drop(batch: OpenBatch, key: string): boolean {
    if (!this.attributes.remove(key)) return false;
    this.totalDeletes += 1;
    batch.bytes += BYTES_PER_CHARACTER * key.length;
    batch.stored.set(key, undefined);
    return true;
  }
}

/** Of an object that was just made or loaded. */
const FIRST_VERSION = 1;

const BYTES_PER_CHARACTER = 2;
