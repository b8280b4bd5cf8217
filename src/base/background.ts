import { describeError } from './describeError.ts';
import type { Logger } from './Logger.ts';

/**
 * Lets a promise run on its own; a failure is logged and goes no further.
 *
 * @param what - what was being done, as the start of the log line: `closing connection`
 */
export function background(promise: Promise<unknown>, logger: Logger, what: string): void {
  promise.catch((error: unknown) => {
    logger.error(`${what} failed: ${describeError(error)}`, {
      stack: error instanceof Error ? error.stack : undefined,
    });
  });
}
