import type { Value } from '../definition/BeanDefinition.ts';
import type { Text } from '../definition/beanFile.ts';
import { configError, type Problems } from '../errors/Problems.ts';
import type { BeanFactory } from '../factory/BeanFactory.ts';
import type { BeanRecord } from '../factory/BeanRecord.ts';
import { walkValues } from './walkValues.ts';

interface Edge {
  readonly to: BeanRecord;
  readonly at: Text['location'];
}

/** Circles that no order can resolve: by depends-on, and by constructor arguments alone. */
export function checkCircles(
  factory: BeanFactory,
  records: readonly BeanRecord[],
  problems: Problems,
): void {
  findCircles(
    records,
    (record) => dependsOn(factory, record),
    (names, edge) => {
      const message = `beans depend on each other by depends-on: ${names.join(' -> ')}`;
      problems.errors.push(
        configError('DEPENDS_ON_CYCLE', message, edge.at, { beanPath: names[0] ?? '' }),
      );
    },
  );
  findCircles(
    records,
    (record) => constructorNeeds(factory, record),
    (names, edge) => {
      const message = `beans need each other in their constructors: ${names.join(' -> ')}`;
      problems.errors.push(
        configError('BEAN_IN_CREATION', message, edge.at, { beanPath: names[0] ?? '' }),
      );
    },
  );
}

function dependsOn(factory: BeanFactory, record: BeanRecord): Edge[] {
  return record.definition.dependsOn.flatMap((name) => {
    const to = factory.findRecord(name.text);
    return to === undefined ? [] : [{ to, at: name.location }];
  });
}

/** What has to be finished before the constructor can run: references in arguments, also those of inner beans. */
function constructorNeeds(factory: BeanFactory, record: BeanRecord): Edge[] {
  const edges: Edge[] = [];
  const add = (value: Value): void => {
    if (value.kind === 'ref') {
      const to = factory.findRecord(value.name.replace(/^&/, ''));
      if (to !== undefined) edges.push({ to, at: value.location });
    } else if (value.kind === 'inner') {
      for (const placed of walkValues(value.definition)) add(placed.value);
    } else if ('items' in value) value.items.forEach(add);
    else if (value.kind === 'map')
      for (const entry of value.entries) [entry.key, entry.value].forEach(add);
  };
  for (const argument of record.definition.args) add(argument.value);
  return edges;
}

function findCircles(
  records: readonly BeanRecord[],
  edgesOf: (record: BeanRecord) => readonly Edge[],
  found: (names: readonly string[], closing: Edge) => void,
): void {
  const done = new Set<BeanRecord>();
  for (const start of records) {
    if (done.has(start)) continue;
    const path: BeanRecord[] = [start];
    const todo: Iterator<Edge>[] = [edgesOf(start)[Symbol.iterator]()];
    while (path.length > 0) {
      const next = todo.at(-1)?.next();
      if (next === undefined || next.done === true) {
        const left = path.pop();
        todo.pop();
        if (left !== undefined) done.add(left);
        continue;
      }
      const edge = next.value;
      const at = path.indexOf(edge.to);
      if (at !== -1)
        found(
          [...path.slice(at), edge.to].map((record) => record.name),
          edge,
        );
      else if (!done.has(edge.to)) {
        path.push(edge.to);
        todo.push(edgesOf(edge.to)[Symbol.iterator]());
      }
    }
  }
}
