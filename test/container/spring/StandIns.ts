import type { BeanCallback, BeanInfo, MethodInfo } from '../../../src/base/index.ts';
import { parseType } from '../../../src/container/classes/TypeRef.ts';
import { ClassRegistry } from '../../../src/container/index.ts';
import { type Behaviours, behaviours } from './behaviours.ts';
import { type ClassSpec, type ConstructorSpec, parseMethod } from './ClassSpecs.ts';

/** An instance of a stand-in. */
export type Standing = Record<string, unknown>;
/** A stand-in class. */
export type StandIn = (new (...args: readonly unknown[]) => Standing) & Record<string, unknown>;

const CALLBACKS: Readonly<Record<string, readonly BeanCallback[]>> = {
  BeanNameAware: ['setBeanName'],
  BeanFactoryAware: ['setBeanFactory'],
  ApplicationContextAware: ['setApplicationContext'],
  InitializingBean: ['afterPropertiesSet'],
  DisposableBean: ['destroy'],
  Lifecycle: ['start'],
  ApplicationListener: ['onApplicationEvent'],
  BeanPostProcessor: ['postProcessBean'],
  BeanFactoryPostProcessor: ['postProcessBeanFactory'],
};
/** What `classes.json` leaves out. */
const MISSING: Readonly<Record<string, readonly string[]>> = {
  'org.springframework.beans.factory.FooFactoryBean': ['FactoryBean'],
};
const AWARE = {
  BeanNameAware: 'beanName',
  BeanFactoryAware: 'beanFactory',
  ApplicationContextAware: 'applicationContext',
};

/** Classes with the shape that `classes.json` gives and the behaviour of `behaviours.ts`. */
export class StandIns {
  readonly registry: ClassRegistry = new ClassRegistry();
  readonly #specs: ReadonlyMap<string, ClassSpec>;
  readonly #classes = new Map<string, StandIn>();
  readonly #behaviours: Behaviours;

  constructor(specs: ReadonlyMap<string, ClassSpec>) {
    this.#specs = specs;
    this.#behaviours = behaviours(this);
    for (const [name, spec] of specs) {
      if (spec.kind === 'enum') this.registry.registerEnum({ name, values: spec.constants ?? [] });
      else if (spec.kind !== 'interface') this.get(name);
    }
    this.registry.registerEnum({
      name: 'java.lang.Thread$State',
      aliases: ['java.lang.Thread.State'],
      values: ['NEW', 'RUNNABLE', 'BLOCKED'],
    });
  }

