import { type BindToFluentSyntax, Container, ContainerModule } from 'inversify';
import {
  type BeanCallback,
  background,
  ConfigError,
  describeError,
  LifecycleError,
  type Logger,
  type SourceLocation,
} from '../../base/index.ts';
import { type AnyClass, type ClassInfo, decapitalise } from '../classes/ClassInfo.ts';
import type { ClassRegistry } from '../classes/ClassRegistry.ts';
import { describeType, parseType } from '../classes/TypeRef.ts';
import type { ConversionContext, Converter } from '../conversion/convertValue.ts';
import { Resource } from '../conversion/Resource.ts';
import type { BeanDefinition } from '../definition/BeanDefinition.ts';
import { adviceForClass } from '../errors/adviceFor.ts';
import { classHint } from '../errors/classHint.ts';
import { didYouMean } from '../errors/nearestName.ts';
import { configError } from '../errors/Problems.ts';
import type { DefinitionTable } from '../loading/DefinitionTable.ts';
import type { Environment } from '../loading/Environment.ts';
import type { Resources } from '../loading/Resources.ts';
import { AutowirePlanner } from './AutowirePlanner.ts';
import { BeanDestroyer } from './BeanDestroyer.ts';
import { BeanEnds } from './BeanEnds.ts';
import { BeanProvider, isSingletonFactory } from './BeanProvider.ts';
import { BeanRecord } from './BeanRecord.ts';
import type { BeanScope } from './BeanScope.ts';
import { beanType } from './beanType.ts';
import type { Chain } from './Chain.ts';
import { DefinitionMerger } from './DefinitionMerger.ts';
import { evaluateText } from './expressions.ts';
import { isPromise, type Making } from './Making.ts';
import { MakingRunner, Pending } from './MakingRunner.ts';
import { TypeIndex } from './TypeIndex.ts';

/**
 * Beans of one inversify module; a longer file has several.
 *
 * inversify looks for each binding it removes through all bindings of its module.
 */
const MODULE_SIZE = 250;

/** What a {@link BeanFactory} is made of. */
export interface BeanFactoryOptions {
  readonly name: string;
  readonly parent?: BeanFactory | undefined;
  readonly classes: ClassRegistry;
  readonly table: DefinitionTable;
  readonly resources: Resources;
  readonly environment: Environment;
  readonly logger: Logger;
  /** False forbids beans to need each other in a circle. Default true. */
  readonly allowCircular?: boolean;
  /** What beans get as their factory and application context. Default the factory. */
  readonly facade?: () => object | undefined;
  /** Values of callbacks besides `setBeanName` and `setBeanFactory`. */
  readonly callbacks?: () => readonly (readonly [BeanCallback, unknown])[];
  /** Names an expression may use besides beans; undefined switches `#{…}` off. */
  readonly expressionRoots?: ReadonlyMap<string, unknown> | undefined;
  readonly scopes?: ReadonlyMap<string, BeanScope>;
}

/**
 * Makes the beans of one table of definitions on demand and keeps them in an inversify container.
 *
 * inversify holds the instances, their scopes, names and destruction; this class holds what inversify does not know:
 * definitions, circles, the chain of what is being made, and that beans of the parent resolve in the parent.
 */
export class BeanFactory {
  readonly name: string;
  readonly parent: BeanFactory | undefined;
  readonly classes: ClassRegistry;
  readonly table: DefinitionTable;
  readonly resources: Resources;
  readonly environment: Environment;
  readonly container: Container;
  readonly conversion: ConversionContext;
  /** Classes loaded from code files, by what bean files call them. */
  readonly modules: Map<string, AnyClass> = new Map();
  /** Class names whose code file failed to load, which is reported already. */
  readonly failedModules: Set<string> = new Set();
  readonly converters: Map<string, Converter> = new Map();
  readonly scopes: Map<string, BeanScope>;
  readonly postProcessors: object[] = [];
  /** Singletons that are made, in the order in which they were finished. */
  readonly made: BeanRecord[] = [];
  /** Files whose beans are bound, each by modules of its own. */
  readonly files: Map<string, readonly ContainerModule[]> = new Map();
  readonly #options: BeanFactoryOptions;
  readonly #records = new Map<string, BeanRecord>();
  readonly #merger: DefinitionMerger;
  readonly #types: TypeIndex;
  /** Finds beans by type. */
  readonly autowiring: AutowirePlanner;
  readonly #provider: BeanProvider;
  readonly #runner: MakingRunner;
  readonly #builtIns = new Set<AnyClass>();
  readonly #singletons = new Map<string, unknown>();
  readonly #ends: BeanEnds;

