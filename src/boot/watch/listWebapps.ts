import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isArchiveName, webappNameOf } from '../archive/webappNameOf.ts';
import { isTemporaryName } from './isTemporaryName.ts';

/** What lies in the folder of the webapps. */
export interface WebappListing {
  readonly folders: ReadonlySet<string>;
  /** Webapp's name → absolute path of the newest archive of that name. */
  readonly archives: ReadonlyMap<string, string>;
  /** Archives whose file name gives no name for a webapp, each with the error. */
  readonly unnamed: ReadonlyMap<string, unknown>;
}

/** Lists folders and archives; links to them count as well. A missing folder of webapps has none. */
export async function listWebapps(webapps: string): Promise<WebappListing> {
  const folders = new Set<string>();
  const newest = new Map<string, { readonly file: string; readonly modifiedMs: number }>();
  const unnamed = new Map<string, unknown>();
  for (const entry of (await readdir(webapps).catch(() => [])).toSorted()) {
    if (isTemporaryName(entry)) continue;
    const file = path.join(webapps, entry);
    // A link that leads nowhere, or removed meanwhile.
    const stats = await stat(file).catch(() => undefined);
    if (stats?.isDirectory()) folders.add(entry);
    if (stats?.isFile() !== true || !isArchiveName(entry)) continue;
    try {
      const name = webappNameOf(entry);
      const other = newest.get(name);
      if (other === undefined || other.modifiedMs <= stats.mtimeMs) {
        newest.set(name, { file, modifiedMs: stats.mtimeMs });
      }
    } catch (error) {
      unnamed.set(file, error);
    }
  }
  const archives = new Map([...newest].map(([name, { file }]) => [name, file]));
  return { folders, archives, unnamed };
}
