import { ConfigError, describeError, LifecycleError } from '../base/index.ts';
import { ConfigErrors, renderConfigErrors } from '../container/index.ts';

/**
 * What went wrong, for a person: each configuration error with its source line, anything else with the stack of what caused it.
 *
 * Failures that followed the first one are named after it.
 *
 * @param root - folder of the server, which the paths of configuration errors are relative to
 */
export function explainError(error: unknown, root = '.'): string {
  if (error instanceof ConfigErrors) return renderConfigErrors(error.errors, { root });
  if (error instanceof ConfigError) return renderConfigErrors([error], { root });
  if (!(error instanceof Error)) return describeError(error);
  const lines = [stackOf(error)];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    lines.push(`caused by: ${stackOf(cause)}`);
  }
  if (error instanceof LifecycleError) {
    for (const other of error.others) lines.push(`then: ${describeError(other)}`);
  }
  return lines.join('\n');
}

/** The failures of beans say themselves what happened where; a stack would only show the container. */
function stackOf(error: Error): string {
  if (error instanceof LifecycleError) return `${error.code} ${error.message}`;
  return error.stack ?? describeError(error);
}
