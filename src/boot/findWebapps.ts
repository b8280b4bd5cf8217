import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError, describeError } from '../base/index.ts';
import type { BootErrorCode } from './bootErrors.ts';
import { type BeanFiles, findWebappBeanFiles } from './findBeanFiles.ts';
import { isTemporaryName } from './watch/isTemporaryName.ts';

/** A folder of `webapps/`. */
export interface WebappFolder extends BeanFiles {
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
}

/**
 * Lists the webapps in a folder, sorted by name.
 *
 * Hidden folders and backups such as `chat~` and `chat.bak` are no webapps. A folder without bean files is listed with no `files`. A missing `webapps` folder has none.
 */
export async function findWebapps(webapps: string, displayRoot: string): Promise<WebappFolder[]> {
  const names = await readdir(webapps).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const found: WebappFolder[] = [];
  for (const name of names.toSorted()) {
    if (isTemporaryName(name)) continue;
    const folder = path.join(webapps, name);
    try {
      if (!(await stat(folder)).isDirectory()) continue;
      found.push({ name, folder, ...(await findWebappBeanFiles(folder, displayRoot)) });
    } catch (cause) {
      const code: BootErrorCode = 'WEBAPP_UNREADABLE';
      const error = new ConfigError(code, `webapp "${name}": ${describeError(cause)}`, { cause });
      found.push({ name, folder, files: [], errors: [error] });
    }
  }
  return found;
}
