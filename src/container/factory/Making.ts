/** Work that may wait for promises in between: it yields each, and goes on when the promise is done. */
export type Making<T> = Generator<Promise<unknown>, T, unknown>;

/** True for promises and everything that behaves like one. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