  constructor(options: BeanFactoryOptions) {
    this.#options = options;
    this.name = options.name;
    this.parent = options.parent;
    this.classes = options.classes;
    this.table = options.table;
    this.resources = options.resources;
    this.environment = options.environment;
    this.scopes = new Map(options.scopes ?? options.parent?.scopes);
    const parent = options.parent?.container;
    this.container = new Container({
      defaultScope: 'Singleton',
      ...(parent === undefined ? {} : { parent }),
    });
    this.#runner = options.parent === undefined ? new MakingRunner() : options.parent.#runner;
    this.#merger = new DefinitionMerger(this);
    this.#ends = new BeanEnds(this);
    this.#types = new TypeIndex(this);
    this.autowiring = new AutowirePlanner(this);
    this.#provider = new BeanProvider(this, options.allowCircular !== false);
    this.conversion = {
      classes: this.classes,
      findClass: (name) => this.#findClass(name),
      converters: this.converters,
      resource: (location) => this.resource(location),
    };
  }

  /** What beans see of this factory. */
  get facade(): object {
    return this.#options.facade?.() ?? this;
  }

  get logger(): Logger {
    return this.#options.logger;
  }

  // ------------------------------------------------------------- definitions

  /** Binds all definitions, by inversify modules of their bean files. */
  bindAll(): void {
    for (const [file, names] of this.table.files) {
      if (this.files.has(file)) continue;
      const modules = inParts([...names], MODULE_SIZE).map(
        (part) =>
          new ContainerModule(({ bind }) => {
            for (const name of part) this.#bind(name, bind);
          }),
      );
      this.files.set(file, modules);
      this.container.load(...modules);
    }
    for (const alias of this.table.aliases.keys()) {
      const name = this.table.canonicalName(alias);
      const isBound = this.#records.has(name) && !this.container.isCurrentBound(alias);
      if (isBound) this.container.bind(alias).toService(name);
    }
    this.#types.clear();
  }

