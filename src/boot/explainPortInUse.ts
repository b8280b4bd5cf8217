import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LifecycleError, type SourceLocation } from '../base/index.ts';

/**
 * One line that says which port is taken, which bean wanted it and how to choose another; undefined for any other error.
 *
 * @param root - the server's folder, which paths in errors are relative to
 */
export function explainPortInUse(error: unknown, root: string): string | undefined {
  if (!(error instanceof LifecycleError)) return undefined;
  const { cause } = error;
  if (!(cause instanceof LifecycleError) || cause.code !== 'PORT_IN_USE') return undefined;
  const { bean = 'unknown', location } = error;
  const place = location === undefined ? '' : ` (${location.file}:${location.line})`;
  const setting = location === undefined ? undefined : portSetting(root, location);
  const advice =
    setting === undefined
      ? 'change its property "port"'
      : `choose another with -D${setting}=… or ${setting.toUpperCase().replace(/\W/g, '_')}=…`;
  return `${cause.message}; bean "${bean}"${place} wants it: ${advice}`;
}

/** The placeholder that the port of a bean is written with, since what was read has its value in the place of it. */
function portSetting(root: string, { file, line }: SourceLocation): string | undefined {
  let text: string;
  try {
    text = readFileSync(path.resolve(root, file), 'utf8');
  } catch {
    // Only advice is lost: the error itself is told without the file.
    return undefined;
  }
  const rest = text
    .split('\n')
    .slice(line - 1)
    .join('\n');
  return /\bport\b["']?\s*(?:[:=]|value=)\s*["']?\$\{([\w.-]+)/.exec(rest)?.[1];
}
