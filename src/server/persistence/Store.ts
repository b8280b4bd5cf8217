import type { MaybePromise } from '../MaybePromise.ts';

/** Changes of one collection: a value to store, or undefined to delete. */
export type StoreChanges = ReadonlyMap<string, unknown>;

/**
 * Keeps records of an application beyond its life: shared objects and scope attributes.
 *
 * Records are plain data under a key inside a collection; both may be any text. A store in memory answers at once, one behind a network
 * by promises.
 */
export interface Store {
  /** All records of a collection; empty when there is none. */
  read(collection: string): MaybePromise<ReadonlyMap<string, unknown>>;
  /** Makes all changes or none; they survive a crash when it resolves. Writes of one collection are made in the order of the calls. */
  write(collection: string, changes: StoreChanges): MaybePromise<void>;
  /** Deletes all records of a collection. */
  clear(collection: string): MaybePromise<void>;
  /** Names of the collections that begin with a text. */
  list(prefix: string): MaybePromise<readonly string[]>;
  /** Waits for what is being written, then gives everything free; safe twice. */
  close(): MaybePromise<void>;
}
