import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ConfigError } from '../base/index.ts';
import { type ApplicationContext, ConfigErrors } from '../container/index.ts';
import { findWebappBeanFiles } from './findBeanFiles.ts';
import { findWebapps, type WebappFolder } from './findWebapps.ts';
import { inspectServer, type StartOptions, sharedOptions } from './startServer.ts';
import { Webapp } from './Webapp.ts';

/** What {@link checkFolder} looked at and found. */
export interface CheckReport {
  /** What stops a start. */
  readonly errors: readonly ConfigError[];
  /** What stops only beans that nobody needs at the start. */
  readonly warnings: readonly ConfigError[];
  /** Names of the contexts that were checked: `red5` for the server, else the webapp's. */
  readonly checked: readonly string[];
  /** Names of webapps that could not be checked because the server has no file of its own, or several. */
  readonly unchecked: readonly string[];
  readonly beans: number;
}

/** Options of {@link checkFolder}. */
export interface CheckOptions extends Omit<StartOptions, 'root'> {
  /** The folder of a server, or of one webapp. */
  readonly folder: string;
  /** The server a single webapp is checked against. */
  readonly server: string;
}

/**
 * Reads and checks a server with its webapps, or one webapp, without starting anything: what `start` would find wrong before
 * it makes the first bean.
 */
export async function checkFolder(options: CheckOptions): Promise<CheckReport> {
  const folder = path.resolve(options.folder);
  const isServer = existsSync(path.join(folder, 'conf')) || !(await isWebapp(folder));
  const root = isServer ? folder : path.resolve(options.server);
  const check = new Check({ ...options, root });
  await check.server(isServer);
  if (isServer) {
    const webapps = options.webapps ?? path.join(root, 'webapps');
    for (const found of await findWebapps(webapps, root)) await check.webapp(found, root);
  } else {
    const { files, errors } = await findWebappBeanFiles(folder, folder);
    await check.webapp({ name: path.basename(folder), folder, files, errors }, folder);
  }
  await check.close();
  return check.report;
}

async function isWebapp(folder: string): Promise<boolean> {
  const { files, errors } = await findWebappBeanFiles(folder, folder);
  return files.length + errors.length > 0;
}

class Check {
  readonly #options: StartOptions;
  #context: ApplicationContext | undefined;
  readonly #errors: ConfigError[] = [];
  readonly #warnings: ConfigError[] = [];
  readonly #checked: string[] = [];
  readonly #unchecked: string[] = [];
  #beans = 0;

  constructor(options: StartOptions) {
    this.#options = options;
  }

  get report(): CheckReport {
    return {
      errors: this.#errors,
      warnings: this.#warnings,
      checked: this.#checked,
      unchecked: this.#unchecked,
      beans: this.#beans,
    };
  }

  /** @param counts - false when the server is only what a webapp is checked against */
  async server(counts: boolean): Promise<void> {
    try {
      this.#context = await inspectServer(this.#options);
      this.#errors.push(...this.#context.errors);
    } catch (error) {
      this.#collect(error);
    }
    if (!counts) return;
    this.#checked.push('red5');
    this.#warnings.push(...(this.#context?.warnings ?? []));
    this.#beans += this.#context?.getBeanNames().length ?? 0;
  }

  async webapp(found: WebappFolder, displayRoot: string): Promise<void> {
    this.#errors.push(...found.errors);
    if (found.files.length === 0) return;
    if (this.#context === undefined) {
      this.#unchecked.push(found.name);
      return;
    }
    this.#checked.push(found.name);
    try {
      const webapp = await Webapp.read(found, {
        ...sharedOptions(this.#options),
        displayRoot,
        parent: this.#context,
        modules: this.#options.modules ?? {},
      });
      this.#warnings.push(...webapp.warnings);
      this.#beans += webapp.beanCount;
      await webapp.stop();
    } catch (error) {
      this.#collect(error);
    }
  }

  async close(): Promise<void> {
    await this.#context?.close();
  }

  #collect(error: unknown): void {
    if (!(error instanceof ConfigErrors)) throw error;
    this.#errors.push(...error.errors);
    this.#warnings.push(...error.warnings);
  }
}
