import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { createJiti, type Jiti } from 'jiti';
import { CodeTransformer } from './CodeTransformer.ts';

const relativeImport = /\b(?:from|import|require)\s*\(?\s*['"](\.{1,2}\/[^'"\n]+)['"]/g;
const codeEndings = ['.ts', '.js', '.mts', '.mjs', '.cts', '.cjs', '.tsx'];

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
  /** Read from the text, since jiti leaves plain ES modules and CommonJS to Node and does not tell. */
  readonly #imported = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();
  readonly #loading = new Map<string, Promise<Record<string, unknown>>>();

  /**
   * @param folder - the webapp's folder, where bare names such as `lodash` are looked up from
   * @param provided - ready modules by name: what `import … from 'red5-node'` gives, the very objects the server uses
   * @param transformer - shared, so that files that did not change are not transformed again
   */
  constructor(
    folder: string,
    provided: Readonly<Record<string, unknown>>,
    transformer: CodeTransformer = new CodeTransformer(),
  ) {
    this.#jiti = createJiti(path.join(folder, path.sep), {
      // Node's own cache is one for the whole process, and never forgets.
      moduleCache: false,
      fsCache: false,
      sourceMaps: true,
      transform: (options) => ({ code: transformer.transform(options) }),
      virtualModules: { ...provided },
    });
  }

  /** Absolute paths of all code files known so far: what was loaded, and what the text of those files imports by path. */
  get files(): string[] {
    return [...new Set([...Object.keys(this.#modules), ...this.#imported])];
  }

  /** The exports of a file; the same object each time. */
  load(file: string): Promise<Record<string, unknown>> {
    const known = this.#loading.get(file);
    if (known !== undefined) return known;
    // One after the other: two files that import a third at the same time would each evaluate it.
    const loading = this.#last.then(() => this.#evaluate(file));
    this.#last = loading.catch(() => undefined);
    this.#loading.set(file, loading);
    return loading;
  }

  async #evaluate(file: string): Promise<Record<string, unknown>> {
    // Imports are cached by real path: a file reached through a link must not be evaluated twice.
    const filename = await realpath(file);
    const imported = this.#modules[filename];
    if (imported !== undefined) return imported.exports;
    await this.#noteImports(filename);
    const exports = await this.#jiti.evalModule(await readFile(filename, 'utf8'), {
      id: filename,
      filename,
      // Whatever its name says: plain JavaScript would be left to Node, with modules of the whole process.
      ext: '.ts',
      async: true,
      cache: this.#modules as never,
    });
    return exports as Record<string, unknown>;
  }

  async #noteImports(file: string): Promise<void> {
    if (this.#imported.has(file)) return;
    this.#imported.add(file);
    const text = await readFile(file, 'utf8');
    for (const [, specifier = ''] of text.matchAll(relativeImport)) {
      const imported = await resolveImport(path.resolve(path.dirname(file), specifier));
      if (imported !== undefined) await this.#noteImports(imported);
    }
  }
}

async function resolveImport(file: string): Promise<string | undefined> {
  const { dir, name, ext } = path.parse(file);
  const candidates = [
    file,
    // './x.js' in TypeScript means './x.ts'.
    ...(ext.endsWith('js') ? [path.join(dir, `${name}${ext.replace(/js$/, 'ts')}`)] : []),
    ...codeEndings.flatMap((ending) => [`${file}${ending}`, path.join(file, `index${ending}`)]),
  ];
  for (const candidate of candidates) {
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isFile() && codeEndings.includes(path.extname(candidate))) {
      return realpath(candidate);
    }
  }
  return undefined;
}