  #bind(name: string, bind: <T>(id: string) => BindToFluentSyntax<T>): void {
    const record = this.#mergedRecord(name);
    if (record === undefined || record.definition.abstract) return;
    const { definition } = record;
    const info = this.findClassOf(definition);
    const makesOthers = info?.isFactoryBean === true && definition.factoryMethod === undefined;
    if (makesOthers) {
      bind(`&${name}`)
        .toDynamicValue(() => this.#provide(name, true))
        .inTransientScope();
    }
    const binding = bind(name).toDynamicValue(() => this.#provide(name));
    if (!definition.singleton || makesOthers) {
      binding.inTransientScope();
      return;
    }
    record.bound = true;
    binding.onActivation(asItIs);
    const mayEnd =
      definition.destroyMethod !== undefined || info === undefined || info.takes('destroy');
    // Of the binding and not of the name: inversify tells parents of the end of a child's bean of the same name.
    if (mayEnd) binding.onDeactivation(() => this.#ends.endOf(name) as void | Promise<void>);
  }

  /** A record, or undefined when its definition inherits from nothing: asking for the bean says so. */
  #mergedRecord(name: string): BeanRecord | undefined {
    try {
      return this.record(name);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return undefined;
    }
  }

  /** Registers a ready object under a name. It is not initialised, and destroyed by nobody. */
  registerSingleton(name: string, value: unknown): void {
    this.#singletons.set(name, value);
    this.container.bind(name).toConstantValue(value);
    const types = this.classes.describeValue(value)?.types ?? [];
    for (const type of types) {
      if (!this.container.isCurrentBound(beanType(type)))
        this.container.bind(beanType(type)).toConstantValue(value);
    }
  }

  /** The record of a bean of this factory by its name or alias; undefined when it defines none. */
  findRecord(name: string): BeanRecord | undefined {
    return this.#records.get(name) ?? this.record(this.table.canonicalName(name));
  }

  /** The record of a singleton of this factory that is made, by its own name; factory beans are left out, for they stand for others. */
  findMade(name: string): BeanRecord | undefined {
    const record = this.#records.get(name);
    const isMade = record?.state === 'made' && record.definition.singleton;
    return isMade && record.info?.isFactoryBean !== true ? record : undefined;
  }

  /** The record of a bean by its own name. */
  record(name: string): BeanRecord | undefined {
    const known = this.#records.get(name);
    if (known !== undefined) return known;
    const definition = this.table.definitions.get(name);
    if (definition === undefined) return undefined;
    const record = new BeanRecord(name, this.merged(definition));
    this.#records.set(name, record);
    return record;
  }

  /** All records, in the order of the definitions; abstract ones are left out. */
  *records(): Generator<BeanRecord> {
    for (const name of this.table.definitions.keys()) {
      const record = this.#mergedRecord(name);
      if (record !== undefined && !record.definition.abstract) yield record;
    }
  }

  /** Forgets merged definitions, after a post-processor changed what they come from. */
  definitionsChanged(): void {
    this.#merger.clear();
    for (const [name, record] of this.#records)
      if (record.state === 'defined') this.#records.delete(name);
    this.#types.clear();
  }

  /**
   * A definition with all it inherits.
   *
   * @throws ConfigError BEAN_NOT_FOUND or PARENT_CYCLE
   */
  merged(definition: BeanDefinition): BeanDefinition {
    return this.#merger.merged(definition);
  }

  // ----------------------------------------------------------------- classes

  #findClass(name: string): AnyClass | undefined {
    return this.modules.get(name) ?? this.classes.find(name)?.class;
  }

  /** What is known of a class by its name in bean files. */
  findClassByName(name: string): ClassInfo | undefined {
    const found = this.#findClass(name);
    return found && this.classes.describe(found);
  }

  /** What is known of the class of a definition. */
  findClassOf(definition: BeanDefinition): ClassInfo | undefined {
    return definition.class && this.findClassByName(definition.class.text);
  }

  /**
   * The class of a definition.
   *
   * @throws ConfigError CLASS_MISSING or CLASS_NOT_FOUND
   */
  classOf(definition: BeanDefinition): ClassInfo {
    if (definition.class === undefined) {
      throw configError(
        'CLASS_MISSING',
        `bean "${definition.name}" has no class`,
        definition.location,
      );
    }
    const info = this.findClassOf(definition);
    if (info !== undefined) return info;
    const { text, location } = definition.class;
    throw configError('CLASS_NOT_FOUND', this.noClass(text), location);
  }

  /** Says that a class is not known: with the name that was meant, or with what to do about a library of Java. */
  noClass(name: string): string {
    const known = adviceForClass(name, true);
    if (known !== undefined) return `class "${name}" does not exist here: ${known}`;
    const hint = classHint(name, this.classes.names());
    if (hint !== '') return `class "${name}" is not registered${hint}`;
    const advice = adviceForClass(name);
    if (advice !== undefined) return `class "${name}" does not exist here: ${advice}`;
    const file = /^[\w.]+\.([A-Za-z]\w*)$/.exec(name)?.[1];
    const write = `; write it in TypeScript and name its file: class="./${file}.ts"`;
    return `class "${name}" is not registered${file === undefined ? '' : write}`;
  }

  /** Notes a class as one of the container's own. */
  addBuiltIn(type: AnyClass): void {
    this.#builtIns.add(type);
  }

  /** True for the container's own classes. */
  isBuiltIn(type: AnyClass | undefined): boolean {
    return type !== undefined && this.#builtIns.has(type);
  }

  /** Adds a converter for texts to a type, by the name of the type. */
  addConverter(type: string, converter: Converter): void {
    this.converters.set(describeType(parseType(type)), converter);
  }

  /** The file a location stands for. */
  resource(location: string, from?: string): Resource {
    return new Resource(this.resources.locate(location, undefined, from)[0] ?? location, location);
  }

  // ------------------------------------------------------------------ lookup

  /** True when this factory or an ancestor has a bean of the name. */
  containsBean(name: string): boolean {
    if (this.containsLocalBean(name) || this.expressionRoot(name) !== undefined) return true;
    // An own bean that is no factory hides the factory of the parent.
    if (name.startsWith('&') && this.containsLocalBean(name.slice(1))) return false;
    return this.parent?.containsBean(this.#nameAbove(name)) ?? false;
  }

  #isFactory(record: BeanRecord | undefined): boolean {
    return record !== undefined && this.#types.predict(record)?.isFactoryBean === true;
  }

  /** What the parent knows a bean by that is not defined here; `&` stays. */
  #nameAbove(name: string): string {
    const wantsFactory = name.startsWith('&');
    const canonical = this.table.canonicalName(wantsFactory ? name.slice(1) : name);
    return wantsFactory ? `&${canonical}` : canonical;
  }

