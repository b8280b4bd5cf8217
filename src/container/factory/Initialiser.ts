import type { BeanCallback } from '../../base/index.ts';
import type { ClassInfo } from '../classes/ClassInfo.ts';
import type { BeanDefinition } from '../definition/BeanDefinition.ts';
import type { BeanFactory } from './BeanFactory.ts';
import type { BeanRecord } from './BeanRecord.ts';
import type { Chain } from './Chain.ts';
import { failCreation } from './failures.ts';
import { isPromise, type Making } from './Making.ts';

/** Makes the callbacks of a bean whose properties are set, and lets post-processors see it. */
export class Initialiser {
  readonly #factory: BeanFactory;

  constructor(factory: BeanFactory) {
    this.#factory = factory;
  }

  /** Aware callbacks, post-processors, afterPropertiesSet, init-method, post-processors; returns what the bean is from now on. */
  *initialise(
    instance: unknown,
    info: ClassInfo,
    record: BeanRecord,
    chain: Chain,
  ): Making<unknown> {
    const { definition } = record;
    if (info.isAware) this.#tellAware(instance, info, record);
    this.#checkDestroyMethod(info, definition, chain);
    const { postProcessors } = this.#factory;
    let bean = instance;
    // Asked here, since a generator for nothing is much of what a simple bean costs.
    if (postProcessors.length > 0) {
      bean = yield* this.#factory.postProcess(instance, record, 'postProcessBeforeInitialization');
    }
    if (info.takes('afterPropertiesSet')) {
      const result: unknown = info.method('afterPropertiesSet')?.call(instance);
      if (isPromise(result)) yield result;
    }
    if (definition.initMethod !== undefined)
      yield* this.#callInitMethod(instance, info, definition, chain);
    if (postProcessors.length > 0) {
      bean = yield* this.#factory.postProcess(bean, record, 'postProcessAfterInitialization');
    }
    if (bean !== instance && record.earlyUsed) {
      failCreation(
        'BEAN_WRAPPED_LATE',
        `bean "${record.name}" was replaced by a post-processor after others had been given its raw form in a circle`,
        chain,
      );
    }
    return bean;
  }

  #tellAware(instance: unknown, info: ClassInfo, record: BeanRecord): void {
    for (const [callback, value] of this.#factory.awareCallbacks(record)) {
      if (!info.takes(callback) || isSetByFile(callback, record.definition)) continue;
      const method = info.method(callback);
      if (method?.length === 1) method.call(instance, value);
    }
  }

  #checkDestroyMethod(info: ClassInfo, definition: BeanDefinition, chain: Chain): void {
    const { destroyMethod } = definition;
    if (destroyMethod === undefined || destroyMethod.optional || !definition.singleton) return;
    const { text, location } = destroyMethod;
    if (text === '' || text === '(inferred)' || info.hook(text, 1) !== undefined) return;
    const message = `class "${info.name}" has no destroy-method "${text}"`;
    failCreation('METHOD_NOT_FOUND', message, chain, location);
  }

  *#callInitMethod(
    instance: unknown,
    info: ClassInfo,
    definition: BeanDefinition,
    chain: Chain,
  ): Making<void> {
    const { initMethod } = definition;
    if (initMethod === undefined || initMethod.text === '') return;
    if (initMethod.text === 'afterPropertiesSet' && info.takes('afterPropertiesSet')) return;
    const method = info.hook(initMethod.text, 0);
    if (method === undefined) {
      if (initMethod.optional) return;
      failCreation(
        'METHOD_NOT_FOUND',
        `class "${info.name}" has no init-method "${initMethod.text}"`,
        chain,
        initMethod.location,
      );
    }
    const frame = chain.frames.at(-1);
    if (frame !== undefined)
      frame.step = {
        doing: `calling init-method "${initMethod.text}"`,
        path: `.${initMethod.text}()`,
      };
    const result: unknown = method?.call(instance);
    if (isPromise(result)) yield result;
  }
}

/** The property an aware callback sets. */
function isSetByFile(callback: BeanCallback, definition: BeanDefinition): boolean {
  const name = callback.charAt(3).toLowerCase() + callback.slice(4);
  return definition.properties.has(name);
}
