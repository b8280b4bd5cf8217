/** A value, or a promise of it: callbacks may be written either way. */
export type MaybePromise<T> = T | Promise<T>;

/** Whether a callback's result has to be waited for. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
