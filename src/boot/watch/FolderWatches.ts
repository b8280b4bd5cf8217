import { type FSWatcher, watch } from 'node:fs';
import path from 'node:path';

/**
 * Tells when something in one of a set of folders may have changed.
 *
 * What the operating system tells is taken as a hint only: which file it was, and whether it was told at all, differs from system to
 * system. The number of watched folders is bounded; the rest has to be looked at from time to time.
 */
export class FolderWatches {
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #onHint: (folder: string) => void;
  readonly #limit: number;

  /** @param onHint - called with the folder, many times for one change */
  constructor(limit: number, onHint: (folder: string) => void) {
    this.#limit = limit;
    this.#onHint = onHint;
  }

  /** How many folders are watched now. */
  get size(): number {
    return this.#watchers.size;
  }

  /**
   * Watches these folders and no others.
   *
   * @returns those that are there and not watched: too many, or the system has no watchers left
   */
  set(folders: ReadonlySet<string>): Set<string> {
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    const missing = new Set<string>();
    for (const folder of folders) {
      if (!this.#watchers.has(folder) && !this.#add(folder)) missing.add(folder);
    }
    return missing;
  }

  /** Watches nothing any more. */
  close(): void {
    this.set(new Set());
  }

  #add(folder: string): boolean {
    if (this.#watchers.size >= this.#limit) return false;
    try {
      const watcher = watch(folder, { persistent: false });
      const drop = () => {
        watcher.close();
        if (this.#watchers.get(folder) === watcher) this.#watchers.delete(folder);
      };
      watcher.on('change', (_type, name) => {
        this.#onHint(folder);
        // The folder itself was moved or removed: what this watches lies elsewhere, or nowhere.
        if (name === path.basename(folder)) drop();
      });
      watcher.on('error', () => {
        drop();
        this.#onHint(folder);
      });
      this.#watchers.set(folder, watcher);
      return true;
    } catch (error) {
      // Not there: whoever makes it changes a folder above. Anything else, ENOSPC say: the caller looks at it from time to time.
      return isMissing(error);
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