  /** A class by its Java name. */
  get(name: string): StandIn {
    const known = this.#classes.get(name);
    if (known !== undefined) return known;
    const spec = this.#specs.get(name);
    if (spec === undefined) throw new Error(`no class ${name} in classes.json`);
    const made = this.#make(name, spec);
    this.#classes.set(name, made);
    this.registry.register({
      name,
      class: made,
      beanInfo: this.#beanInfo({
        ...spec,
        implements: [...(spec.implements ?? []), ...(MISSING[name] ?? [])],
      }),
    });
    return made;
  }

  /** Names of all classes. */
  names(): string[] {
    return [...this.#classes.keys()];
  }

  #make(name: string, spec: ClassSpec): StandIn {
    const parent = spec.extends === undefined ? class {} : this.get(spec.extends);
    const behaviour = this.#behaviours[name] ?? {};
    const fill = (target: Standing, args: readonly unknown[]): void => {
      behaviour.init?.(target);
      const chosen = args.length === 0 ? undefined : this.#fitting(spec, args);
      for (const [index, [parameter]] of (chosen?.params ?? []).entries())
        store(target, parameter, args[index]);
      behaviour.constructed?.(target, args);
    };
    const own = this;
    const made = class extends (parent as new (...args: readonly unknown[]) => object) {
      constructor(...args: readonly unknown[]) {
        super();
        own.#setDefaults(this as unknown as Standing, spec);
        fill(this as unknown as Standing, args);
      }
    } as unknown as StandIn;
    Object.defineProperty(made, 'name', { value: name.slice(name.lastIndexOf('.') + 1) });
    this.#addProperties(made, spec);
    for (const property of Object.keys(spec.properties ?? {})) {
      define(
        made.prototype,
        `get${property.charAt(0).toUpperCase()}${property.slice(1)}`,
        function (this: Standing): unknown {
          return this[property];
        },
      );
    }
    for (const text of spec.methods ?? []) {
      const { name: method, returns } = parseMethod(text);
      define(made.prototype, method, function (this: Standing): unknown {
        return returns === 'boolean' ? this[flagOf(method)] === true : undefined;
      });
    }
    for (const [method, task] of Object.entries(behaviour.methods ?? {}))
      define(made.prototype, method, task);
    for (const [field, type] of Object.entries(spec.staticFields ?? {}))
      made[field] = defaultOf(type);
    for (const { name: method } of spec.staticMethods ?? []) define(made, method, () => undefined);
    for (const [method, task] of Object.entries(behaviour.statics ?? {}))
      define(made, method, task);
    return made;
  }

  #fitting(spec: ClassSpec, args: readonly unknown[]): ConstructorSpec | undefined {
    const possible = (spec.constructors ?? []).filter(
      ({ params }) => params.length === args.length,
    );
    return (
      possible.find(({ params }) =>
        params.every(([, type], index) => this.#fits(args[index], type)),
      ) ?? possible[0]
    );
  }

  #fits(value: unknown, word: string): boolean {
    const type = parseType(word);
    switch (type.kind) {
      case 'any':
        return true;
      case 'string':
        return value === null || typeof value === 'string';
      case 'number':
        return (
          typeof value === 'number' ||
          typeof value === 'bigint' ||
          (value === null && type.nullable)
        );
      case 'boolean':
        return typeof value === 'boolean' || (value === null && type.nullable);
      case 'list':
      case 'array':
        return (
          Array.isArray(value) &&
          value.every((one) =>
            this.#fits(one, type.element.kind === 'bean' ? type.element.name : 'Object'),
          )
        );
      case 'set':
        return value instanceof Set;
      case 'map':
      case 'properties':
        return value instanceof Map;
      case 'bean': {
        if (this.#specs.get(type.name)?.kind === 'enum') return typeof value === 'string';
        return (
          value === null ||
          (typeof value === 'object' && this.registry.describeValue(value)?.is(type.name) === true)
        );
      }
      default:
        return value === null || typeof value === 'object';
    }
  }

  #setDefaults(target: Standing, spec: ClassSpec): void {
    for (const [name, property] of Object.entries(spec.properties ?? {})) {
      const type = typeof property === 'string' ? property : (property.get ?? property.set ?? '');
      const readOnly = typeof property !== 'string' && property.set === undefined;
      const key = readOnly ? `$${name}` : name;
      if (!(key in target) || !readOnly)
        Object.defineProperty(target, key, {
          value: defaultOf(type),
          writable: true,
          enumerable: !readOnly,
          configurable: true,
        });
    }
    for (const [name, type] of Object.entries(spec.fields ?? {})) {
      Object.defineProperty(target, `$${name}`, {
        value: defaultOf(type),
        writable: true,
        configurable: true,
      });
    }
  }

  #addProperties(made: StandIn, spec: ClassSpec): void {
    for (const [name, property] of Object.entries(spec.properties ?? {})) {
      if (typeof property !== 'string' && property.set === undefined) {
        Object.defineProperty(made.prototype, name, {
          configurable: true,
          get(this: Standing): unknown {
            return this[`$${name}`];
          },
        });
      }
    }
    for (const name of spec.implements ?? []) {
      const property = name in AWARE ? AWARE[name as keyof typeof AWARE] : undefined;
      if (property === undefined) continue;
      define(
        made.prototype,
        `set${property.charAt(0).toUpperCase()}${property.slice(1)}`,
        function (this: Standing, value: unknown) {
          this[property] = value;
        },
      );
    }
  }

  #beanInfo(spec: ClassSpec): BeanInfo {
    const properties: Record<string, string> = {};
    for (const [name, property] of Object.entries(spec.properties ?? {})) {
      const type = typeof property === 'string' ? property : property.set;
      if (type !== undefined) properties[name] = type;
    }
    const methods: Record<string, MethodInfo[]> = {};
    for (const method of [
      ...(spec.staticMethods ?? []),
      ...(spec.methods ?? []).map(parseMethod),
    ]) {
      const known = methods[method.name] ?? [];
      methods[method.name] = [...known, { parameters: method.params, returns: method.returns }];
    }
    // Public constructors first, as Spring sorts them.
    const constructors = [...(spec.constructors ?? [])].sort((a, b) => rankOf(a) - rankOf(b));
    return {
      types: this.#interfaces(spec),
      properties,
      methods,
      constructors:
        constructors.length === 0
          ? [[]]
          : constructors.map(({ params, names }) =>
              params.map(([name, type], index) => [names?.[index] ?? name, type] as const),
            ),
      callbacks: (spec.implements ?? []).flatMap((name) => CALLBACKS[name] ?? []),
    };
  }

  #interfaces(spec: ClassSpec): string[] {
    const all = (spec.implements ?? []).flatMap((name) => {
      const inherited = this.#specs.get(name);
      return [name, ...(inherited === undefined ? [] : this.#interfaces(inherited))];
    });
    return [...new Set(all)];
  }
}

function rankOf({ access }: ConstructorSpec): number {
  return access === undefined ? 0 : 1;
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true });
}

/** Puts a constructor argument where a property or field of the name is. */
function store(target: Standing, name: string, value: unknown): void {
  const hidden = `$${name}`;
  if (hidden in target) target[hidden] = value;
  else target[name] = value;
}

/** `wasDestroyed` → `$destroyed`. */
function flagOf(method: string): string {
  const name = method.replace(/^(?:was|is|has)/, '');
  return `$${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}

function defaultOf(word: string): unknown {
  const type = parseType(word);
  if (type.kind === 'number' && !type.nullable) return 0;
  if (type.kind === 'boolean' && !type.nullable) return false;
  if (type.kind === 'char' && !type.nullable) return '\0';
  return null;
}
