import path from 'node:path';
import { describeError, formatLocation, LifecycleError } from '../base/index.ts';
import { ConfigErrors, renderConfigErrors } from '../container/index.ts';

/**
 * Why something failed, one text for each problem: the place first, then what is wrong there.
 *
 * Problems of bean files show their line. What application code threw is placed where its own code threw it.
 *
 * @param root - the server's folder, which paths are relative to
 * @param folder - the webapp's folder, to tell its code from the server's
 */
export function describeProblems(error: unknown, root: string, folder: string): string[] {
  if (error instanceof ConfigErrors) {
    return error.errors.map((problem) => renderConfigErrors([problem], { root }));
  }
  const problems = [describeProblem(error, root, folder)];
  if (error instanceof LifecycleError) {
    for (const other of error.others) problems.push(describeProblem(other, root, folder));
  }
  return problems;
}

function describeProblem(error: unknown, root: string, folder: string): string {
  const place = placeInCode(error, root, folder) ?? placeInBeans(error);
  const code = error instanceof LifecycleError ? `${error.code} ` : '';
  return `${place === undefined ? '' : `${place} `}${code}${describeError(error)}`;
}

/** Where the webapp's own code threw what led to an error, innermost cause first. */
function placeInCode(error: unknown, root: string, folder: string): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const inner = placeInCode(error.cause, root, folder);
  if (inner !== undefined) return inner;
  const frame = firstFrameIn(error.stack ?? '', folder);
  return frame === undefined ? undefined : path.relative(root, frame);
}

/** `file:line:column` of the innermost frame of a stack that lies in a folder. */
export function firstFrameIn(stack: string, folder: string): string | undefined {
  for (const line of stack.split('\n')) {
    if (!/^\s+at /.test(line)) continue;
    const start = line.indexOf(folder + path.sep);
    const place = start < 0 ? undefined : /^(.+):(\d+):(\d+)/.exec(line.slice(start));
    if (place?.[1] !== undefined && !place[1].includes('node_modules')) return place[0];
  }
  return undefined;
}

function placeInBeans(error: unknown): string | undefined {
  const location = (error as { readonly location?: Parameters<typeof formatLocation>[0] } | null)
    ?.location;
  return location === undefined ? undefined : formatLocation(location);
}
