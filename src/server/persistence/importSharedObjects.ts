import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { describeError, Red5Error } from '../../base/index.ts';
import { AMF0Reader } from '../../io/index.ts';
import type { Store } from './Store.ts';
import { sharedObjectCollection } from './sharedObjectCollection.ts';

/** What became of one file of Red5. */
export interface ImportedSharedObject {
  /** Path below the persistence folder. */
  readonly file: string;
  /** Where the object is now: `/chat/room1`. Absent when the file could not be read. */
  readonly scope?: string;
  readonly name?: string;
  /** How many attributes it has. */
  readonly attributes?: number;
  /** Why the file was left out. */
  readonly error?: string;
}

/**
 * Reads one `.red5` file, as Red5's FilePersistence writes shared objects.
 *
 * @throws Red5Error `RED5_FILE` when it is something else
 */
export function readSharedObjectFile(bytes: Uint8Array): {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, unknown>;
} {
  try {
    const reader = new AMF0Reader(bytes);
    const className = reader.readValue();
    if (className !== SHARED_OBJECT_CLASS)
      throw notOurs(`begins with ${JSON.stringify(className)}`);
    const name = reader.readValue();
    const attributes = reader.readValue();
    if (typeof name !== 'string' || typeof attributes !== 'object' || attributes === null) {
      throw notOurs('has no name or no attributes');
    }
    const entries = Object.entries(attributes).filter(
      ([, value]) => value !== null && value !== undefined,
    );
    return { name, attributes: new Map(entries) };
  } catch (error) {
    throw error instanceof Red5Error && error.code === 'RED5_FILE'
      ? error
      : notOurs(describeError(error), error);
  }
}

/**
 * Brings the persistent shared objects of a Red5 webapp into a store: all `.red5` files of its `persistence` folder.
 *
 * What the store already has of an object is replaced. A file that cannot be read is reported and left out; nothing is deleted.
 */
export async function importSharedObjects(
  persistenceFolder: string,
  store: Store,
): Promise<ImportedSharedObject[]> {
  const folder = join(persistenceFolder, 'SHARED_OBJECT');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.red5'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const report: ImportedSharedObject[] = [];
  for (const path of files) report.push(await importFile(folder, relative(folder, path), store));
  return report;
}

async function importFile(
  folder: string,
  file: string,
  store: Store,
): Promise<ImportedSharedObject> {
  try {
    const { name, attributes } = readSharedObjectFile(await readFile(join(folder, file)));
    // The file is `<context path>/[rooms/]<name>.red5`, and the name may have slashes of its own.
    const path = `/${file.slice(0, -'.red5'.length).split(sep).join('/')}`;
    if (!path.endsWith(`/${name}`)) throw notOurs(`holds an object named ${JSON.stringify(name)}`);
    const scope = path.slice(0, -name.length - 1) || '/';
    const collection = sharedObjectCollection(scope, name);
    await store.clear(collection);
    await store.write(collection, attributes);
    return { file, scope, name, attributes: attributes.size };
  } catch (error) {
    return { file, error: describeError(error) };
  }
}

const SHARED_OBJECT_CLASS = 'org.red5.server.so.SharedObject';

function notOurs(why: string, cause?: unknown): Red5Error {
  return new Red5Error('RED5_FILE', `not a shared object of Red5: ${why}`, { cause });
}
