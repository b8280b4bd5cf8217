import type { Store, StoreChanges } from './Store.ts';

/** A store that forgets everything with the process. */
export class MemoryStore implements Store {
  readonly #collections = new Map<string, Map<string, unknown>>();

  read(collection: string): ReadonlyMap<string, unknown> {
    return new Map(this.#collections.get(collection));
  }

  write(collection: string, changes: StoreChanges): void {
    const records = this.#collections.get(collection) ?? new Map<string, unknown>();
    for (const [key, value] of changes) {
      if (value === undefined) records.delete(key);
      else records.set(key, value);
    }
    if (records.size === 0) this.#collections.delete(collection);
    else this.#collections.set(collection, records);
  }

  clear(collection: string): void {
    this.#collections.delete(collection);
  }

  list(prefix: string): readonly string[] {
    return [...this.#collections.keys()].filter((name) => name.startsWith(prefix));
  }

  close(): void {}
}
