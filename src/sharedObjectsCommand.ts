import { existsSync } from 'node:fs';
import path from 'node:path';
import type { CommandResult } from './checkCommand.ts';
import { type ImportedSharedObject, importSharedObjects, LMDBStore } from './server/index.ts';

/** Options of {@link importCommand}. */
export interface ImportCommandOptions {
  /** Folder of the webapp whose objects are brought over; the server must not run. */
  readonly webapp: string;
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
  const store = new LMDBStore(path.join(webapp, 'persistence'));
  try {
    const imported = await importSharedObjects(from, store);
    const isWhole = imported.every(({ error }) => error === undefined);
    return { output: imported.map(line).join(''), exitCode: isWhole ? 0 : 2 };
  } finally {
    await store.close();
  }
}

function line({ file, scope, name, attributes, error }: ImportedSharedObject): string {
  if (error !== undefined) return `left out  ${file}: ${error}\n`;
  return `imported  ${file}: "${name}" of ${scope}, ${attributes} attributes\n`;
}

function refused(message: string): CommandResult {
  return { output: `red5: ${message}\n`, exitCode: 2 };
}
