import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Logger } from '../../src/base/index.ts';
import {
  ApplicationContext,
  type ApplicationContextOptions,
  ClassRegistry,
  ConfigErrors,
} from '../../src/container/index.ts';

/** A logger that keeps its lines. */
export class MemoryLogger implements Logger {
  readonly lines: string[] = [];

  trace(message: string): void {
    this.lines.push(message);
  }

  debug(message: string): void {
    this.lines.push(message);
  }

  info(message: string): void {
    this.lines.push(message);
  }

  warn(message: string): void {
    this.lines.push(message);
  }

  error(message: string): void {
    this.lines.push(message);
  }

  child(): Logger {
    return this;
  }

  isLevelEnabled(): boolean {
    return true;
  }
}

/** A folder with some files that goes away by itself. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/** Writes files into a folder of their own. */
export async function temporaryFolder(
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'red5-container-'));
  for (const [name, content] of Object.entries(files)) {
    const file = join(path, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** What a test may say besides its files. */
export interface ReadOptions extends Partial<Omit<ApplicationContextOptions, 'files'>> {
  /** Files of the folder to read; default those that end in xml or yaml. */
  readonly load?: readonly string[];
  /** Classes by name. */
  readonly with?: Readonly<Record<string, new (...args: never[]) => object>>;
}

/** Reads files that are given as text as one context. */
export async function readContext(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: ReadOptions = {},
): Promise<ApplicationContext & AsyncDisposable> {
  const folder = await temporaryFolder(files);
  const { load, with: given, ...rest } = options;
  const classes = new ClassRegistry(options.classes);
  for (const [name, type] of Object.entries(given ?? {})) classes.register({ name, class: type });
  const names = load ?? Object.keys(files).filter((name) => /\.(?:xml|ya?ml)$/.test(name));
  try {
    const context = await ApplicationContext.read({
      name: 'test',
      files: names.map((name) => join(folder.path, name)),
      baseFolder: folder.path,
      displayRoot: folder.path,
      systemProperties: {},
      env: {},
      logger: new MemoryLogger(),
      ...rest,
      classes,
    });
    const dispose = async (): Promise<void> => {
      await context.close().catch(() => undefined);
      await folder[Symbol.asyncDispose]();
    };
    return Object.assign(context, { [Symbol.asyncDispose]: dispose });
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

/** Reads files that are wrong: `file:line:column CODE` of each problem. */
export async function problemsOf(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: ReadOptions = {},
): Promise<string[]> {
  try {
    await using context = await readContext(files, options);
    return [`no problem in ${context.name}`];
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error;
    return error.errors.map(
      ({ code, location }) => `${location?.file}:${location?.line}:${location?.column} ${code}`,
    );
  }
}
