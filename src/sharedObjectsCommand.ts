import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { Red5Error } from './base/index.ts';
import { askServer, type Deployment } from './boot/index.ts';
import type { CommandResult } from './checkCommand.ts';
import { type ImportedSharedObject, importSharedObjects, LMDBStore } from './server/index.ts';

/** Options of {@link importCommand}. */
export interface ImportCommandOptions {
  /** Folder of the webapp whose objects are brought over; it must not run. */
  readonly webapp: string;
  /** The folder of the server. */
  readonly root: string;
  /** Red5's `persistence` folder. Default: the one in the webapp. */
  readonly from: string | undefined;
}

/** `red5 so import`: brings the persistent shared objects that Red5 kept as `.red5` files into the webapp's own store. */
export async function importCommand(options: ImportCommandOptions): Promise<CommandResult> {
  const webapp = path.resolve(options.webapp);
  const from = path.resolve(options.from ?? path.join(webapp, 'persistence'));
  if (!existsSync(webapp)) return refused(`there is no folder "${webapp}"`);
  if (!existsSync(path.join(from, 'SHARED_OBJECT'))) {
    return refused(
      `there is no folder "SHARED_OBJECT" in "${from}"; name Red5's persistence folder with --from`,
    );
  }
  if (await isDeployed(webapp, options.root)) {
    const why = 'it would not see what is imported, and write over it';
    return {
      output: `red5: webapp "${webapp}" runs; stop its server first: ${why}\n`,
      exitCode: 1,
    };
  }
  const store = new LMDBStore(path.join(webapp, 'persistence'));
  try {
    const imported = await importSharedObjects(from, store);
    const isWhole = imported.every(({ error }) => error === undefined);
    return { output: imported.map(line).join(''), exitCode: isWhole ? 0 : 2 };
  } finally {
    await store.close();
  }
}

/** Whether the server of the root, or of the folder that the webapp is in, runs the webapp. */
async function isDeployed(webapp: string, root: string): Promise<boolean> {
  for (const folder of new Set([path.resolve(root), path.resolve(webapp, '../..')])) {
    try {
      const { body } = await askServer(folder, { method: 'GET', path: '/deployments' });
      const deployments = Array.isArray(body) ? (body as Deployment[]) : [];
      if (deployments.some((one) => isSameFolder(one.folder, webapp))) return true;
    } catch (error) {
      if (!(error instanceof Red5Error)) throw error;
    }
  }
  return false;
}

function isSameFolder(a: string, b: string): boolean {
  return existsSync(a) && realpathSync(a) === realpathSync(b);
}

function line({ file, scope, name, attributes, error }: ImportedSharedObject): string {
  if (error !== undefined) return `left out  ${file}: ${error}\n`;
  return `imported  ${file}: "${name}" of ${scope}, ${attributes} attributes\n`;
}

function refused(message: string): CommandResult {
  return { output: `red5: ${message}\n`, exitCode: 2 };
}
