import type { Clock, Timer } from '../base/index.ts';

/** What {@link withTimeout} gives when the work has not ended in time. */
export const TIMED_OUT: unique symbol = Symbol('timed out');

/** The result of some work, or {@link TIMED_OUT}; the work may go on, and what it throws then is lost. */
export async function withTimeout<T>(
  clock: Clock,
  timeMs: number,
  work: Promise<T>,
): Promise<T | typeof TIMED_OUT> {
  let timer: Timer | undefined;
  const timeout = new Promise<typeof TIMED_OUT>((resolve) => {
    timer = clock.after(timeMs, () => resolve(TIMED_OUT));
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timer?.cancel();
  }
}
