/** What honours the deadline by itself gets this long to say so in its own words. */
const GRACE_MS = 250;

/**
 * Waits for some work that has to end with a deadline, whether it knows of that or not.
 *
 * @throws Error when it has not ended shortly after the deadline; it may go on, and nobody hears of it
 */
export async function untilDeadline(
  work: unknown,
  deadline: AbortSignal | undefined,
): Promise<void> {
  if (deadline === undefined) {
    await work;
    return;
  }
  let timer: NodeJS.Timeout | undefined;
  let cut = (): void => {};
  const late = new Promise<never>((_resolve, reject) => {
    cut = () => {
      timer = setTimeout(() => reject(new Error('it has not ended in time')), GRACE_MS);
    };
    if (deadline.aborted) cut();
    else deadline.addEventListener('abort', cut, { once: true });
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    deadline.removeEventListener('abort', cut);
  }
}
