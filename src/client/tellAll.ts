/**
 * Calls all listeners, whatever one of them throws.
 *
 * An error is thrown later and by itself, so that it is seen where the platform shows errors, and harms nothing here.
 */
export function tellAll<T extends readonly unknown[]>(
  listeners: ReadonlySet<(...args: T) => void>,
  ...args: T
): void {
  for (const listener of [...listeners]) {
    try {
      listener(...args);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
