import { readFileSync } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createJiti, type Jiti } from 'jiti';
import { CodeTransformer } from './CodeTransformer.ts';

const relativeImport = /\b(?:from|import|require)\s*\(?\s*['"](\.{1,2}\/[^'"\n]+)['"]/g;
const codeEndings = ['.ts', '.js', '.mts', '.mjs', '.cts', '.cjs', '.tsx'];
/** What jiti would leave to Node, whose cache is one for the whole process and never forgets. */
const plainEndings = ['.js', '.mjs', '.cjs'];

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
  /** What jiti looks modules up in: plain JavaScript is evaluated at that moment, before it could hand them to Node. */
  readonly #cache: Record<string, CachedModule>;
  /** Read from the text: files that are imported only later count as well. */
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
    this.#cache = new Proxy(this.#modules, {
      get: (modules, file) =>
        typeof file === 'string' ? (modules[file] ?? this.#evaluatePlain(file)) : undefined,
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
      cache: this.#cache as never,
    });
    return exports as Record<string, unknown>;
  }

  /** Evaluates a file that somebody imports; undefined when jiti does that itself, or when it belongs to a package. */
  #evaluatePlain(file: string): CachedModule | undefined {
    const ending = path.extname(file);
    if (!path.isAbsolute(file) || file.includes(`${path.sep}node_modules${path.sep}`))
      return undefined;
    if (!plainEndings.includes(ending)) return undefined;
    const source = readFileSync(file, 'utf8');
    const evaluate = (async: boolean) => {
      const cache = this.#cache as never;
      return this.#jiti.evalModule(source, { id: file, filename: file, ext: '.ts', async, cache });
    };
    try {
      evaluate(false);
      return this.#modules[file];
    } catch (error) {
      delete this.#modules[file];
      // It waits at its top level, or something does that it imports; its importer waits for what it is given.
      const waits =
        error instanceof SyntaxError &&
        ending !== '.cjs' &&
        /\bawait\b/.test(source + error.message);
      if (!waits) throw error;
      return { exports: evaluate(true) as never };
    }
  }

  async #noteImports(file: string): Promise<void> {
    if (this.#imported.has(file)) return;
    this.#imported.add(file);
    if (path.extname(file) === '.json') {
      // Node keeps data as it was at the first time.
      delete createRequire(file).cache[file];
      return;
    }
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
    if (found?.isFile() && [...codeEndings, '.json'].includes(path.extname(candidate))) {
      return realpath(candidate);
    }
  }
  return undefined;
}
