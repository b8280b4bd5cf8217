import { Red5Error } from '../base/index.ts';
import { sameValue } from './sameValue.ts';

/** Told of each change of the attributes it was added to, after the change. */
export interface AttributeListener {
  /** `value` is undefined when the attribute was removed, `previous` when it is new. */
  attributeChanged(store: AttributeStore, name: string, value: unknown, previous: unknown): void;
}

/** What {@link AttributeStore.setAttributes} takes. */
export type AttributeSource =
  | AttributeStore
  | ReadonlyMap<string, unknown>
  | Readonly<Record<string, unknown>>;

/**
 * Named values of a scope, connection or client.
 *
 * Values are kept by reference and never leave the process by themselves. `null` and `undefined` are not storable: setting them
 * changes nothing, use {@link AttributeStore.removeAttribute}. Nothing is inherited from parent scopes.
 *
 * @red5 org.red5.server.api.IAttributeStore
 * @red5 org.red5.server.AttributeStore
 */
export class AttributeStore {
  #attributes: Map<string, unknown> | undefined;
  #listeners: Set<AttributeListener> | undefined;

  /** A view of all attributes; it follows later changes. */
  get attributes(): ReadonlyMap<string, unknown> {
    return this.#map();
  }

  /** The number of attributes. */
  get attributeCount(): number {
    return this.#attributes?.size ?? 0;
  }

  /** The names of all attributes, in the order they were first set. */
  getAttributeNames(): string[] {
    return this.#attributes === undefined ? [] : [...this.#attributes.keys()];
  }

  /** Whether the attribute exists. */
  hasAttribute(name: string): boolean {
    return this.#attributes?.has(name) ?? false;
  }

  /** The value, or `defaultValue`, which is not stored. */
  getAttribute(name: string): unknown;
  getAttribute<T>(name: string, defaultValue: T): T;
  getAttribute(name: string, defaultValue?: unknown): unknown {
    const value = this.#attributes?.get(name);
    return value === undefined ? defaultValue : value;
  }

  /** The value as a string; undefined when absent. @throws Red5Error `ATTRIBUTE_TYPE` */
  getStringAttribute(name: string): string | undefined {
    return this.#typed(name, 'string', (value) => typeof value === 'string') as string | undefined;
  }

  /** The value as a number; undefined when absent. @throws Red5Error `ATTRIBUTE_TYPE` */
  getNumberAttribute(name: string): number | undefined {
    return this.#typed(name, 'number', (value) => typeof value === 'number') as number | undefined;
  }

  /** The value as a boolean; undefined when absent. @throws Red5Error `ATTRIBUTE_TYPE` */
  getBoolAttribute(name: string): boolean | undefined {
    return this.#typed(name, 'boolean', (value) => typeof value === 'boolean') as
      | boolean
      | undefined;
  }

  /** The value as a list; undefined when absent. @throws Red5Error `ATTRIBUTE_TYPE` */
  getListAttribute(name: string): readonly unknown[] | undefined {
    return this.#typed(name, 'list', Array.isArray) as readonly unknown[] | undefined;
  }

  /**
   * Sets a value.
   *
   * @returns whether the value is new or differs by content from the one before; an object set again counts as changed, since it may
   * have been modified in place
   */
  setAttribute(name: string, value: unknown): boolean {
    if (value === undefined || value === null) return false;
    const attributes = this.#map();
    const previous = attributes.get(name);
    attributes.set(name, value);
    const changed = previous === value ? isMutable(value) : !sameValue(previous, value);
    if (changed) this.#changed(name, value, previous);
    return changed;
  }

  /** Sets a value unless there is one; returns the one there was, or undefined when `value` was set. */
  setAttributeIfAbsent(name: string, value: unknown): unknown {
    const present = this.#attributes?.get(name);
    if (present !== undefined) return present;
    this.setAttribute(name, value);
    return undefined;
  }

  /** Sets many values; returns whether any changed. */
  setAttributes(values: AttributeSource): boolean {
    let changed = false;
    for (const [name, value] of attributeEntries(values)) {
      if (this.setAttribute(name, value)) changed = true;
    }
    return changed;
  }

  /** Removes a value; returns whether there was one. */
  removeAttribute(name: string): boolean {
    const previous = this.#attributes?.get(name);
    if (previous === undefined) return false;
    this.#attributes?.delete(name);
    this.#changed(name, undefined, previous);
    return true;
  }

  /** Removes all values. */
  removeAttributes(): void {
    for (const name of this.getAttributeNames()) this.removeAttribute(name);
  }

  /** Tells a listener of every change from now on. */
  addAttributeListener(listener: AttributeListener): void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
  }

  /** Removes what `addAttributeListener` added; nothing happens when it is not there. */
  removeAttributeListener(listener: AttributeListener): void {
    this.#listeners?.delete(listener);
  }

  #map(): Map<string, unknown> {
    this.#attributes ??= new Map();
    return this.#attributes;
  }

  #typed(name: string, type: string, isType: (value: unknown) => boolean): unknown {
    const value = this.#attributes?.get(name);
    if (value === undefined || isType(value)) return value;
    throw new Red5Error('ATTRIBUTE_TYPE', `attribute "${name}" is not a ${type}`);
  }

  #changed(name: string, value: unknown, previous: unknown): void {
    if (this.#listeners === undefined) return;
    for (const listener of this.#listeners) listener.attributeChanged(this, name, value, previous);
  }
}

/** The entries of anything that attributes can be taken from. */
export function attributeEntries(values: AttributeSource): Iterable<readonly [string, unknown]> {
  if (values instanceof AttributeStore) return values.attributes;
  if (values instanceof Map) return values;
  return Object.entries(values);
}

function isMutable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Object.isFrozen(value);
}
