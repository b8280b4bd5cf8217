import { basename, dirname, extname, join } from 'node:path';
import type { Container } from 'inversify';
import {
  type BeanCallback,
  ConfigError,
  describeError,
  type Lifecycle,
  LifecycleError,
  type Logger,
} from '../../base/index.ts';
import { registerBuiltIns } from '../beans/registerBuiltIns.ts';
import { checkBeans } from '../checks/checkBeans.ts';
import { ClassRegistry } from '../classes/ClassRegistry.ts';
import type { BeanDefinition } from '../definition/BeanDefinition.ts';
import { ConfigErrors, configError, Problems } from '../errors/Problems.ts';
import { BeanFactory } from '../factory/BeanFactory.ts';
import type { BeanRecord } from '../factory/BeanRecord.ts';
import type { BeanScope } from '../factory/BeanScope.ts';
import { isPromise } from '../factory/Making.ts';
import { Environment } from '../loading/Environment.ts';
import { loadDefinitions } from '../loading/loadDefinitions.ts';
import { Resources } from '../loading/Resources.ts';
import {
  type ApplicationEvent,
  ContextClosedEvent,
  ContextRefreshedEvent,
  ContextStartedEvent,
  ContextStoppedEvent,
} from './events.ts';
import { importModule, type LoadModule, loadModules } from './loadModules.ts';

/** What {@link ApplicationContext.read} needs to know. */
export interface ApplicationContextOptions {
  /** For messages: `red5`, `chat`. */
  readonly name: string;
  /** Bean files, read in this order as one context: `.xml`, `.yaml`, `.yml`, `.json`. */
  readonly files: readonly string[];
  /** Folder of the webapp or server: `/WEB-INF/x`, `/x` and `./x` are looked up here. */
  readonly baseFolder: string;
  /** `classpath:x`. Default the base folder. */
  readonly classpathFolder?: string;
  /** Paths in messages are relative to it. */
  readonly displayRoot?: string;
  readonly parent?: ApplicationContext;
  readonly classes: ClassRegistry;
  readonly systemProperties: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Loads code files that bean files name as classes. Default `import()`. */
  readonly loadModule?: LoadModule;
  /** Ready objects, registered before anything else. They are neither initialised nor destroyed. */
  readonly singletons?: Readonly<Record<string, unknown>>;
  /** Handed to beans with `setServletContext(x)`. */
  readonly servletContext?: unknown;
  readonly logger: Logger;
  /** Active profiles. Default `spring.profiles.active` of system properties and environment. */
  readonly profiles?: readonly string[];
  /** Profiles that are active when no other is. Default `default`. */
  readonly defaultProfiles?: readonly string[];
  /** False forbids a later file to replace a bean of an earlier one. Default true. */
  readonly allowOverriding?: boolean;
  /** False forbids beans to need each other in a circle. Default true. */
  readonly allowCircular?: boolean;
  /** Own scopes by name, besides `singleton` and `prototype`. */
  readonly scopes?: Readonly<Record<string, BeanScope>>;
}

/** Options of {@link ApplicationContext.start}. */
export interface StartOptions {
  /** Only beans of this phase and lower ones. */
  readonly maxPhase?: number;
}

/** Options of {@link ApplicationContext.stop}. */
export interface StopOptions {
  /** Only beans of this phase and higher ones. */
  readonly minPhase?: number;
}

/**
 * The beans of a server or of one webapp: read and checked, made, started, stopped and destroyed as one.
 *
 * `read → refresh → start → stop → close`; each step finishes before the next begins. A child sees the beans of its parent,
 * never the other way round.
 */
export class ApplicationContext {
  readonly name: string;
  readonly parent: ApplicationContext | undefined;
  /** Code files that the bean files name, for reloading. */
  readonly moduleFiles: readonly string[];
  /** Problems of beans that nobody needs at the start: lazy ones and prototypes. */
  readonly warnings: readonly ConfigError[];
  readonly #factory: BeanFactory;
  readonly #logger: Logger;
  readonly #children = new Set<ApplicationContext>();
  readonly #started: BeanRecord[] = [];
  #state: 'read' | 'refreshed' | 'closed' = 'read';
  #closing: Promise<void> | undefined;

  private constructor(
    options: ApplicationContextOptions,
    factory: BeanFactory,
    found: { readonly moduleFiles: readonly string[]; readonly warnings: readonly ConfigError[] },
  ) {
    this.name = options.name;
    this.parent = options.parent;
    this.moduleFiles = found.moduleFiles;
    this.warnings = found.warnings;
    this.#factory = factory;
    this.#logger = options.logger;
    if (options.parent !== undefined) options.parent.#children.add(this);
  }

