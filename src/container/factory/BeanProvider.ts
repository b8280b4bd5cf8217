import { background, type SourceLocation } from '../../base/index.ts';
import type { BeanDefinition } from '../definition/BeanDefinition.ts';
import { configError } from '../errors/Problems.ts';
import { BeanCreator } from './BeanCreator.ts';
import { BeanDestroyer } from './BeanDestroyer.ts';
import type { BeanFactory } from './BeanFactory.ts';
import { BeanRecord } from './BeanRecord.ts';
import type { Chain } from './Chain.ts';
import { isPromise, type Making } from './Making.ts';

/** Gives beans by their scope: the one that exists, its early form in a circle, or a new one. */
export class BeanProvider {
  readonly #factory: BeanFactory;
  readonly #creator: BeanCreator;
  readonly #allowCircular: boolean;
  #innerCount = 0;
  /** Names that beans inside of singletons have by their own id. */
  readonly #innerNames = new Set<string>();
  readonly #unnamed = new WeakSet<BeanDefinition>();

  constructor(factory: BeanFactory, allowCircular: boolean) {
    this.#factory = factory;
    this.#creator = new BeanCreator(factory);
    this.#allowCircular = allowCircular;
  }

  /** Makes or finds the bean of a record, or what its factory makes. */
  *obtain(
    record: BeanRecord,
    chain: Chain,
    wantsFactory: boolean,
    location?: SourceLocation,
    args: readonly unknown[] = [],
  ): Making<unknown> {
    const bean = yield* this.#obtainBean(record, chain, location, args);
    const info =
      record.state === 'made' || record.state === 'creating'
        ? record.info
        : this.#factory.classes.describeValue(bean);
    if (info?.isFactoryBean === true) {
      return wantsFactory ? bean : yield* this.#product(record, bean as object);
    }
    if (!wantsFactory) return bean;
    throw configError(
      'BEAN_NOT_A_FACTORY',
      `bean "${record.name}" is no factory, so there is no "&${record.name}"`,
      location ?? record.definition.location,
      {
        trail: chain.trail(),
      },
    );
  }