  /** What every context has besides its beans: `systemProperties`, `systemEnvironment`, `environment`. */
  expressionRoot(name: string): unknown {
    return this.#options.expressionRoots?.get(name);
  }

  /** True when this factory itself has a bean of the name. */
  containsLocalBean(name: string): boolean {
    if (name.startsWith('&')) return this.#isFactory(this.findRecord(name.slice(1)));
    return this.findRecord(name) !== undefined || this.container.isCurrentBound(name);
  }

  /**
   * A bean by its name, made now if need be.
   *
   * @param args - constructor arguments, for prototypes
   * @throws ConfigError or BeanCreationError
   */
  getBean(name: string, ...args: readonly unknown[]): unknown {
    const chain = this.#runner.chain;
    return this.runSync(this.request(name, chain, undefined, undefined, args), chain, name);
  }

  /** Makes a singleton unless it is made, or the factory bean of its name; a promise only when something on the way is one. */
  make(record: BeanRecord, isFactory: boolean): Promise<unknown> | undefined {
    const chain = this.#runner.chain;
    const result = this.#runner.run(this.obtain(record, chain, isFactory), chain);
    return result instanceof Pending ? result.promise : undefined;
  }

  /** As {@link getBean}, for beans that initialise with a promise. */
  async getBeanAsync(name: string): Promise<unknown> {
    const chain = this.#runner.chain;
    return this.runAsync(this.request(name, chain, undefined), chain);
  }

  /** Finds or makes a bean on behalf of another. */
  *request(
    name: string,
    chain: Chain,
    location: SourceLocation | undefined,
    user?: BeanRecord,
    args: readonly unknown[] = [],
  ): Making<unknown> {
    const wantsFactory = name.startsWith('&');
    const record = this.findRecord(wantsFactory ? name.slice(1) : name);
    if (record !== undefined) {
      if (user !== undefined && record.definition.singleton) record.addUser(user);
      return yield* this.obtain(record, chain, wantsFactory, location, args);
    }
    const canonical = this.table.canonicalName(name);
    if (this.container.isCurrentBound(canonical)) {
      if (this.#singletons.has(canonical)) return this.#singletons.get(canonical);
      return yield* this.#handMade(canonical);
    }
    if (this.parent !== undefined) {
      const above = this.#nameAbove(name);
      if (this.parent.containsBean(above.replace(/^&/, '')))
        return yield* this.parent.request(above, chain, location, user, args);
    }
    const root = this.expressionRoot(name);
    if (root !== undefined) return root;
    return this.failNoBean(name, location, chain);
  }

  /** A service that was bound by hand. */
  *#handMade(name: string): Making<unknown> {
    try {
      return this.container.get(name);
    } catch (error) {
      // inversify says so only in words; the service itself is made once, and kept.
      const isAsync = error instanceof Error && /asynchronous/i.test(error.message);
      if (!isAsync) throw error;
    }
    return yield this.container.getAsync(name);
  }

