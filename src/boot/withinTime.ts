/**
 * The result of some work; undefined when it takes longer than a time, or than a signal lets it. The process stays alive meanwhile.
 */
export async function withinTime<T>(
  work: Promise<T>,
  timeMs: number,
  signal?: AbortSignal,
): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  let end = (): void => {};
  const timeout = new Promise<undefined>((resolve) => {
    end = () => resolve(undefined);
    timer = setTimeout(end, timeMs);
    if (signal?.aborted === true) end();
    else signal?.addEventListener('abort', end, { once: true });
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}
