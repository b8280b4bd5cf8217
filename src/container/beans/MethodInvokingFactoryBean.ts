import type { BeanInfo } from '../../base/index.ts';
import type { AnyClass, ClassInfo } from '../classes/ClassInfo.ts';
import { anyType, parseType } from '../classes/TypeRef.ts';
import { configError } from '../errors/Problems.ts';
import type { BeanFactory } from '../factory/BeanFactory.ts';
import { chooseArguments } from '../factory/chooseArguments.ts';
import { isPromise } from '../factory/Making.ts';

/** What a method is called on. */
interface Invocation {
  readonly info: ClassInfo;
  readonly target: unknown;
  readonly method: string;
  readonly isStatic: boolean;
}

/** Calls a method when it is made. */
export class MethodInvokingBean {
  targetClass: string | undefined = undefined;
  targetObject: unknown = undefined;
  targetMethod: string | undefined = undefined;
  staticMethod: string | undefined = undefined;
  arguments: readonly unknown[] = [];
  readonly #factory: BeanFactory;

  static readonly beanInfo: BeanInfo = {
    types: ['InitializingBean'],
    properties: {
      targetClass: 'any',
      targetObject: 'any',
      targetMethod: 'string',
      staticMethod: 'string',
      arguments: 'array<any>',
    },
    constructors: [[]],
  };

  constructor(factory: BeanFactory) {
    this.#factory = factory;
  }

  afterPropertiesSet(): unknown {
    return this.invoke();
  }

  /** Calls the method; a promise is returned as it is. */
  protected invoke(): unknown {
    const { info, target, method, isStatic } = this.#target();
    const found = isStatic ? info.staticMethod(method) : info.method(method);
    if (found === undefined) {
      throw configError(
        'METHOD_NOT_FOUND',
        `class "${info.name}" has no ${isStatic ? 'static ' : ''}method "${method}"`,
        undefined,
      );
    }
    const declared = info.signatures(method);
    const values = chooseArguments({
      what: `method "${method}" of class "${info.name}"`,
      signatures:
        declared.length === 0
          ? undefined
          : declared.map((one) =>
              one.parameters.map(([name, word]) => ({
                name,
                type: word === '' ? anyType : parseType(word),
              })),
            ),
      minimum: found.length,
      given: this.arguments.map((value) => ({ value })),
      conversion: this.#factory.conversion,
    });
    return found.apply(target, values) ?? null;
  }

  #target(): Invocation {
    // Spring does not trim the names; bean files that put them on lines of their own exist.
    const full = this.staticMethod?.trim();
    if (full !== undefined) {
      const dot = full.lastIndexOf('.');
      return this.#staticTarget(full.slice(0, Math.max(dot, 0)), full.slice(dot + 1));
    }
    const method = this.targetMethod?.trim() ?? '';
    if (this.targetObject === undefined || this.targetObject === null) {
      if (typeof this.targetClass === 'function') {
        const info = this.#factory.classes.describe(this.targetClass);
        return { info, target: this.targetClass, method, isStatic: true };
      }
      return this.#staticTarget(this.targetClass?.trim() ?? '', method);
    }
    const info = this.#factory.classes.describeValue(this.targetObject);
    if (info !== undefined) {
      // As in Java, a static method can be called on an object.
      const isStatic = info.method(method) === undefined && info.staticMethod(method) !== undefined;
      return { info, target: isStatic ? info.class : this.targetObject, method, isStatic };
    }
    throw configError(
      'METHOD_NOT_FOUND',
      `the target of method "${method}" has no methods`,
      undefined,
    );
  }

  #staticTarget(className: string, method: string): Invocation {
    const info = this.#factory.findClassByName(className);
    if (info !== undefined) return { info, target: info.class, method, isStatic: true };
    throw configError('CLASS_NOT_FOUND', this.#factory.noClass(className), undefined);
  }
}

/** Calls a method when it is made, and is what the method returns. */
export class MethodInvokingFactoryBean extends MethodInvokingBean {
  singleton = true;
  #result: unknown = null;

  static override readonly beanInfo: BeanInfo = {
    types: ['FactoryBean'],
    properties: { singleton: 'boolean' },
  };

  override afterPropertiesSet(): unknown {
    if (!this.singleton) return undefined;
    const result = this.invoke();
    if (!isPromise(result)) {
      this.#result = result;
      return undefined;
    }
    return result.then((value) => {
      this.#result = value;
    });
  }

  getObject(): unknown {
    return this.singleton ? this.#result : this.invoke();
  }

  /** What it makes is known once the method was called. */
  getObjectType(): AnyClass | string | undefined {
    const result = this.#result;
    if (typeof result === 'string') return 'java.lang.String';
    if (typeof result !== 'object' || result === null || Array.isArray(result)) return undefined;
    return result.constructor as AnyClass;
  }
}
