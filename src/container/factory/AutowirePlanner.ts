import type { NumberName, TypeRef } from '../classes/TypeRef.ts';
import { configError } from '../errors/Problems.ts';
import type { BeanFactory } from './BeanFactory.ts';
import type { BeanRecord } from './BeanRecord.ts';
import { beanType } from './beanType.ts';
import type { Chain } from './Chain.ts';
import type { Making } from './Making.ts';

/** Types under which the container itself is autowired. */
const FACTORY_TYPES: ReadonlySet<string> = new Set([
  'BeanFactory',
  'ApplicationContext',
  'ResourceLoader',
  'ApplicationEventPublisher',
  'org.springframework.beans.factory.BeanFactory',
  'org.springframework.context.ApplicationContext',
  'org.springframework.core.io.ResourceLoader',
  'org.springframework.context.ApplicationEventPublisher',
]);

/** Types of Java under which plain values and collections that are beans themselves are found. */
const JAVA_TYPES: Readonly<Partial<Record<TypeRef['kind'], string>>> = {
  string: 'java.lang.String',
  boolean: 'java.lang.Boolean',
  properties: 'java.util.Properties',
  map: 'java.util.Map',
  list: 'java.util.List',
  set: 'java.util.Set',
};
const JAVA_NUMBERS: Readonly<Partial<Record<NumberName, string>>> = {
  int: 'java.lang.Integer',
  long: 'java.lang.Long',
  short: 'java.lang.Short',
  byte: 'java.lang.Byte',
  float: 'java.lang.Float',
  double: 'java.lang.Double',
};

function javaTypeOf(type: TypeRef): string | undefined {
  return type.kind === 'number' ? JAVA_NUMBERS[type.name] : JAVA_TYPES[type.kind];
}

/** A bean that fits a type, and the factory it belongs to. */
export interface Candidate {
  readonly factory: BeanFactory;
  readonly record: BeanRecord;
}

/** What a bean is looked for. */
export interface Wanted {
  readonly kind: 'parameter' | 'property';
  readonly name: string;
}

/** What autowiring by type found: an object that is there, one bean, or all beans of a type. */
export type AutowirePlan =
  | { readonly kind: 'ready'; readonly value: unknown }
  | {
      readonly kind: 'one' | 'list' | 'set' | 'array' | 'map';
      readonly candidates: readonly Candidate[];
    };

/** The bean type of the members of a collection; undefined for all other types. */
function membersOf(
  type: TypeRef,
): { readonly kind: 'list' | 'set' | 'array' | 'map'; readonly type: string } | undefined {
  if (type.kind === 'map') return membersNamed('map', type.value);
  if (type.kind !== 'list' && type.kind !== 'set' && type.kind !== 'array') return undefined;
  return membersNamed(type.kind, type.element);
}

function membersNamed<K extends string>(
  kind: K,
  member: TypeRef,
): { readonly kind: K; readonly type: string } | undefined {
  const type = member.kind === 'bean' ? member.name : javaTypeOf(member);
  return type === undefined ? undefined : { kind, type };
}

/** Finds beans by type for properties and parameters, and makes what it found. */
export class AutowirePlanner {
  readonly #factory: BeanFactory;

  constructor(factory: BeanFactory) {
    this.#factory = factory;
  }

  /** Candidates for a type in this factory and its ancestors; own beans hide those of ancestors with the same name. */
  candidates(type: string, except?: BeanRecord): Candidate[] {
    const found: Candidate[] = [];
    const names = new Set<string>();
    for (
      let factory: BeanFactory | undefined = this.#factory;
      factory !== undefined;
      factory = factory.parent
    ) {
      for (const record of factory.recordsOfType(type)) {
        if (names.has(record.name) || record === except || !record.definition.autowireCandidate)
          continue;
        found.push({ factory, record });
      }
      for (const name of factory.table.definitions.keys()) names.add(name);
    }
    return found;
  }

  /**
   * Finds what fits a property or parameter by its type, without making it.
   *
   * Undefined when nothing fits.
   *
   * @param wanted - a parameter's name chooses among several; a property's does not, as in Spring
   * @throws ConfigError BEAN_NOT_UNIQUE when several fit
   */
  plan(type: TypeRef, record: BeanRecord, chain: Chain, wanted: Wanted): AutowirePlan | undefined {
    if (type.kind === 'bean') return this.#planOne(type.name, record, chain, wanted);
    const members = membersOf(type);
    if (members === undefined) {
      const java = javaTypeOf(type);
      return java === undefined ? undefined : this.#planOne(java, record, chain, wanted);
    }
    const candidates = this.candidates(members.type, record);
    return candidates.length === 0 ? undefined : { kind: members.kind, candidates };
  }

  #planOne(
    type: string,
    record: BeanRecord,
    chain: Chain,
    wanted: Wanted,
  ): AutowirePlan | undefined {
    if (FACTORY_TYPES.has(type)) return { kind: 'ready', value: this.#factory.facade };
    const candidates = this.candidates(type, record);
    const chosen =
      candidates.length > 1 ? this.#primary(type, candidates, chain, wanted) : candidates[0];
    if (chosen !== undefined) return { kind: 'one', candidates: [chosen] };
    for (
      let factory: BeanFactory | undefined = this.#factory;
      factory !== undefined;
      factory = factory.parent
    ) {
      if (factory.container.isCurrentBound(beanType(type))) {
        return { kind: 'ready', value: factory.container.get(beanType(type)) };
      }
    }
    // As a last resort the bean itself, as in Spring.
    const fits = wanted.kind === 'property' && this.#factory.recordsOfType(type).includes(record);
    return fits && record.definition.autowireCandidate
      ? { kind: 'one', candidates: [{ factory: this.#factory, record }] }
      : undefined;
  }

  #primary<T extends Candidate>(
    type: string,
    candidates: readonly T[],
    chain: Chain,
    { kind, name: what }: Wanted,
  ): T {
    const primary = candidates.filter(({ record }) => record.definition.primary);
    // A primary bean of this context comes before those of its ancestors.
    const own = primary.filter(({ factory }) => factory === this.#factory);
    const [only] = own.length > 0 ? own : primary;
    if (only !== undefined && own.length < 2) return only;
    const named = candidates.find(
      ({ record, factory }) =>
        record.name === what || factory.aliasesOf(record.name).includes(what),
    );
    if (kind === 'parameter' && primary.length === 0 && named !== undefined) return named;
    const names = candidates.map(({ record }) => `"${record.name}"`).join(', ');
    const message = `${candidates.length} beans of type ${type} fit "${what}": ${names}; mark one as primary or set the property`;
    throw configError('BEAN_NOT_UNIQUE', message, chain.frames.at(-1)?.record.definition.location, {
      trail: chain.trail(),
    });
  }

  /** Makes what {@link plan} found. */
  *make(plan: AutowirePlan, record: BeanRecord, chain: Chain): Making<unknown> {
    if (plan.kind === 'ready') return plan.value;
    const beans = new Map<string, unknown>();
    for (const candidate of plan.candidates) {
      if (candidate.record.definition.singleton && candidate.record !== record)
        candidate.record.addUser(record);
      const bean = yield* candidate.factory.obtain(candidate.record, chain, false);
      if (plan.kind === 'one') return bean;
      beans.set(candidate.record.name, bean);
    }
    if (plan.kind === 'map') return beans;
    return plan.kind === 'set' ? new Set(beans.values()) : [...beans.values()];
  }
}
