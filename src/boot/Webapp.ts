import type { ConfigError, Logger } from '../base/index.ts';
import { ApplicationContext, type ClassRegistry } from '../container/index.ts';
import { WebScope } from '../server/index.ts';
import type { WebappFolder } from './findWebapps.ts';
import { ModuleLoader } from './ModuleLoader.ts';
import { WebappFiles } from './WebappFiles.ts';

/** What a webapp is read with. */
export interface WebappOptions {
  readonly parent: ApplicationContext;
  readonly classes: ClassRegistry;
  /** Ready modules that webapp code may import by name. */
  readonly modules: Readonly<Record<string, unknown>>;
  readonly systemProperties: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Paths in messages are relative to this folder. */
  readonly displayRoot: string;
  readonly logger: Logger;
}

/**
 * One webapp: a context of beans that is a child of the server's.
 *
 * {@link Webapp.read} checks, {@link Webapp.start} creates the beans and awaits `appStart`, {@link Webapp.stop} undoes both.
 */
export class Webapp {
  /** Name of its folder. */
  readonly name: string;
  /** Absolute path of its folder. */
  readonly folder: string;
  readonly #context: ApplicationContext;
  readonly #loader: ModuleLoader;

  private constructor(found: WebappFolder, context: ApplicationContext, loader: ModuleLoader) {
    this.name = found.name;
    this.folder = found.folder;
    this.#context = context;
    this.#loader = loader;
  }

  /**
   * Reads and checks the bean files of a webapp and loads its code; no bean is created.
   *
   * @throws ConfigErrors with all that is wrong
   */
  static async read(found: WebappFolder, options: WebappOptions): Promise<Webapp> {
    const { name, folder, files } = found;
    const { modules, systemProperties, logger, ...rest } = options;
    const loader = new ModuleLoader(folder, modules);
    const context = await ApplicationContext.read({
      ...rest,
      name,
      files,
      baseFolder: folder,
      systemProperties: { ...systemProperties, 'red5.webapp.root': folder },
      loadModule: (file) => loader.load(file),
      servletContext: new WebappFiles(name, folder, () => loader.files),
      logger: logger.child(name),
    });
    return new Webapp(found, context, loader);
  }

  /** Absolute paths of what it is made of: bean files, properties and code; optional ones that are missing as well. */
  get sourceFiles(): readonly string[] {
    return [...this.#context.sourceFiles, ...this.#loader.files];
  }

  /** Problems of beans that nobody needs at the start. */
  get warnings(): readonly ConfigError[] {
    return this.#context.warnings;
  }

  /** How many beans its files define. */
  get beanCount(): number {
    return this.#context.getBeanNames().length;
  }

  /** The applications of the webapp; usually one, known once it was started. */
  get scopes(): readonly WebScope[] {
    return [...this.#context.getBeansOfType<unknown>('WebScope').values()].filter(
      (bean) => bean instanceof WebScope,
    );
  }

  /** Creates the beans and starts them, which calls `appStart`; a failure leaves nothing behind. */
  async start(deadline?: AbortSignal): Promise<void> {
    try {
      await this.#context.refresh();
      await this.#context.start();
    } catch (error) {
      // The first failure is what the user has to know; closing reports its own to the log.
      await this.#context.close(deadline).catch(() => undefined);
      throw error;
    }
  }

  /** Stops the beans, which calls `appStop`, and destroys them. */
  async stop(deadline?: AbortSignal): Promise<void> {
    await this.#context.close(deadline);
  }
}
