import type { Container } from 'inversify';
import {
  type BeanCallback,
  type ConfigError,
  describeError,
  type Lifecycle,
  LifecycleError,
  type Logger,
} from '../../base/index.ts';
import { checkBeans } from '../checks/checkBeans.ts';
import type { BeanDefinition } from '../definition/BeanDefinition.ts';
import { ConfigErrors } from '../errors/Problems.ts';
import type { BeanFactory } from '../factory/BeanFactory.ts';
import type { BeanRecord } from '../factory/BeanRecord.ts';
import { isPromise } from '../factory/Making.ts';
import { untilDeadline } from '../factory/untilDeadline.ts';
import type { Environment } from '../loading/Environment.ts';
import {
  type ApplicationEvent,
  ContextClosedEvent,
  ContextRefreshedEvent,
  ContextStartedEvent,
  ContextStoppedEvent,
} from './events.ts';
import { type ApplicationContextOptions, prepareContext } from './prepareContext.ts';

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
  /** What stops the start; empty unless the context came from {@link ApplicationContext.inspect}. */
  readonly errors: readonly ConfigError[];
  /** False when a file of it or of a parent could not be read, so that beans are missing. */
  readonly isWhole: boolean;
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
    found: {
      readonly moduleFiles: readonly string[];
      readonly errors: readonly ConfigError[];
      readonly warnings: readonly ConfigError[];
      readonly isWhole: boolean;
    },
  ) {
    this.name = options.name;
    this.parent = options.parent;
    this.moduleFiles = found.moduleFiles;
    this.errors = found.errors;
    this.warnings = found.warnings;
    this.isWhole = found.isWhole;
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
    const context = await ApplicationContext.inspect(options);
    if (context.errors.length === 0) return context;
    if (options.parent !== undefined) options.parent.#children.delete(context);
    throw new ConfigErrors(context.errors, `context "${options.name}"`, context.warnings);
  }

  /**
   * Reads and checks bean files as {@link read} does, but keeps what is wrong in {@link errors} instead of throwing it.
   *
   * With errors, a context is good for one thing: to be the parent of others while they are checked, so that the problems of all of
   * them can be reported together.
   */
  static async inspect(options: ApplicationContextOptions): Promise<ApplicationContext> {
    const prepared = await prepareContext(options);
    const { factory, problems, facade, moduleFiles } = prepared;
    const isWhole = prepared.whole && options.parent?.isWhole !== false;
    const checked = checkBeans(factory, isWhole);
    problems.addUnlessPlaced(checked.problems.errors);
    const { errors } = problems;
    const warnings = checked.warnings.errors;
    if (errors.length === 0) logRemarks(options.logger, factory, warnings);
    const context = new ApplicationContext(options, factory, {
      moduleFiles,
      errors,
      warnings,
      isWhole,
    });
    facade.set(context, callbacksOf(options, factory.environment, context));
    return context;
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
    if (this.errors.length > 0) throw new ConfigErrors(this.errors, `context "${this.name}"`);
    this.#state = 'refreshed';
    try {
      await this.#runFactoryPostProcessors();
      // Definitions are final from here on.
      this.#factory.bindAll();
      await this.#addPostProcessors();
      for (const record of [...this.#factory.records()]) {
        const { definition } = record;
        if (!definition.singleton || definition.lazyInit || record.state === 'made') continue;
        const isFactory = this.#factory.predict(record)?.isFactoryBean === true;
        const making = this.#factory.make(record, isFactory);
        if (making !== undefined) await making;
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
        !this.#factory.isBuiltIn(info.class)
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
    // Those of one rank look at those of the next already.
    for (const rank of [0, 1, 2]) {
      const some = records.filter((record) => this.#rankOf(record) === rank);
      this.#factory.postProcessors.push(...(await this.#makeOrdered(some)));
    }
  }

  /** 0 for `PriorityOrdered`, 1 for what has an order, 2 for the rest, as far as the class tells. */
  #rankOf(record: BeanRecord): number {
    const types = this.#factory.typesOf(record);
    if (hasType(types, 'PriorityOrdered')) return 0;
    const info = this.#factory.predict(record);
    const hasOrder = info?.method('getOrder') ?? info?.likelyPropertyNames().includes('order');
    return hasType(types, 'Ordered') || hasOrder ? 1 : 2;
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
    const failures = await this.#stopStarted(deadline, options);
    if (this.#state !== 'closed') await this.publishEvent(new ContextStoppedEvent(this));
    const [first, ...others] = failures;
    if (first !== undefined) throw withOthers(first, others);
  }

  async #stopStarted(
    deadline: AbortSignal | undefined,
    options: StopOptions = {},
  ): Promise<LifecycleError[]> {
    const chosen = this.#started.filter(
      (record) => phaseOf(record) >= (options.minPhase ?? Number.NEGATIVE_INFINITY),
    );
    for (const record of chosen) this.#started.splice(this.#started.indexOf(record), 1);
    return this.#stopSome(chosen, deadline);
  }

  async #stopSome(
    records: readonly BeanRecord[],
    deadline: AbortSignal | undefined,
  ): Promise<LifecycleError[]> {
    const failures: LifecycleError[] = [];
    for (const record of [...records].reverse()) {
      try {
        await untilDeadline((record.value as Lifecycle).stop(deadline), deadline);
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
      await attempt(() => this.publishEvent(new ContextClosedEvent(this)));
      failures.push(...(await this.#stopStarted(deadline)));
    }
    this.#state = 'closed';
    failures.push(...(await this.#factory.destroy(deadline)));
    if (this.parent !== undefined) this.parent.#children.delete(this);
    const [first, ...others] = failures;
    if (first instanceof LifecycleError) throw withOthers(first, others);
    if (first !== undefined) throw first;
  }

  /** Tells all beans with `onApplicationEvent`, here and in the ancestors, one after the other. */
  async publishEvent(event: ApplicationEvent): Promise<void> {
    for (const { info, value } of [...this.#factory.made].flatMap(withInnerBeans)) {
      if (info?.takes('onApplicationEvent') !== true) continue;
      const result: unknown = info.method('onApplicationEvent')?.call(value, event);
      if (isPromise(result)) await result;
    }
    await this.#tellUnmade(event);
    await this.parent?.publishEvent(event);
  }

  /** Makes listeners that are lazy, and those of a prototype anew for each event. */
  async #tellUnmade(event: ApplicationEvent): Promise<void> {
    for (const record of [...this.#factory.records()]) {
      const info = this.#factory.predict(record);
      if (record.state !== 'defined' || info?.takes('onApplicationEvent') !== true) continue;
      if (info.isFactoryBean) continue;
      const bean = await this.#factory.getBeanAsync(record.name);
      const result: unknown = info.method('onApplicationEvent')?.call(bean, event);
      if (isPromise(result)) await result;
    }
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

  /** Absolute paths of the files it was read from: bean files, what they import, properties; also optional ones that were missing. */
  get sourceFiles(): string[] {
    return [...this.#factory.resources.sourceFiles];
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

/** A bean after those inside of it. */
function withInnerBeans(record: BeanRecord): BeanRecord[] {
  return [...record.innerBeans.flatMap(withInnerBeans), record];
}

/** Says what is worth knowing of files without errors. */
function logRemarks(logger: Logger, factory: BeanFactory, warnings: readonly ConfigError[]): void {
  for (const { name, by, was } of factory.table.overridden) {
    const places = `${was.file}:${was.line} is replaced by ${by.file}:${by.line}`;
    logger.info(`bean "${name}" of ${places}`);
  }
  for (const warning of warnings) {
    logger.warn(`${warning.code} ${warning.message}`, { location: warning.location });
  }
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
