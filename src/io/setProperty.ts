/**
 * Sets a property whose name came from outside.
 *
 * As `JSON.parse` does: `__proto__` becomes an ordinary own property and never the prototype.
 *
 * @internal
 */
export function setProperty(target: object, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
    return;
  }
  (target as Record<string, unknown>)[key] = value;
}
