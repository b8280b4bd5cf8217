import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Database, RootDatabase } from 'lmdb';
import { type BeanInfo, describeError, Red5Error } from '../../base/index.ts';
import type { Store, StoreChanges } from './Store.ts';
import { decodeStoredValue, encodeStoredValue } from './storedValue.ts';

type Key = [collection: string, key: string];

/**
 * A store in a folder on disk, made when it is first used.
 *
 * Each write is one transaction, and resolves when it is on disk; writes that come together share the flush. Whatever the process or the
 * machine does, a write is there wholly or not at all. Names never become file names: the folder has two files, whatever is stored.
 * One process may use a folder at a time.
 */
export class LMDBStore implements Store {
  static readonly beanInfo: BeanInfo = {
    types: ['LMDBStore', 'Store'],
    properties: { folder: 'string' },
    constructors: [[], [['folder', 'string']]],
  };

  /** Absolute path; made when missing. */
  folder: string;
  #root: RootDatabase<Buffer, Key> | undefined;
  #names: Database<string, string> | undefined;
  readonly #known = new Set<string>();

  constructor(folder = '') {
    this.folder = folder;
  }

  read(collection: string): ReadonlyMap<string, unknown> {
    const id = collectionID(collection);
    const records = new Map<string, unknown>();
    for (const { key, value } of this.#open().getRange({ start: [id, ''], end: after(id) })) {
      const [name, content] = decodeStoredValue(value) as [string | undefined, unknown];
      records.set(name ?? key[1], content);
    }
    return records;
  }

  async write(collection: string, changes: StoreChanges): Promise<void> {
    const root = this.#open();
    const id = collectionID(collection);
    await root.batch(() => {
      this.#remember(collection, id);
      for (const [key, value] of changes) {
        const short = shortKey(key);
        if (value === undefined) void root.remove([id, short]);
        else
          void root.put([id, short], encodeStoredValue([short === key ? undefined : key, value]));
      }
    });
    await root.flushed;
  }

  async clear(collection: string): Promise<void> {
    const root = this.#open();
    const id = collectionID(collection);
    const keys = [...root.getKeys({ start: [id, ''], end: after(id) })];
    this.#known.delete(collection);
    await root.batch(() => {
      for (const key of keys) void root.remove(key);
      void this.#names?.remove(id);
    });
    await root.flushed;
  }

  list(prefix: string): readonly string[] {
    const root = this.#open();
    const names: string[] = [];
    for (const { key, value } of this.#names?.getRange() ?? []) {
      const isEmpty = root.getKeysCount({ start: [key, ''], end: after(key), limit: 1 }) === 0;
      if (value.startsWith(prefix) && !isEmpty) names.push(value);
    }
    return names;
  }

  async close(): Promise<void> {
    const root = this.#root;
    this.#root = undefined;
    this.#names = undefined;
    this.#known.clear();
    if (root === undefined) return;
    await root.flushed;
    await root.close();
  }

  #remember(collection: string, id: string): void {
    if (this.#known.has(collection)) return;
    this.#known.add(collection);
    void this.#names?.put(id, collection);
  }

  #open(): RootDatabase<Buffer, Key> {
    if (this.#root !== undefined) return this.#root;
    if (this.folder === '') throw new Red5Error('STORE_FAILED', 'the store has no folder');
    try {
      mkdirSync(this.folder, { recursive: true });
      // Loaded here, so that servers without persistent objects need no native code.
      const { open } = createRequire(import.meta.url)('lmdb') as typeof import('lmdb');
      this.#root = open<Buffer, Key>({ path: this.folder, encoding: 'binary', noSubdir: false });
      this.#names = this.#root.openDB<string, string>({ name: 'names', encoding: 'string' });
      return this.#root;
    } catch (error) {
      throw cannotOpen(this.folder, error);
    }
  }
}

/** A key after all keys of a collection. */
function after(id: string): Key {
  return [`${id}~`, ''];
}

/** LMDB's keys have 1,978 bytes at most; a longer name is stored with its value. */
const MAX_KEY_CHARACTERS = 400;

/** Begins like a digest, or would not come back from UTF-8 or from between separators as it was. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL and ESC mean something in LMDB keys
const UNUSUAL = /^#|[\u0000-\u001f]|\p{Surrogate}/u;

/** A name of fixed length for one of any length. */
function collectionID(collection: string): string {
  return digest(collection).slice(0, 32);
}

function shortKey(key: string): string {
  const isPlain = key.length <= MAX_KEY_CHARACTERS && !UNUSUAL.test(key);
  return isPlain ? key : `#${digest(key)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text, 'utf16le').digest('hex');
}

function cannotOpen(folder: string, cause: unknown): Red5Error {
  const message = `cannot open the store in ${folder}: ${describeError(cause)}`;
  return new Red5Error('STORE_FAILED', message, { cause });
}
