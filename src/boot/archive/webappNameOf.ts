import path from 'node:path';
import { ConfigError } from '../../base/index.ts';
import type { ArchiveErrorCode } from './archiveErrors.ts';

const ending = /\.(war|zip)$/i;
const version = /-\d+(\.\d+)+([.-][\w.-]+)?$/;

/** Whether a file of this name holds a webapp. */
export function isArchiveName(name: string): boolean {
  return ending.test(name) && !name.startsWith('.');
}

/**
 * The webapp's name that an archive's file name stands for: `chat.war` and `chat-1.2.war` are `chat`, `chat-2.zip` is `chat-2`.
 *
 * @throws ConfigError ARCHIVE_NAME when nothing is left that could be a folder
 */
export function webappNameOf(file: string): string {
  const name = path.basename(file).replace(ending, '').replace(version, '');
  if (/^[A-Za-z0-9_][\w.-]*$/.test(name)) return name;
  const code: ArchiveErrorCode = 'ARCHIVE_NAME';
  const message = `archive "${path.basename(file)}" gives no name for a webapp: letters, digits, "_", "-" and "." are possible`;
  throw new ConfigError(code, message);
}
