import type { BeanInfo } from '../../base/index.ts';
import type { AnyClass, ClassInfo } from '../classes/ClassInfo.ts';
import { anyType, parseType } from '../classes/TypeRef.ts';
import { didYouMean } from '../errors/nearestName.ts';
import { configError } from '../errors/Problems.ts';
import type { BeanFactory } from '../factory/BeanFactory.ts';
import { chooseArguments } from '../factory/chooseArguments.ts';
import { isPromise } from '../factory/Making.ts';
import { ownOrInherited, parsePath, readStep } from '../factory/propertyPath.ts';
import { loadProperties } from './loadProperties.ts';

/** A bean that is a list of the file. */
export class ListFactoryBean {
  sourceList: readonly unknown[] | undefined = undefined;
  targetListClass: unknown = undefined;
  singleton = true;

  static readonly beanInfo: BeanInfo = {
    types: ['FactoryBean'],
    properties: { sourceList: 'list', targetListClass: 'any', singleton: 'boolean' },
    methods: { getObject: [{ parameters: [], returns: 'java.util.List' }] },
    constructors: [[]],
  };

  afterPropertiesSet(): void {
    needSource('sourceList', this.sourceList);
    checkTarget('list', this.targetListClass);
  }

  getObject(): unknown {
    const list = this.sourceList ?? [];
    return this.singleton ? list : [...list];
  }
}

/** A bean that is a set of the file. */
export class SetFactoryBean {
  sourceSet: ReadonlySet<unknown> | undefined = undefined;
  targetSetClass: unknown = undefined;
  singleton = true;

  static readonly beanInfo: BeanInfo = {
    types: ['FactoryBean'],
    properties: { sourceSet: 'set', targetSetClass: 'any', singleton: 'boolean' },
    methods: { getObject: [{ parameters: [], returns: 'java.util.Set' }] },
    constructors: [[]],
  };

  afterPropertiesSet(): void {
    needSource('sourceSet', this.sourceSet);
    checkTarget('set', this.targetSetClass);
  }

  getObject(): unknown {
    const values = [...(this.sourceSet ?? [])];
    return new Set(isSorted(this.targetSetClass) ? values.sort(byNature) : values);
  }
}

/** A bean that is a map of the file. */
export class MapFactoryBean {
  sourceMap: ReadonlyMap<unknown, unknown> | undefined = undefined;
  targetMapClass: unknown = undefined;
  singleton = true;

  static readonly beanInfo: BeanInfo = {
    types: ['FactoryBean'],
    properties: { sourceMap: 'map', targetMapClass: 'any', singleton: 'boolean' },
    methods: { getObject: [{ parameters: [], returns: 'java.util.Map' }] },
    constructors: [[]],
  };

  afterPropertiesSet(): void {
    needSource('sourceMap', this.sourceMap);
    checkTarget('map', this.targetMapClass);
  }

  getObject(): unknown {
    const entries = [...(this.sourceMap ?? [])];
    const sorted = isSorted(this.targetMapClass);
    return new Map(sorted ? entries.sort(([a], [b]) => byNature(a, b)) : entries);
  }
}

/** Java's collections by the kind a file may ask for; all of one kind are the same thing here, but for the order. */
const TARGETS: Readonly<Record<'list' | 'set' | 'map', readonly string[]>> = {
  list: ['ArrayList', 'LinkedList', 'Vector', 'Stack', 'CopyOnWriteArrayList'],
  set: ['HashSet', 'LinkedHashSet', 'TreeSet', 'ConcurrentSkipListSet', 'CopyOnWriteArraySet'],
  map: [
    'HashMap',
    'LinkedHashMap',
    'TreeMap',
    'Hashtable',
    'Properties',
    'WeakHashMap',
    'IdentityHashMap',
    'ConcurrentHashMap',
    'ConcurrentSkipListMap',
    'LinkedCaseInsensitiveMap',
  ],
};

