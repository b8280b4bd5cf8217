import { deserialize, serialize } from 'node:v8';

/**
 * Plain data as bytes, for stores.
 *
 * Node's own format: lists, objects, `Map`, `Set`, dates, bytes and every number come back as they were, in this and later versions of
 * Node. Symbol-keyed marks, such as the class names that AMF gives objects, are kept aside by their registered names.
 */
export function encodeStoredValue(value: unknown): Buffer {
  return serialize(hasMarks(value) ? { [MARKED]: toUnmarked(value) } : value);
}

/** The value that {@link encodeStoredValue} wrote. */
export function decodeStoredValue(bytes: Uint8Array): unknown {
  const value: unknown = deserialize(bytes);
  return isObject(value) && Object.hasOwn(value, MARKED)
    ? toMarked((value as Record<string, unknown>)[MARKED])
    : value;
}

// No attribute begins with NUL by accident, and one that does is only one level further in.
const MARKED = '\0marked';
const MARKS = '\0marks';
const CONTENT = '\0content';

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function hasMarks(value: unknown): boolean {
  if (!isObject(value) || value instanceof Date) return false;
  if (Object.getOwnPropertySymbols(value).length > 0) return true;
  if (ArrayBuffer.isView(value)) return false;
  if (value instanceof Map)
    return [...value].some(([key, item]) => hasMarks(key) || hasMarks(item));
  if (value instanceof Set) return [...value].some(hasMarks);
  return Object.hasOwn(value, MARKED) || Object.values(value).some(hasMarks);
}

/** A tree in which every object that has marks is `{ marks, content }`, and so is one that looks like it. */
function toUnmarked(value: unknown): unknown {
  if (!isObject(value) || value instanceof Date) return value;
  const content = mapItems(value, toUnmarked);
  const marks = Object.getOwnPropertySymbols(value).map((mark) => [
    Symbol.keyFor(mark) ?? '',
    toUnmarked((value as Record<symbol, unknown>)[mark]),
  ]);
  return marks.length > 0 || Object.hasOwn(value, CONTENT)
    ? { [MARKS]: marks, [CONTENT]: content }
    : content;
}

function toMarked(value: unknown): unknown {
  if (!isObject(value) || value instanceof Date) return value;
  if (!Object.hasOwn(value, CONTENT)) return mapItems(value, toMarked);
  const { [MARKS]: marks, [CONTENT]: content } = value as {
    [MARKS]: [string, unknown][];
    [CONTENT]: object;
  };
  const copy = mapItems(content, toMarked) as Record<symbol, unknown>;
  for (const [name, mark] of marks) copy[Symbol.for(name)] = toMarked(mark);
  return copy;
}

/** A copy of a container without its symbols, its items changed. */
function mapItems(value: object, change: (item: unknown) => unknown): object {
  if (Array.isArray(value)) return value.map(change);
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [change(k), change(v)]));
  if (value instanceof Set) return new Set([...value].map(change));
  if (ArrayBuffer.isView(value)) {
    return value instanceof DataView ? value : (value as Uint8Array).slice();
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item)]));
}
