/**
 * Key under which an object or array carries the name of its ActionScript class.
 *
 * Values are plain data; this is kept aside so that a typed object goes on to other clients as what it was. It is enumerable, so that
 * `{ ...value }` keeps it, and a symbol, so that no name from the wire can be confused with it.
 */
export const amfClassName: unique symbol = Symbol.for('red5-node.amfClassName');

/** Key under which an array that was a `Vector.<T>` of objects carries the name of `T`; empty for `Vector.<Object>` and `Vector.<*>`. */
export const amfVectorType: unique symbol = Symbol.for('red5-node.amfVectorType');

/** Key under which a vector of fixed length carries `true`. */
export const amfFixedLength: unique symbol = Symbol.for('red5-node.amfFixedLength');

/** Key under which a `Map` that was a `Dictionary` with weak keys carries `true`. */
export const amfWeakKeys: unique symbol = Symbol.for('red5-node.amfWeakKeys');

interface Marks {
  [amfClassName]?: string;
  [amfVectorType]?: string;
  [amfFixedLength]?: true;
  [amfWeakKeys]?: true;
}

/** The ActionScript class name of a value, if it has one. */
export function classNameOf(value: object): string | undefined {
  return (value as Marks)[amfClassName];
}

/** Gives a value an ActionScript class name, under which writers send it, and returns it. */
export function withClassName<T extends object>(value: T, name: string): T {
  (value as Marks)[amfClassName] = name;
  return value;
}

/**
 * The element type of an array that was a `Vector` of objects.
 *
 * @internal
 */
export function vectorTypeOf(value: object): string | undefined {
  return (value as Marks)[amfVectorType];
}

/** Makes writers of AMF3 send an array as `Vector.<T>`; without a type name as `Vector.<Object>`. */
export function asVector<T extends unknown[]>(value: T, typeName = ''): T {
  (value as Marks)[amfVectorType] = typeName;
  return value;
}

/**
 * Whether a vector has a fixed length.
 *
 * @internal
 */
export function hasFixedLength(value: object): boolean {
  return (value as Marks)[amfFixedLength] === true;
}

/** Marks a vector (an array of {@link asVector}, `Int32Array`, `Uint32Array` or `Float64Array`) as one of fixed length. */
export function withFixedLength<T extends object>(value: T): T {
  (value as Marks)[amfFixedLength] = true;
  return value;
}

/**
 * Whether a dictionary holds its keys weakly.
 *
 * @internal
 */
export function hasWeakKeys(value: object): boolean {
  return (value as Marks)[amfWeakKeys] === true;
}

/** Marks a `Map` as a `Dictionary` with weak keys. */
export function withWeakKeys<T extends object>(value: T): T {
  (value as Marks)[amfWeakKeys] = true;
  return value;
}