  /**
   * Reads and checks bean files; nothing is made yet.
   *
   * @throws ConfigErrors with everything that is wrong
   */
  static async read(options: ApplicationContextOptions): Promise<ApplicationContext> {
    const problems = new Problems();
    const environment = new Environment(options.systemProperties, options.env);
    const resources = new Resources(options);
    checkTwins(options.files, resources, problems);
    const table = loadDefinitions(options.files, {
      resources,
      profiles: profilesOf(options, environment),
      lookup: (name) => environment.lookup(name),
      allowOverriding: options.allowOverriding ?? true,
      problems,
    });
    const whole = problems.errors.length === 0;

    const classes = new ClassRegistry(options.classes);
    const facade = new Facade();
    const factory = new BeanFactory({
      name: options.name,
      parent: options.parent === undefined ? undefined : options.parent.#factory,
      classes,
      table,
      resources,
      environment,
      logger: options.logger,
      allowCircular: options.allowCircular ?? true,
      facade: () => facade.context,
      callbacks: () => facade.callbacks,
      expressionRoots: new Map<string, unknown>([
        ['systemProperties', environment.systemProperties],
        ['systemEnvironment', environment.variables],
        ['environment', environment],
      ]),
      ...(options.scopes === undefined ? {} : { scopes: new Map(Object.entries(options.scopes)) }),
    });
    registerBuiltIns(factory);
    for (const [name, value] of Object.entries(options.singletons ?? {}))
      factory.registerSingleton(name, value);

    applyConfigurers(factory, problems);
    const moduleFiles = await loadModules(factory, options.loadModule ?? importModule, problems);
    // What is missing from a broken file would be reported a second time by everything that refers to it.
    const checked = whole ? checkBeans(factory) : undefined;
    for (const error of checked?.problems.errors ?? []) problems.errors.push(error);
    problems.throwIfAny(`context "${options.name}"`);

    const warnings = checked?.warnings.errors ?? [];
    for (const { name, by, was } of table.overridden) {
      options.logger.info(
        `bean "${name}" of ${was.file}:${was.line} is replaced by ${by.file}:${by.line}`,
      );
    }
    for (const warning of warnings)
      options.logger.warn(`${warning.code} ${warning.message}`, { location: warning.location });
    factory.bindAll();
    facade.context = new ApplicationContext(options, factory, { moduleFiles, warnings });
    facade.callbacks = callbacksOf(options, environment, facade.context);
    return facade.context;
  }

  /** The inversify container that holds the beans; services may be bound into it by hand before {@link refresh}. */
  get container(): Container {
    return this.#factory.container;
  }

