import type { ConfigError, Logger } from '../base/index.ts';
import { ApplicationContext, type ClassRegistry } from '../container/index.ts';
import { type Server, Succession, WebScope } from '../server/index.ts';
import type { CodeTransformer } from './CodeTransformer.ts';
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
  /** Shared by all webapps and their versions. */
  readonly transformer?: CodeTransformer;
}

/**
 * One version of a webapp: a context of beans that is a child of the server's.
 *
 * {@link Webapp.read} checks, {@link Webapp.create} makes the beans, {@link Webapp.start} awaits `appStart`, {@link Webapp.open} lets
 * clients in, {@link Webapp.stop} undoes everything.
 */
export class Webapp {
  /** Name of its folder. */
  readonly name: string;
  /** Absolute path of its folder. */
  readonly folder: string;
  readonly #context: ApplicationContext;
  readonly #files: WebappFiles;
  readonly #loader: ModuleLoader;
  #isEnding = false;

  private constructor(context: ApplicationContext, files: WebappFiles, loader: ModuleLoader) {
    this.name = files.name;
    this.folder = files.folder;
    this.#context = context;
    this.#files = files;
    this.#loader = loader;
  }

  /**
   * Reads and checks the bean files of a webapp and loads its code; no bean is created.
   *
   * @param previous - the version that this one is to take the place of
   * @throws ConfigErrors with all that is wrong
   */
  static async read(
    found: WebappFolder,
    options: WebappOptions,
    previous?: Webapp,
  ): Promise<Webapp> {
    const { name, folder, files } = found;
    const { modules, systemProperties, logger, transformer, ...rest } = options;
    const loader = new ModuleLoader(folder, modules, transformer);
    const replaces = previous === undefined ? undefined : previous.#files;
    const servletContext = new WebappFiles(name, folder, () => loader.files, replaces);
    const context = await ApplicationContext.read({
      ...rest,
      name,
      files,
      baseFolder: folder,
      systemProperties: { ...systemProperties, 'red5.webapp.root': folder },
      loadModule: (file) => loader.load(file),
      servletContext,
      logger: logger.child(name),
    });
    return new Webapp(context, servletContext, loader);
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

  /** The applications of the webapp; usually one, known once its beans were created; none once it stops. */
  get scopes(): readonly WebScope[] {
    if (this.#isEnding) return [];
    return [...this.#context.getBeansOfType<unknown>('WebScope').values()].filter(
      (bean) => bean instanceof WebScope,
    );
  }

  /** Creates the beans; a failure leaves none behind. */
  async create(): Promise<void> {
    await this.#context.refresh();
  }

  /** Starts the beans, which calls `appStart`; after a failure it has to be stopped. */
  async start(): Promise<void> {
    await this.#context.start();
  }

  /** Lets new clients in: they no longer reach the version that this one replaces. */
  open(server: Server, previous: Webapp | undefined): void {
    server.replaceApplications(previous?.scopes ?? [], this.scopes);
    this.#files.replaces = undefined;
    for (const scope of this.scopes) scope.open();
  }

  /** Each application of a version that goes on in this one. */
  successionsFrom(previous: Webapp): Succession[] {
    const successions: Succession[] = [];
    for (const old of previous.scopes) {
      const next = this.scopes.find(({ contextPath }) => contextPath === old.contextPath);
      if (next !== undefined) successions.push(new Succession(old, next));
    }
    return successions;
  }

  /** Stops the beans, which calls `appStop`, and destroys them. */
  async stop(deadline?: AbortSignal): Promise<void> {
    this.#isEnding = true;
    await this.#context.close(deadline);
  }
}