function checkTarget(kind: 'list' | 'set' | 'map', given: unknown): void {
  if (given === undefined || given === null) return;
  const name = (typeof given === 'function' ? given.name : String(given)).trim();
  const known = TARGETS[kind];
  if (known.includes(name.slice(name.lastIndexOf('.') + 1))) return;
  const message = `"${name}" is no class of ${kind}s; known are ${known.join(', ')}`;
  throw configError('TYPE_MISMATCH', message, undefined);
}

function needSource(property: string, given: unknown): void {
  if (given !== undefined && given !== null) return;
  throw configError('VALUE_MISSING', `the property "${property}" is required`, undefined);
}

function isSorted(target: unknown): boolean {
  return /Tree|SkipList/.test(typeof target === 'function' ? target.name : String(target));
}

/** Numbers by their value, the rest by its text. */
function byNature(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [one, other] = [String(a), String(b)];
  return one < other ? -1 : Number(one > other);
}

/** A bean that is a table of texts, from files and from the bean file. */
export class PropertiesFactoryBean {
  location: string | undefined = undefined;
  locations: readonly string[] = [];
  properties: ReadonlyMap<string, string> = new Map();
  propertiesArray: readonly ReadonlyMap<string, string>[] = [];
  localOverride = false;
  ignoreResourceNotFound = false;
  fileEncoding: string | undefined = undefined;
  singleton = true;
  #loaded: Map<string, string> | undefined;
  readonly #factory: BeanFactory;

  static readonly beanInfo: BeanInfo = {
    types: ['FactoryBean'],
    properties: {
      location: 'string',
      locations: 'array<string>',
      properties: 'properties',
      propertiesArray: 'array<properties>',
      localOverride: 'boolean',
      ignoreResourceNotFound: 'boolean',
      fileEncoding: 'string',
      singleton: 'boolean',
    },
    methods: { getObject: [{ parameters: [], returns: 'java.util.Properties' }] },
    constructors: [[]],
  };

  constructor(factory: BeanFactory) {
    this.#factory = factory;
  }

  /** Files that are missing are said so at the start, not when somebody asks. */
  afterPropertiesSet(): void {
    if (this.singleton) this.#loaded = this.#load();
  }

  getObject(): Map<string, string> {
    return this.#loaded ?? this.#load();
  }

  #load(): Map<string, string> {
    const locations = [...this.locations, ...(this.location === undefined ? [] : [this.location])];
    const files = loadProperties(
      { locations, ignoreMissing: this.ignoreResourceNotFound, encoding: this.fileEncoding },
      this.#factory,
    );
    const inline = new Map([
      ...this.propertiesArray.flatMap((one) => [...one]),
      ...this.properties,
    ]);
    return this.localOverride ? new Map([...files, ...inline]) : new Map([...inline, ...files]);
  }
}

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

/** Adds converters for types: class name → class with `setAsText(text)` and `getValue()`. */
export class CustomEditorConfigurer {
  customEditors: ReadonlyMap<unknown, unknown> = new Map();
  order = 2_147_483_647;

  static readonly beanInfo: BeanInfo = {
    types: ['BeanFactoryPostProcessor'],
    properties: { customEditors: 'map', propertyEditorRegistrars: 'any', order: 'int' },
    constructors: [[]],
  };

  postProcessBeanFactory(factory: BeanFactory): void {
    for (const [type, editor] of this.customEditors) {
      const info = typeof editor === 'string' ? factory.findClassByName(editor.trim()) : undefined;
      const name = String(type).trim();
      if (typeof editor === 'string' && info === undefined) {
        throw configError(
          'CLASS_NOT_FOUND',
          `editor class "${editor}" for "${name}" is not registered`,
          undefined,
        );
      }
      factory.addConverter(name, (text) => {
        const instance: unknown = info === undefined ? editor : Reflect.construct(info.class, []);
        return convertByEditor(instance, text);
      });
    }
  }
}

function convertByEditor(editor: unknown, text: string): unknown {
  if (typeof editor !== 'object' || editor === null) return text;
  const setAsText: unknown = Reflect.get(editor, 'setAsText');
  if (typeof setAsText === 'function') setAsText.call(editor, text);
  return readStep(editor, { kind: 'name', text: 'value' });
}
