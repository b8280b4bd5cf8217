import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { findWebappBeanFiles } from '../findBeanFiles.ts';
import { isTemporaryName } from './isTemporaryName.ts';

/** What a webapp's files looked like at one moment; two are the same when their texts are. */
export interface Stamp {
  readonly text: string;
  /** When the newest of the files was put there or changed, in milliseconds since the epoch; the system's own time, not one that copies keep. */
  readonly newestMs: number;
  /** Folders in which a change would change the stamp. */
  readonly folders: readonly string[];
  /** Files by path, to say which one changed. */
  readonly files: ReadonlyMap<string, string>;
}

/** Written by the running application, however often it likes. */
const dataFolders = new Set(['persistence', 'streams', 'logs', 'log']);

/**
 * The stamp of a running webapp: only the files it was made of. Pages and pictures are read when they are asked for.
 *
 * @param sources - absolute paths of bean files, properties and code; missing ones count as missing
 */
export async function stampOfSources(folder: string, sources: readonly string[]): Promise<Stamp> {
  const { files: beanFiles } = await findWebappBeanFiles(folder, folder);
  const isModule = (file: string) => file.includes(`${path.sep}node_modules${path.sep}`);
  const files = new Set([
    ...sources.filter((file) => !isModule(file)),
    ...beanFiles,
    path.join(folder, 'package.json'),
    // Written last by npm: tells that packages were added or renewed.
    path.join(folder, 'node_modules', '.package-lock.json'),
  ]);
  const builder = new StampBuilder();
  await builder.addLink(folder);
  for (const file of [...files].toSorted()) {
    builder.add(file, await stat(file).catch(() => undefined));
    builder.folders.add(path.dirname(file));
  }
  builder.folders.add(path.join(folder, 'WEB-INF'));
  builder.folders.add(folder);
  return builder.build();
}

/**
 * The stamp of everything in a folder, to see when it was copied as a whole and whether a second attempt could end otherwise.
 *
 * @param maxFiles - how many files and folders are looked at
 */
export async function stampOfAll(folder: string, maxFiles: number): Promise<Stamp> {
  const builder = new StampBuilder();
  await builder.addLink(folder);
  const visited = new Set<string>();
  const pending = [folder];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const real = await realpath(next).catch(() => undefined);
    // Links may lead in circles.
    if (real === undefined || visited.has(real)) continue;
    visited.add(real);
    const isInModules = `${next}${path.sep}`.includes(`${path.sep}node_modules${path.sep}`);
    if (!isInModules) builder.folders.add(next);
    for (const name of (await readdir(next).catch(() => [])).toSorted()) {
      if (builder.size >= maxFiles) return builder.build();
      if (isTemporaryName(name) || dataFolders.has(name)) continue;
      const file = path.join(next, name);
      const stats = await stat(file).catch(() => undefined);
      if (stats?.isDirectory()) pending.push(file);
      builder.add(file, stats);
    }
  }
  return builder.build();
}

/** The stamp of one file. */
export async function stampOfFile(file: string): Promise<Stamp> {
  const builder = new StampBuilder();
  builder.add(file, await stat(file).catch(() => undefined));
  return builder.build();
}

class StampBuilder {
  readonly folders = new Set<string>();
  readonly #files = new Map<string, string>();
  #newestMs = 0;

  get size(): number {
    return this.#files.size;
  }

  add(file: string, stats: Stats | undefined): void {
    if (stats === undefined) {
      this.#files.set(file, 'missing');
      return;
    }
    if (stats.isDirectory()) {
      // The time of a folder changes with temporary files, too.
      this.#files.set(file, `folder ${stats.ino}`);
      return;
    }
    // Whether a file was replaced, written, or brought with its old time: one of the three tells.
    this.#files.set(file, `${stats.ino} ${stats.size} ${stats.mtimeMs}`);
    this.#newestMs = Math.max(this.#newestMs, stats.ctimeMs);
  }

  /** A link that is turned to another folder changes the stamp. */
  async addLink(folder: string): Promise<void> {
    const real = await realpath(folder).catch(() => 'missing');
    const stats = await stat(folder).catch(() => undefined);
    this.#files.set(folder, `${real} ${stats?.ino}`);
  }

  build(): Stamp {
    const text = [...this.#files].map(([file, state]) => `${file} ${state}`).join('\n');
    return { text, newestMs: this.#newestMs, folders: [...this.folders], files: this.#files };
  }
}
