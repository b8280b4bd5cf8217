import type { BeanInfo } from '../../base/index.ts';
import { didYouMean } from '../errors/nearestName.ts';
import { configError } from '../errors/Problems.ts';
import type { BeanFactory } from '../factory/BeanFactory.ts';
import { parsePath, readStep } from '../factory/propertyPath.ts';

/** A bean that is a property of another bean. */
export class PropertyPathFactoryBean {
  targetObject: unknown = undefined;
  targetBeanName: string | undefined = undefined;
  propertyPath: string | undefined = undefined;
  resultType: unknown = undefined;
  #name = '';
  readonly #factory: BeanFactory;

  static readonly beanInfo: BeanInfo = {
    types: ['FactoryBean'],
    properties: {
      targetObject: 'any',
      targetBeanName: 'string',
      propertyPath: 'string',
      resultType: 'any',
    },
    callbacks: ['setBeanName', 'afterPropertiesSet'],
    constructors: [[]],
  };

  setBeanName(name: string): void {
    this.#name = name.replace(/#[\da-f]+$/, '');
  }

  constructor(factory: BeanFactory) {
    this.#factory = factory;
  }

  /** The path is followed anew each time, as what it leads to may change. */
  isSingleton(): boolean {
    return false;
  }

  /** The bean is made before this one, unless each request makes a new one. */
  afterPropertiesSet(): Promise<void> | undefined {
    const { bean } = this.#target();
    if (bean === undefined) return undefined;
    if (!this.#factory.containsBean(bean)) {
      const hint = didYouMean(bean, this.#factory.allNames());
      throw configError('BEAN_NOT_FOUND', `no bean named "${bean}"${hint}`, undefined);
    }
    if (!this.#factory.isSingleton(bean)) return undefined;
    try {
      this.#factory.getBean(bean);
      return undefined;
    } catch (error) {
      const isLate = error instanceof Error && 'code' in error && error.code === LATE;
      if (!isLate) throw error;
    }
    return this.#factory.getBeanAsync(bean).then(() => undefined);
  }

  getObject(): unknown {
    const { bean, path } = this.#target();
    let value = bean === undefined ? this.targetObject : this.#factory.getBean(bean);
    for (const step of parsePath((path ?? '').trim(), undefined)) {
      value = readStep(value, step);
      if (value === undefined) {
        throw configError(
          'PROPERTY_PATH_INVALID',
          `"${path}" of bean "${bean ?? 'the target'}" leads to nothing`,
          undefined,
        );
      }
    }
    return value;
  }

  #target(): { readonly bean: string | undefined; readonly path: string } {
    const bean = this.targetBeanName?.trim();
    const path = this.propertyPath;
    const hasObject = this.targetObject !== undefined;
    if (hasObject && bean !== undefined)
      fail('give either targetObject or targetBeanName, not both');
    if (hasObject || bean !== undefined) {
      if (path === undefined) fail('the property "propertyPath" is required');
      return { bean, path: path ?? '' };
    }
    if (path !== undefined) fail('propertyPath needs targetObject or targetBeanName');
    // Without any setting the name of the bean is the path.
    const dot = this.#name.indexOf('.');
    if (dot < 0) fail(`without targetBeanName the id is written beanName.property`);
    return { bean: this.#name.slice(0, dot), path: this.#name.slice(dot + 1) };
  }
}

const LATE = 'BEAN_STILL_INITIALISING';

function fail(message: string): never {
  throw configError('PROPERTY_PATH_INVALID', message, undefined);
}
