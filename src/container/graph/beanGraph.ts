import { walkValues } from '../checks/walkValues.ts';
import type { ApplicationContextOptions } from '../context/prepareContext.ts';
import { prepareContext } from '../context/prepareContext.ts';
import type { BeanDefinition } from '../definition/BeanDefinition.ts';
import type { BeanFactory } from '../factory/BeanFactory.ts';
import type { BeanRecord } from '../factory/BeanRecord.ts';
import { Chain } from '../factory/Chain.ts';
import { usesConstructor } from '../factory/usesConstructor.ts';

/** One bean of a {@link BeanGraph}. */
export interface BeanNodeOfGraph {
  readonly name: string;
  /** Class as the bean file names it; undefined for what a factory makes. */
  readonly class: string | undefined;
  /** What else is worth seeing: `lazy`, `prototype`, … */
  readonly notes: readonly string[];
  /** True for beans of the parent context that are used here. */
  readonly outside: boolean;
}

/** One bean uses another. */
export interface BeanEdge {
  readonly from: string;
  readonly to: string;
  /** Such as `handler`, `(0)` for a constructor argument, `depends-on`. */
  readonly label: string;
  /** True when autowiring found it. */
  readonly autowired: boolean;
}

/** The beans of a context and how they are wired. */
export interface BeanGraph {
  readonly name: string;
  readonly beans: readonly BeanNodeOfGraph[];
  readonly edges: readonly BeanEdge[];
}

/**
 * Reads bean files and shows how their beans are wired; classes may be missing, and nothing is made.
 *
 * @throws ConfigErrors when a file cannot be read
 */
export async function readBeanGraph(options: ApplicationContextOptions): Promise<BeanGraph> {
  const { factory, problems, whole } = await prepareContext(options);
  if (!whole) problems.throwIfAny(`context "${options.name}"`);
  return graphOf(factory);
}

function graphOf(factory: BeanFactory): BeanGraph {
  const beans = new Map<string, BeanNodeOfGraph>();
  const edges: BeanEdge[] = [];
  for (const record of factory.records()) {
    beans.set(record.name, { ...describe(record), outside: false });
  }
  for (const record of factory.records()) {
    for (const edge of [...declaredEdges(record, factory), ...autowiredEdges(record, factory)]) {
      if (
        edges.some(
          (one) => one.from === edge.from && one.to === edge.to && one.label === edge.label,
        )
      )
        continue;
      edges.push(edge);
      if (beans.has(edge.to)) continue;
      const owner = factory.parent?.findRecord(edge.to);
      beans.set(edge.to, {
        name: edge.to,
        class: owner?.definition.class?.text,
        notes: [],
        outside: true,
      });
    }
  }
  return { name: factory.name, beans: [...beans.values()], edges };
}

function describe({ name, definition }: BeanRecord): Omit<BeanNodeOfGraph, 'outside'> {
  const notes: string[] = [];
  if (definition.lazyInit) notes.push('lazy');
  if (!definition.singleton) notes.push(definition.scope?.text ?? 'prototype');
  if (definition.factoryMethod !== undefined)
    notes.push(`made by ${definition.factoryMethod.text}()`);
  return { name, class: definition.class?.text, notes };
}

function* declaredEdges(record: BeanRecord, factory: BeanFactory): Generator<BeanEdge> {
  const { definition, name: from } = record;
  const edge = (to: string, label: string): BeanEdge => {
    const plain = to.replace(/^&/, '');
    return { from, to: factory.table.canonicalName(plain), label, autowired: false };
  };
  for (const name of definition.dependsOn) yield edge(name.text, 'depends-on');
  if (definition.factoryBean !== undefined) yield edge(definition.factoryBean.text, 'factory-bean');
  for (const [to, label] of references(definition, '', factory)) yield edge(to, label);
}

/** Names in values with their paths; those of inner beans belong to their owner. */
function* references(
  definition: BeanDefinition,
  prefix: string,
  factory: BeanFactory,
): Generator<[string, string]> {
  for (const { value, path } of walkValues(definition)) {
    const label = `${prefix}${path}`.replace(/^\./, '');
    if (value.kind === 'ref' || value.kind === 'ref-parent') yield [value.name, label];
    else if (value.kind === 'inner')
      yield* references(value.definition, `${prefix}${path}`, factory);
  }
}

function* autowiredEdges(record: BeanRecord, factory: BeanFactory): Generator<BeanEdge> {
  const { definition, name: from } = record;
  const info = factory.predict(record);
  if (info === undefined || definition.autowire === 'no') return;
  if (usesConstructor(definition, info)) {
    for (const { name, type } of info.constructors?.[0] ?? []) {
      for (const to of found(record, factory, { kind: 'parameter', name }, type))
        yield { from, to, label: name, autowired: true };
    }
    return;
  }
  for (const name of info.propertyNames()) {
    if (definition.properties.has(name)) continue;
    if (definition.autowire === 'byName') {
      if (factory.containsBean(name)) yield { from, to: name, label: name, autowired: true };
      continue;
    }
    const type = info.propertyType(name);
    if (type.kind !== 'bean' && type.kind !== 'list' && type.kind !== 'set' && type.kind !== 'map')
      continue;
    for (const to of found(record, factory, { kind: 'property', name }, type))
      yield { from, to, label: name, autowired: true };
  }
}

function found(
  record: BeanRecord,
  factory: BeanFactory,
  wanted: Parameters<BeanFactory['planAutowire']>[3],
  type: Parameters<BeanFactory['planAutowire']>[0],
): string[] {
  try {
    const plan = factory.planAutowire(type, record, new Chain(), wanted);
    return plan === undefined || plan.kind === 'ready'
      ? []
      : plan.candidates.map((one) => one.record.name);
  } catch {
    // Several fit: the check reports it, the graph shows none.
    return [];
  }
}