  /** The record behind a name, made; undefined for beans that have none. */
  *requestRecord(
    name: string,
    chain: Chain,
    location: SourceLocation,
  ): Making<BeanRecord | undefined> {
    yield* this.request(name, chain, location);
    return this.findRecord(name) ?? this.parent?.findRecord(name);
  }

  /** A bean of the parent. */
  *requestParent(name: string, chain: Chain, location: SourceLocation): Making<unknown> {
    if (this.parent !== undefined) return yield* this.parent.request(name, chain, location);
    throw configError(
      'BEAN_NOT_FOUND',
      `there is no parent context to have bean "${name}"`,
      location,
      { trail: chain.trail() },
    );
  }

  failNoBean(name: string, location: SourceLocation | undefined, chain: Chain): never {
    const message = `no bean named "${name}"${didYouMean(name, this.allNames())}`;
    const beanPath = chain.path();
    throw configError('BEAN_NOT_FOUND', message, location, {
      trail: chain.trail(),
      ...(beanPath === undefined ? {} : { beanPath }),
    });
  }

  /** Other names of a bean of this factory or an ancestor. */
  aliasesOf(name: string): string[] {
    if (name.startsWith('&')) return this.aliasesOf(name.slice(1)).map((alias) => `&${alias}`);
    const canonical = this.table.canonicalName(name);
    const names = [canonical, ...this.table.aliasesOf(canonical)];
    const isOwn = this.findRecord(canonical) !== undefined;
    const above = isOwn ? [] : (this.parent?.aliasesOf(canonical) ?? []);
    return [...new Set([...names, ...above])].filter((one) => one !== name);
  }

  /** Names of all beans that can be seen here; services bound by hand cannot be listed. */
  *allNames(): Generator<string> {
    yield* this.table.definitions.keys();
    yield* this.table.aliases.keys();
    yield* this.#singletons.keys();
    if (this.parent !== undefined) yield* this.parent.allNames();
  }

  /** Names of ready objects registered here. */
  singletonNames(): string[] {
    return [...this.#singletons.keys()];
  }

  /** Makes or finds the bean of a record, or what its factory makes. */
  obtain(
    record: BeanRecord,
    chain: Chain,
    wantsFactory: boolean,
    location?: SourceLocation,
    args: readonly unknown[] = [],
  ): Making<unknown> {
    return this.#provider.obtain(record, chain, wantsFactory, location, args);
  }

  /** Makes a bean that only its owner sees. */
  makeInner(definition: BeanDefinition, owner: BeanRecord, chain: Chain): Making<unknown> {
    return this.#provider.makeInner(definition, owner, chain);
  }

  /** Gives inversify a bean that was asked for through it. */
  #provide(name: string, wantsFactory = false): unknown {
    const record = this.record(name);
    if (record === undefined) return undefined;
    if (record.state === 'made' && (wantsFactory || record.info?.isFactoryBean !== true))
      return record.value;
    const chain = this.#runner.chain;
    const result = this.#runner.run(this.obtain(record, chain, wantsFactory), chain);
    return result instanceof Pending ? result.promise : result;
  }

  // ------------------------------------------------------------------ driving

