import path from 'node:path';
import { Red5Error } from '../base/index.ts';

/** A webapp as its code is found in stacks. */
export interface Suspect {
  readonly name: string;
  /** Its folder as it is written, and as it really is when there are links on the way. */
  readonly codeFolders: readonly string[];
}

/**
 * The webapp whose code is to blame for an error that nobody caught, and whose alone the damage is.
 *
 * That is so when its own code threw, or when its own code, called by nobody but Node, used the server in a way that the server refused
 * on purpose. Anything else that was thrown inside the server may have left it in an unknown state.
 */
export function findCulprit(error: unknown, suspects: readonly Suspect[]): string | undefined {
  const frames = framesOf(error);
  const [innermost] = frames;
  const outermost = error instanceof Red5Error ? frames.at(-1) : undefined;
  return ownerOf(innermost, suspects) ?? ownerOf(outermost, suspects);
}

/** The webapp that had any part in an error: the one whose code stands innermost in its stack. */
export function findSuspect(error: unknown, suspects: readonly Suspect[]): string | undefined {
  for (const frame of framesOf(error)) {
    const owner = ownerOf(frame, suspects);
    if (owner !== undefined) return owner;
  }
  return undefined;
}

/** The frames of a stack that are not Node's own, innermost first. */
function framesOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !line.includes('node:') && line.includes(path.sep));
}

function ownerOf(frame: string | undefined, suspects: readonly Suspect[]): string | undefined {
  if (frame === undefined) return undefined;
  return suspects.find(({ codeFolders }) =>
    codeFolders.some((folder) => frame.includes(folder + path.sep)),
  )?.name;
}
