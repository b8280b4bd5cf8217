import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';

/** Folders that the running application writes to; they stay when its code is replaced. */
const dataFolders = ['persistence', 'streams'];

/** A folder that was put into the place of another. */
export interface Replacement {
  /** Removes what was replaced. */
  keep(): Promise<void>;
  /** Puts back what was replaced. */
  undo(): Promise<void>;
}

/**
 * Puts a folder into the place of another of the same file system: nobody ever sees a part of it.
 *
 * What the application wrote moves along, if the new folder does not bring it: `persistence`, `streams`, and, when it is known which
 * files were installed, every other one.
 *
 * @param fresh - what comes
 * @param target - where it goes; may not exist yet
 * @param aside - where what is replaced goes meanwhile
 * @param installed - files inside `target` that are to be replaced; undefined when nobody knows
 */
export async function replaceFolder(
  fresh: string,
  target: string,
  aside: string,
  installed: ReadonlySet<string> | undefined,
): Promise<Replacement> {
  const exists = existsSync(target);
  const moved: string[] = [];
  if (exists) {
    await rename(target, aside);
    try {
      await moveData(aside, fresh, installed, moved);
    } catch (error) {
      for (const name of moved) await move(fresh, aside, name);
      await rename(aside, target);
      throw error;
    }
  }
  await rename(fresh, target);
  return {
    async keep() {
      await rm(aside, { recursive: true, force: true });
    },
    async undo() {
      for (const name of moved) await move(target, aside, name);
      // Out of the way at once: removing many files takes time, in which there would be no webapp.
      const failed = `${aside}.failed.tmp`;
      await rename(target, failed);
      if (exists) await rename(aside, target);
      await rm(failed, { recursive: true, force: true });
    },
  };
}

/** Ends what {@link replaceFolder} had begun when the process was killed: the new folder takes its place, with all that was written. */
export async function finishReplacing(
  fresh: string,
  target: string,
  aside: string,
  installed: ReadonlySet<string> | undefined,
): Promise<void> {
  if (existsSync(target)) return;
  if (!existsSync(fresh)) return rename(aside, target);
  await moveData(aside, fresh, installed, []);
  await rename(fresh, target);
}

async function moveData(
  from: string,
  to: string,
  installed: ReadonlySet<string> | undefined,
  moved: string[],
): Promise<void> {
  for (const name of await dataOf(from, installed)) {
    if (existsSync(path.join(to, name))) continue;
    await move(from, to, name);
    moved.push(name);
  }
}

/** Removes the given files and the folders that become empty by that; what else lies there stays. */
export async function removeFiles(folder: string, files: Iterable<string>): Promise<void> {
  const folders = new Set<string>(['']);
  for (const file of files) {
    await rm(path.join(folder, file), { force: true });
    for (let parent = path.dirname(file); parent !== '.'; parent = path.dirname(parent)) {
      folders.add(parent);
    }
  }
  // Longest first: children before parents.
  for (const name of [...folders].toSorted((a, b) => b.length - a.length)) {
    await rmdir(path.join(folder, name)).catch((error: NodeJS.ErrnoException) => {
      if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(error.code ?? '')) throw error;
    });
  }
}

async function dataOf(
  folder: string,
  installed: ReadonlySet<string> | undefined,
): Promise<string[]> {
  const data = dataFolders.filter((name) => existsSync(path.join(folder, name)));
  if (installed === undefined) return data;
  const isData = (name: string) => dataFolders.some((one) => name.startsWith(one + path.sep));
  const files: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const name = path.relative(folder, path.join(entry.parentPath, entry.name));
    if (entry.isDirectory() || isData(name)) continue;
    if (!installed.has(name.split(path.sep).join('/'))) files.push(name);
  }
  return [...data, ...files];
}

async function move(from: string, to: string, name: string): Promise<void> {
  const target = path.join(to, name);
  await mkdir(path.dirname(target), { recursive: true });
  await rename(path.join(from, name), target);
}
