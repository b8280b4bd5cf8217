import type { BeanCallback, BeanInfo, MethodInfo } from '../../base/index.ts';
import { anyType, parseType, type TypeRef } from './TypeRef.ts';

/** Any class at all, also one whose constructor is private. */
// biome-ignore lint/complexity/noBannedTypes: no narrower type takes every class
export type AnyClass = Function;

/** A parameter of a constructor or method. */
export interface Parameter {
  readonly name: string;
  readonly type: TypeRef;
}

/** A property that a bean file can set. */
export interface WritableProperty {
  readonly name: string;
  readonly type: TypeRef;
  /** Method to call with the value; undefined when it is assigned. */
  readonly setter: string | undefined;
}

/** A class with what it declares about itself, read once. */
export class ClassInfo {
  readonly class: AnyClass;
  /** Names of the class, of its superclasses and of what they serve as. */
  readonly types: ReadonlySet<string>;
  /** Names of the class itself, without those of its superclasses. */
  readonly ownNames: readonly string[];
  /** What makes an instance instead of `new`, for types that are no classes here. */
  readonly make: ((...args: readonly unknown[]) => unknown) | undefined;
  /** True when the class makes other beans. */
  readonly isFactoryBean: boolean;
  /** True when some class of the chain says what it serves as. */
  readonly declaresTypes: boolean;
  readonly #declared: ReadonlyMap<string, string>;
  readonly #callbacks: ReadonlySet<string> | undefined;
  readonly #methods: ReadonlyMap<string, readonly MethodInfo[]>;
  readonly #signatures: readonly (readonly (readonly [string, string])[])[] | undefined;
  #source: string | undefined = '';
  #isAware: boolean | undefined;
  readonly #properties = new Map<string, WritableProperty | undefined>();
  readonly #taken = new Map<BeanCallback, boolean>();
  #constructors: readonly (readonly Parameter[])[] | undefined;

  constructor(
    type: AnyClass,
    chain: readonly { readonly names: readonly string[]; readonly info: BeanInfo | undefined }[],
    make?: (...args: readonly unknown[]) => unknown,
  ) {
    this.class = type;
    this.make = make;
    const infos = chain.flatMap(({ info }) => (info === undefined ? [] : [info]));
    const declared = new Map<string, string>();
    const methods = new Map<string, readonly MethodInfo[]>();
    for (const { properties = {}, methods: own = {} } of infos) {
      for (const [name, word] of Object.entries(properties)) {
        if (!declared.has(name)) declared.set(name, word);
      }
      for (const [name, one] of Object.entries(own)) {
        methods.set(name, [...(methods.get(name) ?? []), ...one]);
      }
    }
    this.types = new Set(chain.flatMap(({ names, info }) => [...names, ...(info?.types ?? [])]));
    this.isFactoryBean = this.types.has('FactoryBean') || this.types.has(FACTORY_BEAN);
    this.ownNames = chain[0]?.names ?? [];
    this.declaresTypes = infos.some((info) => info.types !== undefined);
    this.#declared = declared;
    const callbacks = infos.flatMap((info) =>
      info.callbacks === undefined ? [] : [info.callbacks],
    );
    this.#callbacks = callbacks.length === 0 ? undefined : new Set(callbacks.flat());
    this.#methods = methods;
    this.#signatures = infos.find((info) => info.constructors !== undefined)?.constructors;
  }

  /** Name for messages. */
  get name(): string {
    for (const name of this.types) return name;
    return this.class.name;
  }

  /** Declared constructor signatures; undefined when the class declares none. */
  get constructors(): readonly (readonly Parameter[])[] | undefined {
    if (this.#signatures === undefined) return undefined;
    this.#constructors ??= this.#signatures.map(toParameters);
    return this.#constructors;
  }

  /**
   * False when instances cannot have a field of the name, because the code of the class does not even mention it.
   *
   * Fields exist only once an instance does; this tells a misspelt one before.
   */
  mayHaveField(name: string): boolean {
    const source = this.#sourceText();
    return (
      source === undefined || new RegExp(`(?<![\\w$])${escapePattern(name)}(?![\\w$])`).test(source)
    );
  }

  /** The code of the class and its superclasses; undefined when some of it cannot be seen. */
  #sourceText(): string | undefined {
    if (this.#source !== '') return this.#source;
    let source: string | undefined = '';
    for (
      let type: unknown = this.class;
      typeof type === 'function' && type !== Function.prototype;
      type = Object.getPrototypeOf(type)
    ) {
      const text = Function.prototype.toString.call(type);
      source = source === undefined || !text.startsWith('class') ? undefined : `${source}\n${text}`;
    }
    this.#source = source;
    return source;
  }

  /** Names of the properties it is known to have, for suggestions and autowiring. */
  propertyNames(): string[] {
    const names = new Set(this.#declared.keys());
    for (
      let proto = this.#prototype;
      proto && proto !== Object.prototype;
      proto = Object.getPrototypeOf(proto)
    ) {
      for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(proto))) {
        if (descriptor.set !== undefined) names.add(name);
        const isSetter = /^set[A-Z]/.test(name) && typeof descriptor.value === 'function';
        if (isSetter && descriptor.value.length === 1) names.add(decapitalise(name.slice(3)));
      }
    }
    return [...names];
  }