  *#obtainBean(
    record: BeanRecord,
    chain: Chain,
    location: SourceLocation | undefined,
    args: readonly unknown[],
  ): Making<unknown> {
    const { definition } = record;
    if (!definition.singleton) return yield* this.#obtainScoped(record, chain, location, args);
    let mayBegin = definition.dependsOn.length === 0 || definition.abstract;
    for (;;) {
      if (record.state === 'made') return record.value;
      if (record.state === 'destroyed') this.#failClosed(record);
      if (record.state === 'defined') {
        if (mayBegin) break;
        // What it depends on may need it in turn, and is then given it: only now does its own making begin.
        yield* this.#creator.makeDependencies(record, chain);
        mayBegin = true;
        continue;
      }
      if (record.chain === chain || chain.wouldDeadlock(record))
        return this.#early(record, chain, location);
      chain.waitingFor = record;
      yield record.whenFinished();
      chain.waitingFor = undefined;
    }
    record.state = 'creating';
    record.chain = chain;
    try {
      record.value = yield* this.#creator.create(record, chain, args.length > 0 ? args : undefined);
      this.#store(record);
      return record.value;
    } catch (error) {
      record.state = 'defined';
      this.#endInnerBeans(record);
      throw error;
    } finally {
      record.early = undefined;
      record.finish();
    }
  }

  /** Ends what was made inside of a bean that could not be finished. */
  #endInnerBeans(record: BeanRecord): void {
    const { logger } = this.#factory;
    const inner = record.takeInnerBeans().reverse();
    if (inner.length === 0) return;
    for (const one of inner) one.removeUser(record);
    const ending = new BeanDestroyer(this.#factory, logger).destroyAll(inner);
    background(ending, logger, `destroying what was inside of bean "${record.name}"`);
  }

  /** Puts a finished singleton into inversify, which holds it from now on. */
  #store(record: BeanRecord): void {
    record.state = 'made';
    record.info = this.#factory.classes.describeValue(record.value) ?? record.info;
    this.#factory.made.push(record);
    if (record.info?.isFactoryBean === true || record.definition.inner) return;
    const { container } = this.#factory;
    if (record.bound ?? container.isCurrentBound(record.name)) container.get(record.name);
  }

  #failClosed(record: BeanRecord): never {
    throw configError(
      'CONTEXT_CLOSED',
      `context "${this.#factory.name}" was closed, so bean "${record.name}" is gone`,
      record.definition.location,
    );
  }

  #early(record: BeanRecord, chain: Chain, location: SourceLocation | undefined): unknown {
    if (record.early !== undefined && this.#allowCircular) {
      record.earlyUsed = true;
      return record.early;
    }
    return this.#failCircle(record, chain, location);
  }

  #failCircle(record: BeanRecord, chain: Chain, location: SourceLocation | undefined): never {
    const message = `bean "${record.name}" is in creation already: ${chain.circle(record)}`;
    throw configError('BEAN_IN_CREATION', message, location ?? record.definition.location, {
      trail: chain.trail(),
    });
  }

  *#obtainScoped(
    record: BeanRecord,
    chain: Chain,
    location: SourceLocation | undefined,
    args: readonly unknown[],
  ): Making<unknown> {
    if (chain.includes(record)) this.#failCircle(record, chain, location);
    const explicit = args.length > 0 ? args : undefined;
    if (record.definition.prototype) return yield* this.#creator.create(record, chain, explicit);
    const name = record.definition.scope?.text ?? '';
    const scope = this.#factory.scopes.get(name);
    if (scope === undefined) {
      const known = ['singleton', 'prototype', ...this.#factory.scopes.keys()];
      throw configError(
        'SCOPE_UNKNOWN',
        `scope "${name}" is not registered; known are ${known.join(', ')}`,
        record.definition.scope?.location,
      );
    }
    return scope.get(record.name, () =>
      this.#factory.runSync(this.#creator.create(record, chain, explicit), chain, record.name),
    );
  }

  /** What a factory bean makes. */
  *#product(record: BeanRecord, factory: object): Making<unknown> {
    if (record.product !== undefined) return record.product.value;
    const getObject: unknown = Reflect.get(factory, 'getObject');
    if (typeof getObject !== 'function') {
      throw configError(
        'METHOD_NOT_FOUND',
        `factory bean "${record.name}" has no method "getObject"`,
        record.definition.location,
      );
    }
    const single =
      record.definition.singleton && record.state === 'made' && isSingletonFactory(factory);
    const made: unknown = getObject.call(factory);
    let product: unknown = isPromise(made) ? yield made : made;
    // Making it may have asked for it already.
    const meanwhile = record.product as { readonly value: unknown } | undefined;
    if (single && meanwhile !== undefined) return meanwhile.value;
    if (product !== null && product !== undefined) {
      product = yield* this.#factory.postProcess(product, record, 'postProcessAfterInitialization');
    }
    if (single) record.product = { value: product ?? null };
    return product ?? null;
  }

  /** Makes a bean that only its owner sees. */
  *makeInner(definition: BeanDefinition, owner: BeanRecord, chain: Chain): Making<unknown> {
    const merged = this.#factory.merged(definition);
    const lives = merged.scope === undefined ? owner.definition.singleton : merged.singleton;
    const record = new BeanRecord(this.#innerName(merged, lives), merged);
    record.definition.name = record.name;
    if (lives) {
      owner.addInnerBean(record);
      record.addUser(owner);
    }
    const value = yield* this.#creator.create(record, chain);
    if (lives) {
      // One inside of a prototype is left to itself: it must not end with what it uses.
      record.value = value;
      record.state = 'made';
      record.info = this.#factory.classes.describeValue(value) ?? record.info;
    }
    const info = this.#factory.classes.describeValue(value);
    return info?.isFactoryBean === true ? yield* this.#product(record, value as object) : value;
  }

  /** Its own name; one that is taken gets `#1`, `#2`… as long as it lives. */
  #innerName(definition: BeanDefinition, lives: boolean): string {
    this.#innerCount += 1;
    if (this.#unnamed.has(definition)) return definition.name;
    if (definition.name !== '') {
      let name = definition.name;
      const isTaken = (): boolean =>
        this.#innerNames.has(name) || this.#factory.containsLocalBean(name);
      for (let count = 1; lives && isTaken(); count++) name = `${definition.name}#${count}`;
      if (lives) this.#innerNames.add(name);
      return name;
    }
    this.#unnamed.add(definition);
    const stem = definition.class?.text ?? definition.factoryBean?.text ?? 'bean';
    return `${stem}#${this.#innerCount.toString(16)}`;
  }
}

/** A factory bean makes one for all unless it says otherwise. */
export function isSingletonFactory(factory: object): boolean {
  const answer: unknown = Reflect.get(factory, 'isSingleton') ?? Reflect.get(factory, 'singleton');
  const single: unknown = typeof answer === 'function' ? answer.call(factory) : answer;
  return single !== false;
}
