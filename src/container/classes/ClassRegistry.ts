import type { BeanInfo } from '../../base/index.ts';
import { type AnyClass, ClassInfo } from './ClassInfo.ts';

/** A class that bean files can name. */
export interface ClassEntry {
  /** Name in bean files. */
  readonly name: string;
  readonly class: AnyClass;
  /** Other names, such as those of Red5's Java classes. */
  readonly aliases?: readonly string[];
  /** What the class says about itself, instead of its static `beanInfo`. */
  readonly beanInfo?: BeanInfo;
  /**
   * Makes an instance instead of `new`, for Java types that are plain values here.
   *
   * @internal
   */
  readonly make?: (...args: readonly unknown[]) => unknown;
}

/** A set of constants that bean files can name. */
export interface EnumEntry {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Constant name → value; a list of names stands for themselves. */
  readonly values: Readonly<Record<string, string | number>> | readonly string[];
}

/**
 * The classes bean files can name: what ships with the server, and what a program adds.
 *
 * A registry sees the entries of its parent; its own come first.
 */
export class ClassRegistry {
  readonly #parent: ClassRegistry | undefined;
  readonly #entries = new Map<string, ClassEntry>();
  readonly #enums = new Map<string, ReadonlyMap<string, string | number>>();
  readonly #namesOf = new Map<AnyClass, string[]>();
  readonly #infoOf = new Map<AnyClass, BeanInfo>();
  readonly #makeOf = new Map<AnyClass, NonNullable<ClassEntry['make']>>();
  readonly #infos = new WeakMap<AnyClass, ClassInfo>();

  constructor(parent?: ClassRegistry) {
    this.#parent = parent;
  }

  /** Adds a class under its name and aliases; a later entry of the same name replaces the earlier. */
  register(entry: ClassEntry): void {
    const names = [entry.name, ...(entry.aliases ?? [])];
    for (const name of names) this.#entries.set(name, entry);
    const known = this.#namesOf.get(entry.class) ?? [];
    this.#namesOf.set(entry.class, [...known, ...names.filter((name) => !known.includes(name))]);
    if (entry.beanInfo !== undefined) this.#infoOf.set(entry.class, entry.beanInfo);
    if (entry.make !== undefined) this.#makeOf.set(entry.class, entry.make);
    this.#infos.delete(entry.class);
  }

  /** Adds constants, so that properties of that type take their names. */
  registerEnum(entry: EnumEntry): void {
    const pairs = Array.isArray(entry.values)
      ? entry.values.map((name: string): [string, string] => [name, name])
      : Object.entries(entry.values as Readonly<Record<string, string | number>>);
    const values = new Map<string, string | number>(pairs);
    for (const name of [entry.name, ...(entry.aliases ?? [])]) this.#enums.set(name, values);
  }

  /** The entry of a name or alias. */
  find(name: string): ClassEntry | undefined {
    return this.#entries.get(name) ?? this.#parent?.find(name);
  }

  /** The constants of an enum. */
  findEnum(name: string): ReadonlyMap<string, string | number> | undefined {
    return this.#enums.get(name) ?? this.#parent?.findEnum(name);
  }

  /** All names and aliases, those of the parent included. */
  names(): string[] {
    return [...new Set([...this.#entries.keys(), ...(this.#parent?.names() ?? [])])];
  }

  /** What a class, registered or not, declares about itself. */
  describe(type: AnyClass): ClassInfo {
    const known = this.#infos.get(type);
    if (known !== undefined) return known;
    const chain = [];
    for (let one: unknown = type; isClass(one); one = Object.getPrototypeOf(one)) {
      chain.push({ names: this.#allNames(one), info: this.#beanInfo(one) });
    }
    const info = new ClassInfo(type, chain, this.#findMake(type));
    this.#infos.set(type, info);
    return info;
  }

  /** What the class of a value declares; undefined for values that have none. */
  describeValue(value: unknown): ClassInfo | undefined {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null)
      return undefined;
    const type: unknown = value.constructor;
    return typeof type === 'function' && type !== Object && type !== Function
      ? this.describe(type)
      : undefined;
  }

  #allNames(type: AnyClass): string[] {
    const names = this.#registeredNames(type);
    if (type.name !== '' && !names.includes(type.name)) names.push(type.name);
    return names;
  }

  #registeredNames(type: AnyClass): string[] {
    const own = this.#namesOf.get(type) ?? [];
    const parents = this.#parent === undefined ? [] : this.#parent.#registeredNames(type);
    return [...own, ...parents.filter((name) => !own.includes(name))];
  }

  #beanInfo(type: AnyClass): BeanInfo | undefined {
    const given = this.#givenInfo(type);
    if (given !== undefined || !Object.hasOwn(type, 'beanInfo')) return given;
    const declared: unknown = Reflect.get(type, 'beanInfo');
    return typeof declared === 'object' && declared !== null ? (declared as BeanInfo) : undefined;
  }

  #givenInfo(type: AnyClass): BeanInfo | undefined {
    const parent = this.#parent;
    return this.#infoOf.get(type) ?? (parent === undefined ? undefined : parent.#givenInfo(type));
  }

  #findMake(type: AnyClass): ClassEntry['make'] {
    const parent = this.#parent;
    return this.#makeOf.get(type) ?? (parent === undefined ? undefined : parent.#findMake(type));
  }
}

function isClass(value: unknown): value is AnyClass {
  return typeof value === 'function' && value !== Function.prototype && value.name !== 'Object';
}
