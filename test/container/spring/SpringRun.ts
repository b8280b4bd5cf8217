import { deepStrictEqual, fail, ok, strictEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { ConfigError, Red5Error } from '../../../src/base/index.ts';
import { registerBuiltIns } from '../../../src/container/beans/registerBuiltIns.ts';
import { Problems } from '../../../src/container/errors/Problems.ts';
import { BeanFactory } from '../../../src/container/factory/BeanFactory.ts';
import { ApplicationContext, ClassRegistry, ConfigErrors } from '../../../src/container/index.ts';
import { Environment } from '../../../src/container/loading/Environment.ts';
import { loadDefinitions } from '../../../src/container/loading/loadDefinitions.ts';
import { Resources } from '../../../src/container/loading/Resources.ts';
import { MemoryLogger } from '../support.ts';
import type { ClassSpec } from './ClassSpecs.ts';
import type { Assertion, ErrorSpec, FactorySpec, PathSpec, RunSpec } from './Expectation.ts';
import { readPath } from './readPath.ts';
import { StandIns, type Standing } from './StandIns.ts';

/** Codes of this container for the exceptions of Spring that a case may name. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  BeanCurrentlyInCreation: ['BEAN_IN_CREATION', 'BEAN_WRAPPED_LATE'],
  NoSuchBeanDefinition: ['BEAN_NOT_FOUND', 'BEAN_NOT_UNIQUE'],
  UnsatisfiedDependency: [
    'ARGUMENTS_MISMATCH',
    'BEAN_NOT_UNIQUE',
    'BEAN_NOT_FOUND',
    'TYPE_MISMATCH',
  ],
  TypeMismatch: ['TYPE_MISMATCH'],
  BeanIsAbstract: ['BEAN_ABSTRACT'],
  BeanIsNotAFactory: ['BEAN_NOT_A_FACTORY'],
  CannotLoadBeanClass: ['CLASS_NOT_FOUND', 'CLASS_MISSING'],
  NotWritableProperty: ['PROPERTY_UNKNOWN'],
  NullValueInNestedPath: ['PROPERTY_PATH_INVALID'],
  InvalidProperty: ['PROPERTY_UNKNOWN', 'PROPERTY_PATH_INVALID'],
};

/** What a context and a bare factory are made of alike. */
interface Parts<Above> {
  readonly shared: {
    readonly name: string;
    readonly systemProperties: Readonly<Record<string, string>>;
    readonly env: Readonly<Record<string, string>>;
    readonly logger: MemoryLogger;
  };
  readonly files: readonly string[];
  readonly singletons: Readonly<Record<string, object>>;
  readonly above: Above | undefined;
}

/** One run of a case: a container, and the assertions about it. */
export class SpringRun {
  readonly #folder: string;
  readonly #spec: RunSpec;
  readonly #classes: StandIns;
  readonly #variables = new Map<string, unknown>();
  readonly #ids = new Map<object, number>();
  #factory!: BeanFactory;
  #context: ApplicationContext | undefined;
  #parents: (ApplicationContext | BeanFactory)[] = [];

  constructor(folder: string, spec: RunSpec, classSpecs: ReadonlyMap<string, ClassSpec>) {
    this.#folder = folder;
    this.#spec = spec;
    this.#classes = new StandIns(classSpecs);
    for (const name of this.#classes.names()) {
      const reset = this.#classes.get(name)['reset'];
      if (typeof reset === 'function') reset();
    }
    this.#classes.get('fixture.Events')['log'] = [];
  }

  /** Builds the container and checks all assertions; the result has one line for each that does not hold. */
  async run(): Promise<string[]> {
    const failures: string[] = [];
    const expectsFailure = this.#spec.assertions.find((one) => 'loadFails' in one);
    try {
      await this.#build();
    } catch (error) {
      if (expectsFailure === undefined)
        return this.#spec.assertions.map(() => `does not load: ${describe(error)}`);
      attempt(failures, expectsFailure, () =>
        checkError(error, expectsFailure['loadFails'] as ErrorSpec),
      );
      return failures;
    }
    if (expectsFailure !== undefined) return ['loads, but must not'];
    for (const assertion of this.#spec.assertions) {
      try {
        if ('do' in assertion) await this.#act(assertion);
        else await this.#check(assertion);
      } catch (error) {
        failures.push(`${JSON.stringify(assertion)}: ${describe(error)}`);
      }
    }
    await this.#destroy();
    return failures;
  }

  async #build(): Promise<void> {
    const parent =
      this.#spec.parent === undefined ? undefined : await this.#make(this.#spec.parent);
    const made = await this.#make(this.#spec, parent);
    if (made instanceof ApplicationContext) this.#context = made;
    this.#factory = made instanceof ApplicationContext ? made.factory : made;
  }

  async #make(
    spec: FactorySpec,
    parent?: ApplicationContext | BeanFactory,
  ): Promise<ApplicationContext | BeanFactory> {
    const grand =
      spec !== this.#spec && spec.parent !== undefined ? await this.#make(spec.parent) : undefined;
    const above = parent ?? grand;
    if (above !== undefined) this.#parents.push(above);
    const files = spec.load.map((file) => join(this.#folder, file));
    const shared = {
      name: spec.load.join('+'),
      systemProperties: this.#spec.systemProperties ?? {},
      env: this.#spec.env ?? {},
      logger: new MemoryLogger(),
    };
    const singletons = Object.fromEntries(
      (spec.singletons ?? []).map((one) => [
        one.name,
        new (this.#classes.get(one.class))(...(one.args ?? [])),
      ]),
    );
    const parts = { shared, files, singletons, above };
    return spec.kind === 'context' || above instanceof ApplicationContext
      ? this.#makeContext(spec, parts)
      : this.#makeFactory(spec, { ...parts, above });
  }

  async #makeContext(
    spec: FactorySpec,
    { shared, files, singletons, above }: Parts<ApplicationContext | BeanFactory>,
  ): Promise<ApplicationContext> {
    const context = await ApplicationContext.read({
      ...shared,
      files,
      baseFolder: this.#folder,
      displayRoot: this.#folder,
      classes: this.#classes.registry,
      singletons,
      profiles: this.#spec.profiles ?? [],
      ...(this.#spec.defaultProfiles === undefined
        ? {}
        : { defaultProfiles: this.#spec.defaultProfiles }),
      allowOverriding: this.#spec.allowOverriding ?? true,
      allowCircular: this.#spec.allowCircular ?? true,
      ...(above instanceof ApplicationContext ? { parent: above } : {}),
    });
    if (spec.kind === 'context') {
      if (spec === this.#spec) this.#addProcessors(context.factory);
      await context.refresh();
    }
    return context;
  }

  #makeFactory(
    spec: FactorySpec,
    { shared, files, singletons, above }: Parts<BeanFactory>,
  ): BeanFactory {
    const problems = new Problems();
    const environment = new Environment(shared.systemProperties, shared.env);
    const resources = new Resources({ baseFolder: this.#folder, displayRoot: this.#folder });
    const table = loadDefinitions(files, {
      resources,
      profiles: {
        active: this.#spec.profiles ?? [],
        defaults: this.#spec.defaultProfiles ?? ['default'],
      },
      lookup: (name) => environment.lookup(name),
      allowOverriding: this.#spec.allowOverriding ?? true,
      problems,
    });
    problems.throwIfAny();
    const factory = new BeanFactory({
      ...shared,
      classes: new ClassRegistry(this.#classes.registry),
      table,
      resources,
      environment,
      allowCircular: this.#spec.allowCircular ?? true,
      parent: above,
    });
    registerBuiltIns(factory);
    for (const [name, value] of Object.entries(singletons)) factory.registerSingleton(name, value);
    factory.bindAll();
    if (spec === this.#spec) this.#addProcessors(factory);
    return factory;
  }

  #addProcessors(factory: BeanFactory): void {
    for (const name of this.#spec.processors ?? [])
      factory.postProcessors.push(new (this.#classes.get(name))());
  }

  async #destroy(): Promise<void> {
    if (this.#context !== undefined) await this.#context.close();
    else await this.#factory.destroy();
  }

  // ------------------------------------------------------------------ actions

  async #act(action: Assertion): Promise<void> {
    const args = ((action['args'] as unknown[] | undefined) ?? []).map((one) => this.#value(one));
    const keep = (value: unknown): void => {
      if (typeof action['as'] === 'string') this.#variables.set(action['as'], value);
    };
    switch (action['do']) {
      case 'get':
        return keep(this.#factory.getBean(String(action['bean'])));
      case 'getArgs':
        return keep(this.#factory.getBean(String(action['bean']), ...args));
      case 'new':
        return keep(new (this.#classes.get(String(action['class'])))(...args));
      case 'set': {
        const target = this.#variables.get(String(action['var'])) as Standing;
        target[String(action['path'])] = action['value'];
        return;
      }
      case 'call':
        readPath(this.#factory.getBean(String(action['bean'])), `${String(action['method'])}()`);
        return;
      case 'destroy':
        return this.#destroy();
      case 'destroyParent': {
        const parent = this.#parents.at(-1);
        if (parent instanceof ApplicationContext) await parent.close();
        else await parent?.destroy();
        return;
      }
      case 'preInstantiate':
        for (const record of [...this.#factory.records()]) {
          const { definition } = record;
          if (!definition.singleton || definition.lazyInit) continue;
          const isFactory = this.#factory.predict(record)?.isFactoryBean === true;
          this.#factory.getBean(isFactory ? `&${record.name}` : record.name);
        }
        return;
      case 'alias':
        this.#factory.table.aliases.set(String(action['alias']), {
          text: String(action['bean']),
          location: { file: '', line: 1, column: 1 },
        });
        return;
      case 'start':
        return this.#context?.start();
      case 'stop':
        return this.#context?.stop();
      case 'clearLog':
        this.#classes.get('fixture.Events')['log'] = [];
        return;
      case 'applyFactoryPostProcessor': {
        const processor = this.#factory.getBean(String(action['bean'])) as {
          postProcessBeanFactory(factory: BeanFactory): void;
        };
        processor.postProcessBeanFactory(this.#factory);
        this.#factory.definitionsChanged();
        return;
      }
      default:
        fail(`unknown action ${String(action['do'])}`);
    }
  }

  #value(spec: unknown): unknown {
    if (Array.isArray(spec)) return spec.map((one) => this.#value(one));
    if (typeof spec !== 'object' || spec === null) return spec;
    const { var: variable, bean, path } = spec as { var?: string; bean?: string; path?: PathSpec };
    if (variable === undefined && bean === undefined) {
      return Object.fromEntries(Object.entries(spec).map(([key, one]) => [key, this.#value(one)]));
    }
    const value =
      variable === undefined ? this.#factory.getBean(String(bean)) : this.#variables.get(variable);
    return path === undefined ? value : readPath(value, path);
  }

  // --------------------------------------------------------------- assertions

  async #check(assertion: Assertion): Promise<void> {
    if ('getFails' in assertion) return this.#checkGetFails(assertion);
    const expected = assertion['equals'];
    if ('has' in assertion)
      return strictEqual(this.#factory.containsBean(String(assertion['has'])), expected);
    if ('hasDefinition' in assertion)
      return strictEqual(
        this.#factory.table.definitions.has(String(assertion['hasDefinition'])),
        expected,
      );
    if ('instantiated' in assertion)
      return strictEqual(
        this.#factory.findRecord(String(assertion['instantiated']))?.state === 'made',
        expected,
      );
    if ('isSingleton' in assertion)
      return strictEqual(this.#factory.isSingleton(String(assertion['isSingleton'])), expected);
    if ('isPrototype' in assertion)
      return strictEqual(this.#factory.isPrototype(String(assertion['isPrototype'])), expected);
    if ('typeOf' in assertion)
      return strictEqual(this.#typeOf(String(assertion['typeOf'])), expected);
    if ('definition' in assertion) return this.#checkDefinition(assertion);
    this.#checkValue(this.#subject(assertion), assertion);
  }

  #checkGetFails(assertion: Assertion): void {
    try {
      this.#factory.getBean(String(assertion['getFails']));
    } catch (error) {
      checkError(error, (assertion['error'] ?? {}) as ErrorSpec);
      return;
    }
    fail('the bean can be made');
  }

  #typeOf(name: string): string | undefined {
    const types = this.#factory.typeNamesOf(name);
    return types === undefined ? undefined : [...types][0];
  }

  #subject(assertion: Assertion): unknown {
    if ('static' in assertion) {
      const [, type, field] = /^(.*)\.([^.]+)$/.exec(String(assertion['static'])) ?? [];
      return this.#classes.get(type ?? '')[field ?? ''];
    }
    if ('beanNames' in assertion) return [...this.#factory.records()].map((record) => record.name);
    if ('aliases' in assertion) {
      return this.#factory.aliasesOf(String(assertion['aliases']));
    }
    if ('namesForType' in assertion) {
      return this.#factory.namesForType(String(assertion['namesForType']), {
        ancestors: assertion['ancestors'] === true,
        nonSingletons: assertion['nonSingletons'] !== false,
      });
    }
    const parent = this.#parents.at(-1);
    const source =
      assertion['in'] === 'parent'
        ? parent instanceof ApplicationContext
          ? parent.factory
          : parent
        : this.#factory;
    const value =
      'var' in assertion
        ? this.#variables.get(String(assertion['var']))
        : source?.getBean(String(assertion['bean']));
    return assertion.path === undefined ? value : readPath(value, assertion.path);
  }

  #checkValue(actual: unknown, assertion: Assertion): void {
    for (const [predicate, expected] of Object.entries(assertion)) {
      switch (predicate) {
        case 'equals':
          deepStrictEqual(this.#plain(actual), this.#plain(this.#value(expected)));
          break;
        case 'notEquals':
          ok(
            JSON.stringify(this.#plain(actual)) !==
              JSON.stringify(this.#plain(this.#value(expected))),
          );
          break;
        case 'isNull':
          strictEqual(actual === null || actual === undefined, expected);
          break;
        case 'size':
          strictEqual(sizeOf(actual), expected);
          break;
        case 'sameAs':
          ok(Object.is(actual, this.#value(expected)), 'not the same object');
          break;
        case 'notSameAs':
          ok(!Object.is(actual, this.#value(expected)), 'the same object');
          break;
        case 'instanceOf':
          ok(this.#isA(actual, String(expected)), `not a ${String(expected)}`);
          break;
        case 'exactType':
          strictEqual(this.#classes.registry.describeValue(actual)?.name, expected);
          break;
        case 'startsWith':
          ok(String(actual).startsWith(String(expected)), String(actual));
          break;
        case 'mentions':
          for (const one of expected as string[]) ok(String(actual).includes(one));
          break;
        case 'contains':
          for (const one of expected as unknown[])
            ok(this.#members(actual).includes(JSON.stringify(one)), `${this.#members(actual)}`);
          break;
        case 'notContains':
          for (const one of expected as unknown[])
            ok(!this.#members(actual).includes(JSON.stringify(one)), `${this.#members(actual)}`);
          break;
        case 'containsOnly':
          deepStrictEqual(
            [...this.#members(actual)].sort(),
            (expected as unknown[])
              .map((one) => JSON.stringify(this.#plain(this.#value(one))))
              .sort(),
          );
          break;
        case 'before': {
          const members = this.#members(actual);
          const places = (expected as unknown[]).map((one) => members.indexOf(JSON.stringify(one)));
          ok(
            places.every(
              (place, index) => place >= 0 && (index === 0 || place > (places[index - 1] ?? -1)),
            ),
            `${members}`,
          );
          break;
        }
        default:
      }
    }
  }

  #members(value: unknown): string[] {
    const members = value instanceof Map ? [...value.keys()] : [...(value as Iterable<unknown>)];
    return members.map((one) => JSON.stringify(this.#plain(one)));
  }

  #isA(value: unknown, name: string): boolean {
    if (/(?:^|\.)(?:List|Collection)$/.test(name)) return Array.isArray(value);
    if (/(?:^|\.)\w*Set$/.test(name)) return value instanceof Set;
    if (/(?:^|\.)(?:\w*Map|Properties)$/.test(name)) return value instanceof Map;
    return this.#classes.registry.describeValue(value)?.is(name) === true;
  }

  /** A value as `expect.json` writes it. */
  #plain(value: unknown): unknown {
    if (value === undefined) return null;
    if (Array.isArray(value) || value instanceof Set || value instanceof Uint8Array)
      return [...value].map((one) => this.#plain(one));
    if (value instanceof Map)
      return Object.fromEntries(
        [...value].map(([key, one]) => [String(this.#plain(key)), this.#plain(one)]),
      );
    if (typeof value === 'bigint') return String(value);
    if (typeof value === 'function') return this.#factory.classes.describe(value).name;
    if (value instanceof URL) return value.href;
    if (value instanceof RegExp) return value.source;
    if (value instanceof Intl.Locale) return value.toString().replaceAll('-', '_');
    if (typeof value !== 'object' || value === null) return value;
    if (Object.getPrototypeOf(value) === Object.prototype) {
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.#plain(one)]));
    }
    return { object: this.#idOf(value) };
  }

  /** Objects are compared by identity. */
  #idOf(value: object): number {
    const known = this.#ids.get(value) ?? this.#ids.size;
    this.#ids.set(value, known);
    return known;
  }

  #checkDefinition(assertion: Assertion): void {
    const name = this.#factory.table.canonicalName(String(assertion['definition']));
    const definition =
      this.#factory.record(name)?.definition ?? this.#factory.table.definitions.get(name);
    ok(definition !== undefined, 'no definition');
    const path = String(assertion.path);
    const property = /^property\[(.+?)\]\.meta\[(.+)\]$/.exec(path);
    const meta = /^meta\[(.+)\]$/.exec(path)?.[1];
    if (property !== null) {
      const found = definition.properties
        .get(property[1] ?? '')
        ?.meta.find((one) => one.key.text === property[2]);
      this.#checkValue(found?.value.text, assertion);
      return;
    }
    if (meta !== undefined) {
      this.#checkValue(definition.meta.get(meta), assertion);
      return;
    }
    const known: Readonly<Record<string, unknown>> = {
      lazyInit: definition.lazyInit,
      autowireCandidate: definition.autowireCandidate,
      abstract: definition.abstract,
      scope: definition.scope?.text ?? '',
      initMethod: definition.initMethod?.text,
      destroyMethod: definition.destroyMethod?.text,
      className: definition.class?.text,
      description: definition.description,
    };
    this.#checkValue(known[path], assertion);
  }
}

function attempt(failures: string[], assertion: Assertion, task: () => void): void {
  try {
    task();
  } catch (error) {
    failures.push(`${JSON.stringify(assertion)}: ${describe(error)}`);
  }
}

function describe(error: unknown): string {
  return error instanceof Error
    ? (error.message.split('\n').slice(0, 12).join(' ') ?? '')
    : String(error);
}

function sizeOf(value: unknown): number {
  if (value instanceof Map || value instanceof Set) return value.size;
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return fail('has no size');
}

/** All errors behind an error, itself first. */
function chainOf(error: unknown): Error[] {
  if (!(error instanceof Error)) return [];
  const inside = error instanceof ConfigErrors ? error.errors.flatMap(chainOf) : [];
  return [error, ...inside, ...chainOf(error.cause)];
}

function checkError(error: unknown, { kind, mentions = [] }: ErrorSpec): void {
  const chain = chainOf(error);
  ok(
    chain.some((one) => one instanceof Red5Error),
    `not an error of the container: ${describe(error)}`,
  );
  const text = chain.map(textOf).join('\n').replaceAll('"', "'").toLowerCase();
  if (kind !== undefined && kind in KINDS) {
    const codes = chain.map((one) => (one instanceof Red5Error ? one.code : ''));
    ok(
      codes.some((code) => KINDS[kind]?.includes(code)),
      `${kind} expected, but ${codes.join(', ')}`,
    );
  }
  // Words of Spring's own sentences are soft; names and values have to be there.
  const hard = mentions.filter(
    (one) => !/^(?:ircular|init|interface|constructor argument)$/.test(one),
  );
  for (const one of hard)
    ok(
      text.includes(one.toLowerCase()) || text.includes(one.toLowerCase().replaceAll("'", '')),
      `"${one}" is not mentioned in: ${text}`,
    );
}

function textOf(error: Error): string {
  if (!(error instanceof ConfigError))
    return `${error.message} ${'trail' in error ? String(error.trail) : ''}`;
  const { location } = error;
  return `${location?.file}:${location?.line} ${error.message} ${error.beanPath} ${error.trail.join(' ')}`;
}
