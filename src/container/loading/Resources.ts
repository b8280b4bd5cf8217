import { existsSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceLocation } from '../../base/index.ts';
import type { SourceText } from '../definition/SourceText.ts';
import { configError } from '../errors/Problems.ts';
import { readSource } from '../readers/decodeText.ts';

/** Where {@link Resources} look. */
export interface ResourceFolders {
  /** The folder of the webapp (or of the server): `/WEB-INF/x`, `/x` and `x` are looked up here. */
  readonly baseFolder: string;
  /** `classpath:x`; default the base folder. */
  readonly classpathFolder?: string;
  /** Paths in messages are relative to it. */
  readonly displayRoot?: string;
}

/** Finds the files that bean files name, and says how they are shown to people. */
export class Resources {
  readonly #base: string;
  readonly #classpath: string;
  readonly #displayRoot: string | undefined;
  /** Files whose text the context is made of: bean files, what they import, properties; also those that were missing. */
  readonly sourceFiles: Set<string> = new Set();

  constructor(folders: ResourceFolders) {
    this.#base = resolve(folders.baseFolder);
    this.#classpath = resolve(folders.classpathFolder ?? folders.baseFolder);
    this.#displayRoot =
      folders.displayRoot === undefined ? undefined : resolve(folders.displayRoot);
  }

  /** The folder of the webapp. */
  get baseFolder(): string {
    return this.#base;
  }

  /** A path as it is shown in messages. */
  show(file: string): string {
    if (this.#displayRoot === undefined) return file;
    const shown = relative(this.#displayRoot, resolve(file));
    return shown.startsWith('..') || isAbsolute(shown) ? file : shown;
  }

  /** Reads a file; its {@link SourceText.file} is the path that is shown. */
  read(file: string): SourceText {
    this.sourceFiles.add(resolve(file));
    return readSource(file, this.show(file));
  }

  /**
   * The paths a location stands for: several for a pattern such as `conf/*.xml`, else one, whether it exists or not.
   *
   * @param from - file whose folder relative locations start from; default the base folder
   * @throws ConfigError NOT_SUPPORTED for `http:` and other schemes
   */
  locate(location: string, place: SourceLocation | undefined, from?: string): string[] {
    const path = this.#path(location.trim(), place, from);
    if (/[*?]/.test(path)) return expandPattern(path);
    // With an asterisk: all there are, none as well.
    return /^\s*classpath\*:/.test(location) && !existsSync(path) ? [] : [path];
  }

  #path(location: string, place: SourceLocation | undefined, from: string | undefined): string {
    const classpath = /^classpath\*?:\/*(.*)$/.exec(location)?.[1];
    if (classpath !== undefined) return this.#onClasspath(classpath);
    if (/^file:/.test(location)) return this.#fileUrl(location);
    const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(location)?.[1];
    if (scheme !== undefined) {
      throw configError(
        'NOT_SUPPORTED',
        `"${scheme}:" locations are not read: "${location}"`,
        place,
      );
    }
    if (location.startsWith('/')) return this.#inWebapp(location);
    if (from === undefined) return this.#inWebapp(`/${location}`);
    return join(dirname(from), location);
  }

  /** A webapp of Java has its classes and what belongs to them in `WEB-INF/classes`. */
  #onClasspath(path: string): string {
    const places = [
      this.#classpath,
      join(this.#base, 'WEB-INF/classes'),
      join(this.#base, 'WEB-INF'),
    ];
    const wild = path.split('/').findIndex((step) => /[*?]/.test(step));
    const sought = wild === -1 ? path : path.split('/').slice(0, wild).join('/');
    const found = places.find((place) => existsSync(join(place, sought)));
    return join(found ?? this.#classpath, path);
  }

  #fileUrl(location: string): string {
    const path = location.slice('file:'.length);
    if (/^\/\/\/[^/]/.test(path)) {
      try {
        return fileURLToPath(`file:${path}`);
      } catch {
        // Not a proper URL, such as one with a stray "%": taken as a path below.
      }
    }
    return resolve(this.#base, path.replace(/^\/\/+/, '/'));
  }

  /** `/WEB-INF/x` is `x` in a webapp that has no such folder. */
  #inWebapp(location: string): string {
    const path = join(this.#base, location);
    const inside = /^\/+WEB-INF\/(.*)$/.exec(location)?.[1];
    if (inside === undefined || existsSync(join(this.#base, 'WEB-INF'))) return path;
    return join(this.#base, inside);
  }
}

/** The files that fit a pattern, folder by folder, sorted by name; `**` stands for any folders. */
function expandPattern(path: string): string[] {
  const steps = path.split('/');
  const first = steps.findIndex((step) => /[*?]/.test(step));
  const root = steps.slice(0, first).join('/') || '/';
  const wanted = steps.slice(first);
  const depth = wanted.includes('**') ? DEEPEST : wanted.length;
  const pattern = new RegExp(`^${toExpression(wanted)}$`);
  return filesIn(root, depth).filter((file) => pattern.test(file.slice(join(root, '/').length)));
}

/** Folders below the place where a pattern begins. */
const DEEPEST = 20;

function toExpression(steps: readonly string[]): string {
  const last = steps.length - 1;
  return steps
    .map((step, index) => {
      if (step === '**') return index === last ? '.*' : '(?:.*/)?';
      const text = step
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replace(/\*+/g, '[^/]*')
        .replace(/\?/g, '[^/]');
      return index === last ? text : `${text}/`;
    })
    .join('');
}

function filesIn(folder: string, depth: number): string[] {
  if (depth === 0 || !existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesIn(path, depth - 1) : [path];
    });
}
