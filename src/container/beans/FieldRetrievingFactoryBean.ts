import type { BeanInfo } from '../../base/index.ts';
import { configError } from '../errors/Problems.ts';
import type { BeanFactory } from '../factory/BeanFactory.ts';
import { ownOrInherited, readStep } from '../factory/propertyPath.ts';

/** A bean that is the value of a static field. */
export class FieldRetrievingFactoryBean {
  staticField: string | undefined = undefined;
  targetClass: string | undefined = undefined;
  targetObject: unknown = undefined;
  targetField: string | undefined = undefined;
  #name = '';
  readonly #factory: BeanFactory;

  static readonly beanInfo: BeanInfo = {
    types: ['FactoryBean'],
    properties: {
      staticField: 'string',
      targetClass: 'string',
      targetObject: 'any',
      targetField: 'string',
    },
    callbacks: ['setBeanName', 'afterPropertiesSet'],
    constructors: [[]],
  };

  setBeanName(name: string): void {
    this.#name = name;
  }

  constructor(factory: BeanFactory) {
    this.#factory = factory;
  }

  /** The field is read anew each time, as it may change. */
  isSingleton(): boolean {
    return false;
  }

  /** Says at the start what is wrong. */
  afterPropertiesSet(): void {
    this.getObject();
  }

  getObject(): unknown {
    if (this.targetObject !== undefined) {
      return readStep(this.targetObject, { kind: 'name', text: this.targetField ?? '' });
    }
    // The name of the bean may be the field, as Spring allows it.
    const field = (
      this.staticField ??
      (this.targetClass === undefined
        ? this.#name
        : `${this.targetClass}.${this.targetField ?? ''}`)
    ).replace(/\s+/g, '');
    const dot = field.lastIndexOf('.');
    const className = field.slice(0, Math.max(dot, 0));
    const constants = this.#factory.classes.findEnum(className);
    const constant = constants?.get(field.slice(dot + 1));
    if (constant !== undefined) return constant;
    const info = this.#factory.findClassByName(className);
    if (info === undefined) {
      throw configError(
        'CLASS_NOT_FOUND',
        `constant "${field}": ${this.#factory.noClass(className)}`,
        undefined,
      );
    }
    const value = ownOrInherited(info.class, field.slice(dot + 1));
    if (value === undefined)
      throw configError(
        'PROPERTY_UNKNOWN',
        `class "${info.name}" has no constant "${field.slice(dot + 1)}"`,
        undefined,
      );
    return value;
  }
}
