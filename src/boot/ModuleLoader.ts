import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { createJiti, type Jiti } from 'jiti';

/** The part of Node's module object that is looked at. */
interface CachedModule {
  readonly exports: Record<string, unknown>;
}

/**
 * Loads a webapp's code as it is: TypeScript and JavaScript, ES modules and CommonJS, without a build step.
 *
 * Each loader has modules of its own, so that two servers, or two copies of a webapp, share nothing; and it holds the only
 * reference to them, so that they go with it. Type annotations are dropped, not checked.
 */
export class ModuleLoader {
  readonly #jiti: Jiti;
  /** File → module; jiti enters whatever is imported, directly or not. */
  readonly #modules: Record<string, CachedModule> = Object.create(null);
  readonly #loading = new Map<string, Promise<Record<string, unknown>>>();

  /**
   * @param folder - the webapp's folder, where bare names such as `lodash` are looked up from
   * @param provided - ready modules by name: what `import … from 'red5-node'` gives, the very objects the server uses
   */
  constructor(folder: string, provided: Readonly<Record<string, unknown>>) {
    this.#jiti = createJiti(path.join(folder, path.sep), {
      // Node's own cache is one for the whole process, and never forgets.
      moduleCache: false,
      fsCache: false,
      sourceMaps: true,
      virtualModules: { ...provided },
    });
  }

  /** Absolute paths of all files that were loaded so far, those imported by others included. */
  get files(): string[] {
    return Object.keys(this.#modules);
  }

  /** The exports of a file; the same object each time. */
  load(file: string): Promise<Record<string, unknown>> {
    const known = this.#loading.get(file);
    if (known !== undefined) return known;
    const loading = this.#evaluate(file);
    this.#loading.set(file, loading);
    return loading;
  }

  async #evaluate(file: string): Promise<Record<string, unknown>> {
    // Imports are cached by real path: a file reached through a link must not be evaluated twice.
    const filename = await realpath(file);
    const imported = this.#modules[filename];
    if (imported !== undefined) return imported.exports;
    const exports = await this.#jiti.evalModule(await readFile(filename, 'utf8'), {
      id: filename,
      filename,
      ext: path.extname(filename),
      async: true,
      cache: this.#modules as never,
    });
    return exports as Record<string, unknown>;
  }
}