  /** Runs until done; a promise on the way is an error, but what it belongs to goes on. */
  runSync<T>(making: Making<T>, chain: Chain, name: string): T {
    const result = this.#runner.run(making, chain);
    if (!(result instanceof Pending)) return result;
    background(result.promise, this.logger, `initialising bean "${name}"`);
    const message = `bean "${name}" initialises asynchronously; await getBeanAsync("${name}") before`;
    throw configError(
      'BEAN_STILL_INITIALISING',
      message,
      this.findRecord(name)?.definition.location,
      { trail: chain.trail() },
    );
  }

  /** Runs until done, waiting for promises on the way. */
  runAsync<T>(making: Making<T>, chain: Chain): Promise<T> {
    return this.#runner.runAsync(making, chain);
  }

  // ------------------------------------------------------------------- types

  /** Records of this factory that serve as a type. */
  recordsOfType(type: string): BeanRecord[] {
    return this.#types.find(type);
  }

  /** The types of a bean, as far as they are known. */
  typesOf(record: BeanRecord): ReadonlySet<string> | undefined {
    return this.#types.typesOf(record);
  }

  /** The types of a bean by its name, as far as they are known without making it. */
  typeNamesOf(name: string): ReadonlySet<string> | undefined {
    const record = this.findRecord(name);
    if (record !== undefined) return this.typesOf(record);
    return this.parent?.typeNamesOf(this.table.canonicalName(name));
  }

  /** Names of the beans that serve as a type; factory beans themselves are named with `&`. */
  namesForType(
    type: string,
    options: { readonly ancestors?: boolean; readonly nonSingletons?: boolean } = {},
  ): string[] {
    const names: string[] = [];
    for (const record of this.recordsOfType(type)) {
      if (options.nonSingletons !== false || this.isSingleton(record.name)) names.push(record.name);
    }
    for (const record of this.records()) {
      const info = this.#types.predict(record);
      if (info?.isFactoryBean === true && info.is(type)) names.push(`&${record.name}`);
    }
    if (options.ancestors !== true || this.parent === undefined) return names;
    const above = this.parent.namesForType(type, options);
    return [...names, ...above.filter((name) => !this.containsLocalBean(name))];
  }

  /** True when all requests for a bean give the same object. */
  isSingleton(name: string): boolean {
    const record = this.findRecord(name.replace(/^&/, ''));
    if (record === undefined)
      return (
        this.#singletons.has(name) || (this.parent?.isSingleton(this.#nameAbove(name)) ?? false)
      );
    if (name.startsWith('&')) return record.definition.singleton && this.#isFactory(record);
    if (!record.definition.singleton) return false;
    const info = this.#types.predict(record);
    if (info?.isFactoryBean !== true) return true;
    const factory = this.getBean(`&${record.name}`);
    return typeof factory === 'object' && factory !== null && isSingletonFactory(factory);
  }