  /** Names of properties it has or seems to have, for suggestions. */
  likelyPropertyNames(): string[] {
    const fields = (this.#sourceText() ?? '').matchAll(FIELD);
    return [...this.propertyNames(), ...[...fields].map((field) => field[1] ?? '')];
  }

  /** Names of the methods of instances, for suggestions. */
  methodNames(): string[] {
    const names = new Set<string>();
    for (
      let proto = this.#prototype;
      proto && proto !== Object.prototype;
      proto = Object.getPrototypeOf(proto)
    ) {
      for (const name of Object.getOwnPropertyNames(proto)) {
        if (this.method(name) !== undefined) names.add(name);
      }
    }
    return [...names];
  }

  /** How a property is set; undefined when nothing of that name is known before an instance exists. */
  property(name: string): WritableProperty | undefined {
    const known = this.#properties.get(name);
    if (known !== undefined || this.#properties.has(name)) return known;
    const found = this.#findProperty(name);
    this.#properties.set(name, found);
    return found;
  }

  #findProperty(name: string): WritableProperty | undefined {
    const word = this.#declared.get(name);
    const type = word === undefined ? anyType : parseType(word);
    const setter = `set${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    const method = findMember(this.#prototype, setter);
    if (typeof method?.value === 'function' && method.value.length === 1)
      return { name, type, setter };
    const accessor = findMember(this.#prototype, name);
    if (accessor?.set !== undefined) return { name, type, setter: undefined };
    if (accessor !== undefined) return undefined;
    return word === undefined ? undefined : { name, type, setter: undefined };
  }

  /** The declared type of a property, writable or not. */
  propertyType(name: string): TypeRef {
    const word = this.#declared.get(name);
    return word === undefined ? anyType : parseType(word);
  }

  /** A method of instances; undefined when there is none. */
  method(name: string): ((...args: unknown[]) => unknown) | undefined {
    if (name === 'constructor') return undefined;
    const found = findMember(this.#prototype, name)?.value;
    return typeof found === 'function' ? (found as (...args: unknown[]) => unknown) : undefined;
  }

  /** A method to call by its name alone; undefined too when all its declared signatures have more parameters than that. */
  hook(name: string, parameters: number): ((...args: unknown[]) => unknown) | undefined {
    const declared = this.signatures(name);
    if (declared.length === 0 && parameters === 0 && this.#isSetter(name)) return undefined;
    const fits =
      declared.length === 0 || declared.some((one) => one.parameters.length <= parameters);
    return fits ? this.method(name) : undefined;
  }

  #isSetter(name: string): boolean {
    return /^set[A-Z]/.test(name) && this.property(decapitalise(name.slice(3)))?.setter === name;
  }

  /** A static method, own or inherited; undefined when there is none. */
  staticMethod(name: string): ((...args: unknown[]) => unknown) | undefined {
    for (
      let type: unknown = this.class;
      typeof type === 'function' && type !== Function.prototype;
      type = Object.getPrototypeOf(type)
    ) {
      if (!Object.hasOwn(type, name)) continue;
      const found: unknown = Reflect.get(type, name);
      return typeof found === 'function' && !BUILT_IN_STATICS.has(name)
        ? (found as (...args: unknown[]) => unknown)
        : undefined;
    }
    return undefined;
  }

  /** Declared signatures of a method. */
  signatures(method: string): readonly MethodInfo[] {
    return this.#methods.get(method) ?? [];
  }

  /** True when the container makes this callback: the class has the method, and names it if it names any. */
  takes(callback: BeanCallback, method: string = callback): boolean {
    if (method !== callback) return this.#takes(callback, method);
    const known = this.#taken.get(callback);
    if (known !== undefined) return known;
    const takes = this.#takes(callback, method);
    this.#taken.set(callback, takes);
    return takes;
  }

  #takes(callback: BeanCallback, method: string): boolean {
    if (this.#callbacks !== undefined && !this.#callbacks.has(callback)) return false;
    return this.method(method) !== undefined;
  }

  /** True when it takes one of the callbacks that hand a bean something of its container. */
  get isAware(): boolean {
    this.#isAware ??= AWARE.some((callback) => this.takes(callback));
    return this.#isAware;
  }

  /** True when a type of the name is served. */
  is(type: string): boolean {
    return this.types.has(type);
  }

  get #prototype(): object | undefined {
    return this.class.prototype as object | undefined;
  }
}

const AWARE: readonly BeanCallback[] = [
  'setBeanName',
  'setBeanFactory',
  'setApplicationContext',
  'setServletContext',
  'setResourceLoader',
  'setEnvironment',
  'setApplicationEventPublisher',
];

const FACTORY_BEAN = 'org.springframework.beans.factory.FactoryBean';

/** A field or assignment at the beginning of a statement. */
const FIELD = /(?:^|[;{}])\s*([A-Za-z_$][\w$]*)\s*(?:=[^=>]|;)/g;

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const BUILT_IN_STATICS: ReadonlySet<string> = new Set(['prototype', 'constructor']);

function toParameters(signature: readonly (readonly [string, string])[]): Parameter[] {
  return signature.map(([name, word]) => ({ name, type: parseType(word) }));
}

/** Finds a member on a prototype chain, without what every object has. */
function findMember(prototype: object | undefined, name: string): PropertyDescriptor | undefined {
  for (
    let proto = prototype;
    proto && proto !== Object.prototype;
    proto = Object.getPrototypeOf(proto) as object | undefined
  ) {
    const found = Object.getOwnPropertyDescriptor(proto, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `Name` → `name`, but `URL` stays, as in Java beans. */
export function decapitalise(name: string): string {
  if (/^[A-Z]{2}/.test(name)) return name;
  return name.charAt(0).toLowerCase() + name.slice(1);
}
