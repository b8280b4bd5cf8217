/**
 * Whether an array has elements only, no properties with names.
 *
 * @internal
 */
export function isIndexed(array: readonly unknown[]): boolean {
  // Keys that are numbers come first, so the last key tells; `for … in` would visit inherited ones too.
  const keys = Object.keys(array);
  const last = keys[keys.length - 1];
  return last === undefined || (last.length <= 10 && Number(last) < array.length);
}

/**
 * The properties of an array that are not elements.
 *
 * @internal
 */
export function namedElementsOf(array: readonly unknown[]): [string, unknown][] {
  return Object.entries(array).filter(([key]) => !(Number(key) < array.length));
}
