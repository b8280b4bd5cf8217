import { isAbsolute, join, relative, sep } from 'node:path';
import { Red5Error } from '../../../base/index.ts';
import type { Scope } from '../../scope/Scope.ts';
import { scopeNameFault } from '../../scope/scopeName.ts';
import type { ServerErrorCode } from '../../serverErrors.ts';
import { DefaultStreamFilenameGenerator } from './DefaultStreamFilenameGenerator.ts';
import {
  type GenerationType,
  STREAM_FILENAME_GENERATOR,
  type StreamFilenameGenerator,
} from './StreamFilenameGenerator.ts';

const EXTENSION = '.flv';
const PREFIX = /^flv:/;
const MAX_NAME_LENGTH = 256;
const MAX_FOLDERS = 8;

/**
 * Finds out where the recording of a stream lies, or will.
 *
 * The name is a client's, so it is checked before anybody makes a path of it, and the path once more.
 *
 * @param name - with or without `.flv` at its end and `flv:` before it
 * @returns undefined when the application has no folder
 * @throws Red5Error with code `NAME_NOT_ALLOWED`
 */
export function locateRecording(
  scope: Scope,
  name: string,
  type: GenerationType,
): string | undefined {
  const folder = scope.application?.servletContext?.folder;
  const plain = recordingName(name);
  const generator =
    scope.context?.getBean<StreamFilenameGenerator>(STREAM_FILENAME_GENERATOR) ??
    new DefaultStreamFilenameGenerator();
  if (folder === undefined && !generator.resolvesToAbsolutePath) return undefined;
  const path = generator.generateFilename(scope, plain, EXTENSION, type);
  if (generator.resolvesToAbsolutePath && isAbsolute(path)) return path;
  const whole = join(folder ?? '', path);
  const inside = relative(folder ?? '', whole);
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw notAllowed(`the path of "${name}" leads out of the webapp`);
  }
  return whole;
}

/**
 * The name of a stream as a path below the folder of recordings, without prefix and extension.
 *
 * @throws Red5Error with code `NAME_NOT_ALLOWED`
 */
export function recordingName(name: string): string {
  const withoutPrefix = name.replace(PREFIX, '');
  const plain = withoutPrefix.toLowerCase().endsWith(EXTENSION)
    ? withoutPrefix.slice(0, -EXTENSION.length)
    : withoutPrefix;
  const parts = plain.split('/');
  if (parts.length > MAX_FOLDERS) throw notAllowed(`a stream inside ${parts.length - 1} folders`);
  for (const part of parts) {
    const fault = scopeNameFault(part, MAX_NAME_LENGTH) ?? fileNameFault(part);
    if (fault !== undefined) throw notAllowed(`the name of stream "${name}" ${fault}`);
  }
  return plain;
}

/** What scopes may be called and files had better not: hidden files, drive letters, endings that some file systems leave out. */
function fileNameFault(part: string): string | undefined {
  if (part.startsWith('.')) return 'begins with a dot';
  if (part.endsWith('.')) return 'ends with a dot';
  return part.includes(':') ? 'has a colon' : undefined;
}

function notAllowed(message: string): Red5Error {
  return new Red5Error('NAME_NOT_ALLOWED' satisfies ServerErrorCode, message);
}