  /**
   * Makes all singletons that are not lazy: constructor, properties, callbacks, `afterPropertiesSet`, init-method.
   *
   * If one fails, those made before are destroyed.
   *
   * @throws ConfigError or BeanCreationError of the first that fails
   */
  async refresh(): Promise<void> {
    this.#expect('read');
    this.#state = 'refreshed';
    try {
      await this.#runFactoryPostProcessors();
      await this.#addPostProcessors();
      for (const record of [...this.#factory.records()]) {
        const { definition } = record;
        if (!definition.singleton || definition.lazyInit || record.state === 'made') continue;
        const isFactory =
          this.#factory.predict(record)?.isFactoryBean === true &&
          definition.factoryMethod === undefined;
        await this.#factory.getBeanAsync(isFactory ? `&${record.name}` : record.name);
      }
    } catch (error) {
      await this.#factory.destroy();
      this.#state = 'closed';
      if (this.parent !== undefined) this.parent.#children.delete(this);
      throw error;
    }
    await this.publishEvent(new ContextRefreshedEvent(this));
  }

  async #runFactoryPostProcessors(): Promise<void> {
    const before = [...this.#factory.records()].filter((record) => {
      const info = this.#factory.predict(record);
      return (
        record.state !== 'made' &&
        info?.takes('postProcessBeanFactory') === true &&
        !isConfigurer(record, this.#factory)
      );
    });
    if (before.length === 0) return;
    for (const bean of await this.#makeOrdered(before)) {
      const result: unknown = (
        bean as { postProcessBeanFactory(factory: BeanFactory): unknown }
      ).postProcessBeanFactory(this.#factory);
      if (isPromise(result)) await result;
    }
    this.#factory.definitionsChanged();
  }

  async #addPostProcessors(): Promise<void> {
    const records = [...this.#factory.records()].filter((record) => {
      const info = this.#factory.predict(record);
      const before = info?.takes('postProcessBean', 'postProcessBeforeInitialization') === true;
      return before || info?.takes('postProcessBean', 'postProcessAfterInitialization') === true;
    });
    this.#factory.postProcessors.push(...(await this.#makeOrdered(records)));
  }

  /** Makes beans and sorts them: those of `PriorityOrdered` first, then those of `Ordered`, then the rest. */
  async #makeOrdered(records: readonly BeanRecord[]): Promise<object[]> {
    const beans: { readonly bean: object; readonly rank: number; readonly order: number }[] = [];
    for (const record of records) {
      const bean = (await this.#factory.getBeanAsync(record.name)) as object;
      const types = this.#factory.typesOf(record);
      const isPriority = hasType(types, 'PriorityOrdered');
      const order = orderOf(bean);
      const isOrdered = hasType(types, 'Ordered') || order !== undefined;
      beans.push({ bean, rank: isPriority ? 0 : isOrdered ? 1 : 2, order: order ?? 0 });
    }
    return beans.sort((a, b) => a.rank - b.rank || a.order - b.order).map(({ bean }) => bean);
  }

  /**
   * Starts the beans that have `start` and `stop` and are not started yet: lower phases first, dependencies first.
   *
   * If one fails, those started by this call are stopped again.
   *
   * @throws LifecycleError BEAN_START_FAILED
   */
  async start(options: StartOptions = {}): Promise<void> {
    this.#expect('refreshed');
    const before = this.#started.length;
    for (const record of this.#lifecycleBeans()) {
      if (
        this.#started.includes(record) ||
        phaseOf(record) > (options.maxPhase ?? Number.POSITIVE_INFINITY)
      )
        continue;
      this.#started.push(record);
      try {
        await (record.value as Lifecycle).start();
      } catch (error) {
        const others = await this.#stopSome(this.#started.splice(before), undefined);
        throw startFailure(record, error, others);
      }
    }
    await this.publishEvent(new ContextStartedEvent(this));
  }

  /** Beans in the order in which they start; those made first are needed by those made later. */
  #lifecycleBeans(): BeanRecord[] {
    const beans = this.#factory.made.filter(({ info, value }) => {
      const hasBoth = info?.takes('start') === true && info.method('stop') !== undefined;
      // The start of a scope handler takes the scope, and is the scope's to call.
      const isLifecycle = hasBoth && info.method('start')?.length === 0;
      return isLifecycle && typeof value === 'object' && value !== null;
    });
    return beans.sort((a, b) => phaseOf(a) - phaseOf(b));
  }

  /**
   * Stops what was started, in reverse order, and goes on after failures.
   *
   * @param deadline - handed to each `stop`
   * @throws LifecycleError BEAN_STOP_FAILED with all failures, at the end
   */
  async stop(deadline?: AbortSignal, options: StopOptions = {}): Promise<void> {
    const chosen = this.#started.filter(
      (record) => phaseOf(record) >= (options.minPhase ?? Number.NEGATIVE_INFINITY),
    );
    for (const record of chosen) this.#started.splice(this.#started.indexOf(record), 1);
    const failures = await this.#stopSome(chosen, deadline);
    if (this.#state !== 'closed') await this.publishEvent(new ContextStoppedEvent(this));
    const [first, ...others] = failures;
    if (first !== undefined) throw withOthers(first, others);
  }

  async #stopSome(
    records: readonly BeanRecord[],
    deadline: AbortSignal | undefined,
  ): Promise<LifecycleError[]> {
    const failures: LifecycleError[] = [];
    for (const record of [...records].reverse()) {
      try {
        await (record.value as Lifecycle).stop(deadline);
      } catch (error) {
        const message = `bean "${record.name}" failed to stop: ${describeError(error)}`;
        this.#logger.warn(message);
        failures.push(
          new LifecycleError('BEAN_STOP_FAILED', message, {
            phase: 'stop',
            bean: record.name,
            location: record.definition.location,
            cause: error,
          }),
        );
      }
    }
    return failures;
  }

  /**
   * Closes children, stops, and destroys all beans, dependents first; a second call waits for the first.
   *
   * Failures are logged and do not stop the rest.
   *
   * @throws LifecycleError with the first failure and the others
   */
  close(deadline?: AbortSignal): Promise<void> {
    this.#closing ??= this.#close(deadline);
    return this.#closing;
  }

  async #close(deadline: AbortSignal | undefined): Promise<void> {
    const failures: unknown[] = [];
    const attempt = async (task: () => Promise<void>): Promise<void> => {
      try {
        await task();
      } catch (error) {
        failures.push(error);
      }
    };
    for (const child of [...this.#children].reverse()) await attempt(() => child.close(deadline));
    if (this.#state === 'refreshed') {
      await attempt(() => this.stop(deadline));
      await attempt(() => this.publishEvent(new ContextClosedEvent(this)));
    }
    this.#state = 'closed';
    failures.push(...(await this.#factory.destroy()));
    if (this.parent !== undefined) this.parent.#children.delete(this);
    const [first, ...others] = failures;
    if (first instanceof LifecycleError) throw withOthers(first, others);
    if (first !== undefined) throw first;
  }

  /** Tells all beans with `onApplicationEvent`, here and in the ancestors, one after the other. */
  async publishEvent(event: ApplicationEvent): Promise<void> {
    for (const { info, value } of [...this.#factory.made]) {
      if (info?.takes('onApplicationEvent') !== true) continue;
      const result: unknown = info.method('onApplicationEvent')?.call(value, event);
      if (isPromise(result)) await result;
    }
    await this.parent?.publishEvent(event);
  }

  /**
   * A bean by its name or alias, of this context or an ancestor; made now if it is lazy, or a prototype.
   *
   * `&name` is the factory bean itself.
   *
   * @param args - constructor arguments of a prototype
   * @throws ConfigError BEAN_NOT_FOUND and others
   */
  getBean<T = unknown>(name: string, ...args: readonly unknown[]): T {
    return this.#factory.getBean(name, ...args) as T;
  }

  /** As {@link getBean}, for lazy beans that initialise with a promise. */
  async getBeanAsync<T = unknown>(name: string): Promise<T> {
    return (await this.#factory.getBeanAsync(name)) as T;
  }

  /** True when this context or an ancestor has a bean of the name. */
  containsBean(name: string): boolean {
    return this.#factory.containsBean(name);
  }

  /** True when this context itself has a bean of the name. */
  containsLocalBean(name: string): boolean {
    return this.#factory.containsLocalBean(name);
  }

  /** Names of the beans of this context, in the order of their definitions; ready objects come last. */
  getBeanNames(): string[] {
    return [
      ...[...this.#factory.records()].map((record) => record.name),
      ...this.#factory.singletonNames(),
    ];
  }

  /** Other names of a bean. */
  getAliases(name: string): string[] {
    return this.#factory.aliasesOf(name);
  }

  /** The beans of this context that serve as a type, by name; lazy ones are made. */
  getBeansOfType<T = unknown>(type: string): Map<string, T> {
    const beans = new Map<string, T>();
    for (const record of this.#factory.recordsOfType(type))
      beans.set(record.name, this.getBean<T>(record.name));
    return beans;
  }

  /** The definition of a bean of this context, with all it inherits. */
  getBeanDefinition(name: string): BeanDefinition | undefined {
    return this.#factory.findRecord(name)?.definition;
  }

  /** The beans' factory, for the tools of the container. */
  get factory(): BeanFactory {
    return this.#factory;
  }

  /** Destroys the beans of one bean file and forgets them. */
  async unloadFile(file: string): Promise<void> {
    const failures = await this.#factory.unload(this.#factory.resources.show(file));
    const [first, ...others] = failures;
    if (first instanceof LifecycleError) throw withOthers(first, others);
  }

  #expect(state: 'read' | 'refreshed'): void {
    if (this.#state === state) return;
    const message =
      this.#state === 'closed'
        ? `context "${this.name}" was closed`
        : `context "${this.name}" was ${this.#state === 'read' ? 'not refreshed yet' : 'refreshed already'}`;
    throw new LifecycleError('CONTEXT_CLOSED', message, {
      phase: state === 'read' ? 'create' : 'start',
    });
  }
}

/** Stands for the context while it is being read. */
class Facade {
  context!: ApplicationContext;
  callbacks: readonly (readonly [BeanCallback, unknown])[] = [];
}

function startFailure(
  record: BeanRecord,
  cause: unknown,
  others: readonly unknown[],
): LifecycleError {
  const message = `bean "${record.name}" failed to start: ${describeError(cause)}`;
  return new LifecycleError('BEAN_START_FAILED', message, {
    phase: 'start',
    bean: record.name,
    location: record.definition.location,
    cause,
    others,
  });
}

function withOthers(first: LifecycleError, others: readonly unknown[]): LifecycleError {
  if (others.length === 0) return first;
  return new LifecycleError(first.code, first.message, {
    phase: first.phase,
    ...(first.bean === undefined ? {} : { bean: first.bean }),
    ...(first.location === undefined ? {} : { location: first.location }),
    cause: first.cause,
    others: [...first.others, ...others],
  });
}

function callbacksOf(
  options: ApplicationContextOptions,
  environment: Environment,
  context: ApplicationContext,
): [BeanCallback, unknown][] {
  const callbacks: [BeanCallback, unknown][] = [
    ['setEnvironment', environment],
    ['setResourceLoader', context],
    ['setApplicationEventPublisher', context],
    ['setApplicationContext', context],
  ];
  if (options.servletContext !== undefined)
    callbacks.push(['setServletContext', options.servletContext]);
  return callbacks;
}

function profilesOf(
  options: ApplicationContextOptions,
  environment: Environment,
): { readonly active: readonly string[]; readonly defaults: readonly string[] } {
  const defaults = options.defaultProfiles ?? environment.profiles('default');
  return {
    active: options.profiles ?? environment.profiles('active'),
    defaults: defaults.length === 0 ? ['default'] : defaults,
  };
}

/** Refuses a bean file that exists as XML and as YAML: which one counts would be a guess. */
function checkTwins(files: readonly string[], resources: Resources, problems: Problems): void {
  const seen = new Map<string, string>();
  for (const file of files) {
    const stem = join(dirname(file), basename(file, extname(file)));
    const twin = seen.get(stem);
    if (twin === undefined || twin === file) seen.set(stem, file);
    else {
      const message = `"${basename(twin)}" and "${basename(file)}" stand side by side; keep one of them`;
      problems.add('FILE_AMBIGUOUS', message, { file: resources.show(file), line: 1, column: 1 });
    }
  }
}

function hasType(types: ReadonlySet<string> | undefined, name: string): boolean {
  return types?.has(name) === true || types?.has(`org.springframework.core.${name}`) === true;
}

function orderOf(bean: object): number | undefined {
  const order: unknown = Reflect.get(bean, 'order');
  if (typeof order === 'number') return order;
  const method: unknown = Reflect.get(bean, 'getOrder');
  const answer: unknown = typeof method === 'function' ? method.call(bean) : undefined;
  return typeof answer === 'number' ? answer : undefined;
}

function phaseOf(record: BeanRecord): number {
  const phase: unknown =
    typeof record.value === 'object' && record.value !== null
      ? Reflect.get(record.value, 'phase')
      : 0;
  return typeof phase === 'number' ? phase : 0;
}

/** True for the container's own post-processors, which work before the check. */
function isConfigurer(record: BeanRecord, factory: BeanFactory): boolean {
  return factory.isBuiltIn(factory.predict(record)?.class);
}

/** Runs the container's own factory post-processors: placeholders, overrides, converters. */
function applyConfigurers(factory: BeanFactory, problems: Problems): void {
  const configurers: {
    readonly record: BeanRecord;
    readonly bean: { readonly order?: unknown; postProcessBeanFactory(factory: BeanFactory): void };
  }[] = [];
  for (const name of [...factory.table.definitions.keys()]) {
    try {
      const type = factory.table.definitions.get(name)?.class?.text;
      const info = type === undefined ? undefined : factory.findClassByName(type);
      if (info?.takes('postProcessBeanFactory') !== true || !factory.isBuiltIn(info.class))
        continue;
      const record = factory.record(name);
      if (record === undefined || record.definition.abstract) continue;
      configurers.push({
        record,
        bean: factory.getBean(name) as { postProcessBeanFactory(factory: BeanFactory): void },
      });
    } catch (error) {
      problems.catch(error);
    }
  }
  const order = (bean: { readonly order?: unknown }): number =>
    typeof bean.order === 'number' ? bean.order : 0;
  for (const { record, bean } of configurers.sort((a, b) => order(a.bean) - order(b.bean))) {
    try {
      bean.postProcessBeanFactory(factory);
    } catch (error) {
      problems.catch(locate(error, record));
    }
  }
  if (configurers.length > 0) factory.definitionsChanged();
}

/** Gives an error of a configurer the place of the setting that led to it. */
function locate(error: unknown, { definition, name }: BeanRecord): unknown {
  if (error instanceof ConfigErrors)
    return new ConfigErrors(
      error.errors.map((one) => locate(one, { definition, name } as BeanRecord) as ConfigError),
    );
  if (!(error instanceof ConfigError) || error.location !== undefined) return error;
  const { properties } = definition;
  const property =
    properties.get('locations') ?? properties.get('location') ?? properties.get('properties');
  return configError(
    error.code as 'FILE_NOT_FOUND',
    error.message,
    property?.value.location ?? definition.location,
    {
      beanPath: name,
      cause: error.cause ?? error,
    },
  );
}
