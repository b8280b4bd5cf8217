/**
 * Whether two values are the same by content: lists by elements in order, maps and objects by entries, dates by time, bytes by content.
 *
 * `NaN` equals itself; `0` and `-0` are the same. Instances of different classes are never the same.
 */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return typeof a === 'number' && typeof b === 'number' && Number.isNaN(a) && Number.isNaN(b);
  }
  if (classOf(a) !== classOf(b)) return false;
  if (a instanceof Date) return sameValue(a.getTime(), (b as Date).getTime());
  if (ArrayBuffer.isView(a)) return sameBytes(a, b as ArrayBufferView);
  if (a instanceof Map) return sameMap(a, b as Map<unknown, unknown>);
  if (a instanceof Set) return sameSet(a, b as Set<unknown>);
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false;
  return sameProperties(a, b);
}

/** Objects without a prototype are plain objects as well. */
function classOf(value: object): unknown {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}

function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  if (a.byteLength !== b.byteLength) return false;
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  );
}

/** Keys that are objects are paired in their order; others are looked up. */
function sameMap(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    if (!isObject(key) && !(b.has(key) && sameValue(value, b.get(key)))) return false;
  }
  const objects = [...a].filter(([key]) => isObject(key));
  return sameValue(objects, objects.length === 0 ? [] : [...b].filter(([key]) => isObject(key)));
}

function sameSet(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const value of a) if (!isObject(value) && !b.has(value)) return false;
  const objects = [...a].filter(isObject);
  return sameValue(objects, objects.length === 0 ? [] : [...b].filter(isObject));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function sameProperties(a: object, b: object): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  const left = a as Record<PropertyKey, unknown>;
  const right = b as Record<PropertyKey, unknown>;
  for (const key of keys) {
    if (!Object.hasOwn(right, key) || !sameValue(left[key], right[key])) return false;
  }
  const marks = Object.getOwnPropertySymbols(a);
  if (marks.length !== Object.getOwnPropertySymbols(b).length) return false;
  return marks.every((mark) => sameValue(left[mark], right[mark]));
}