  /** True when each request for a bean makes a new object. */
  isPrototype(name: string): boolean {
    const record = this.findRecord(name.replace(/^&/, ''));
    if (record === undefined) return this.parent?.isPrototype(this.#nameAbove(name)) ?? false;
    if (record.definition.prototype) return !name.startsWith('&') || this.#isFactory(record);
    const info = this.#types.predict(record);
    return info?.isFactoryBean === true && !name.startsWith('&') && !this.isSingleton(name);
  }

  /** The definition of a bean of this factory, with all it inherits. */
  getBeanDefinition(name: string): BeanDefinition | undefined {
    return this.findRecord(name)?.definition;
  }

  /** The class a definition makes, as far as it is known. */
  predict(record: BeanRecord): ClassInfo | undefined {
    return this.#types.predict(record);
  }

  // --------------------------------------------------------------- callbacks

  /** The callbacks a bean may take, with their values, in the order in which they are made. */
  *awareCallbacks(record: BeanRecord): Generator<readonly [BeanCallback, unknown]> {
    yield ['setBeanName', record.name];
    yield ['setBeanFactory', this.facade];
    yield* this.#options.callbacks?.() ?? [];
  }

  /** Lets all post-processors look at a bean; each may replace it. */
  *postProcess(
    bean: unknown,
    record: BeanRecord,
    method: 'postProcessBeforeInitialization' | 'postProcessAfterInitialization',
  ): Making<unknown> {
    let current = bean;
    for (const processor of this.postProcessors) {
      const task: unknown = Reflect.get(processor, method);
      if (typeof task !== 'function') continue;
      const result: unknown = task.call(processor, current, record.name);
      current = (isPromise(result) ? yield result : result) ?? current;
    }
    return current;
  }

  /** True for a text that {@link evaluate} makes something else of. */
  isExpression(text: string): boolean {
    return this.#options.expressionRoots !== undefined && text.includes('#{');
  }

  /** A text with its `#{…}` expressions evaluated. */
  *evaluate(
    text: string,
    record: BeanRecord,
    chain: Chain,
    location: SourceLocation,
  ): Making<unknown> {
    const roots = this.#options.expressionRoots;
    if (roots === undefined || !this.isExpression(text)) return text;
    return yield* evaluateText(text, {
      location,
      root: (name) => roots.get(name),
      bean: (name) => this.#expressionBean(name, chain, location, record),
    });
  }

  *#expressionBean(
    name: string,
    chain: Chain,
    location: SourceLocation,
    record: BeanRecord,
  ): Making<unknown> {
    const wanted = this.containsBean(name) ? name : decapitalise(name);
    return yield* this.request(wanted, chain, location, record);
  }

  // ------------------------------------------------------------- destruction

  /** Destroys all singletons and forgets the bindings. Failures are returned. */
  async destroy(deadline?: AbortSignal): Promise<readonly unknown[]> {
    const destroyer = new BeanDestroyer(this, this.logger, deadline);
    await destroyer.destroyAll(this.made);
    this.#forgetUsers();
    this.made.length = 0;
    try {
      // Services bound by hand end here.
      await this.container.unbindAllAsync();
    } catch (error) {
      destroyer.failures.push(toDestroyFailure(error));
    }
    return destroyer.failures;
  }

  /** Beans of parents live on, and must not keep those that used them. */
  #forgetUsers(): void {
    for (let parent = this.parent; parent !== undefined; parent = parent.parent) {
      for (const record of parent.made) {
        for (const user of record.usedBy) if (user.state === 'destroyed') record.removeUser(user);
      }
    }
  }

  /** Destroys the beans of one file and forgets its definitions. Failures are returned. */
  async unload(file: string): Promise<readonly unknown[]> {
    const names = this.table.files.get(file);
    const modules = this.files.get(file);
    if (names === undefined || modules === undefined) return [];
    const destroyer = new BeanDestroyer(this, this.logger);
    await destroyer.destroyAll(this.made.filter((record) => names.has(record.name)));
    this.container.unload(...modules);
    this.files.delete(file);
    this.table.files.delete(file);
    for (const name of names) {
      this.table.definitions.delete(name);
      this.#records.delete(name);
    }
    for (const record of [...this.made]) {
      if (record.state !== 'destroyed') continue;
      this.made.splice(this.made.indexOf(record), 1);
      if (!names.has(record.name)) this.#records.delete(record.name);
    }
    this.definitionsChanged();
    return destroyer.failures;
  }

  /** Takes a bean out of inversify, which calls its end; beans inversify does not hold end here. */
  deactivate(record: BeanRecord): unknown {
    return this.#ends.deactivate(record);
  }
}

/**
 * The activation of singletons, which were activated when they were made.
 *
 * A binding without one listens for activations that are added later, with a weak list and a map entry for each bean.
 */
function asItIs<T>(_context: unknown, value: T): T {
  return value;
}

function inParts<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < items.length; at += size) parts.push(items.slice(at, at + size));
  return parts;
}

function toDestroyFailure(error: unknown): LifecycleError {
  const message = `a service bound by hand failed while it was destroyed: ${describeError(error)}`;
  return new LifecycleError('BEAN_DESTROY_FAILED', message, { phase: 'destroy', cause: error });
}
