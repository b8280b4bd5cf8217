import { background, type Logger } from '../../base/index.ts';
import type { AttributeListener, AttributeStore } from '../AttributeStore.ts';
import { isPromise, type MaybePromise } from '../MaybePromise.ts';
import type { Store } from '../persistence/Store.ts';

/** Names of attributes that begin like this are never stored, as in Red5. */
const TRANSIENT_PREFIX = '_transient';

/**
 * Keeps the attributes of a scope in a store: brings them back once, and stores each change from then on.
 *
 * Changes of one turn of the event loop are stored together.
 */
export class PersistentAttributes implements AttributeListener {
  readonly #attributes: AttributeStore;
  readonly #store: Store;
  readonly #collection: string;
  readonly #logger: Logger;
  #changes: Map<string, unknown> | undefined;
  #written: Promise<void> = Promise.resolve();

  constructor(
    attributes: AttributeStore,
    options: { readonly store: Store; readonly collection: string; readonly logger: Logger },
  ) {
    this.#attributes = attributes;
    this.#store = options.store;
    this.#collection = options.collection;
    this.#logger = options.logger;
  }

  /** Sets what the store has unless it was set before, and begins to store changes. */
  begin(): MaybePromise<void> {
    const records = this.#store.read(this.#collection);
    if (isPromise(records)) return records.then((loaded) => this.#fill(loaded));
    this.#fill(records);
    return undefined;
  }

  /** Resolves when all changes so far are stored; rejects when one could not be. */
  async stored(): Promise<void> {
    while (this.#changes !== undefined) await this.#flush();
    await this.#written;
  }

  attributeChanged(_store: AttributeStore, name: string, value: unknown): void {
    if (name.startsWith(TRANSIENT_PREFIX)) return;
    if (this.#changes === undefined) {
      this.#changes = new Map();
      setImmediate(() => background(this.#flush(), this.#logger, 'storing scope attributes'));
    }
    this.#changes.set(name, value);
  }

  #fill(records: ReadonlyMap<string, unknown>): void {
    const before = this.#attributes.getAttributeNames();
    for (const [name, value] of records) this.#attributes.setAttributeIfAbsent(name, value);
    this.#attributes.addAttributeListener(this);
    for (const name of before) {
      this.attributeChanged(this.#attributes, name, this.#attributes.getAttribute(name));
    }
  }

  #flush(): Promise<void> {
    const changes = this.#changes;
    this.#changes = undefined;
    if (changes === undefined) return this.#written;
    const write = async (): Promise<void> => this.#store.write(this.#collection, changes);
    this.#written = this.#written.then(write, write);
    return this.#written;
  }
}
