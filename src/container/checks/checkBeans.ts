import { formatLocation } from '../../base/index.ts';
import type { BeanDefinition } from '../definition/BeanDefinition.ts';
import { Problems } from '../errors/Problems.ts';
import type { BeanFactory } from '../factory/BeanFactory.ts';
import type { BeanRecord } from '../factory/BeanRecord.ts';
import { describeBean } from '../factory/Chain.ts';
import type { Check, CheckedBean } from './Check.ts';
import { checkArguments } from './checkArguments.ts';
import { checkCircles } from './checkCircles.ts';
import { checkClass } from './checkClass.ts';
import { checkMethods } from './checkMethods.ts';
import { checkOwnRules } from './checkOwnRules.ts';
import { checkProperties } from './checkProperties.ts';
import { checkReferences } from './checkReferences.ts';
import { checkScope } from './checkScope.ts';
import { walkValues } from './walkValues.ts';

const CHECKS: readonly Check[] = [
  checkClass,
  checkScope,
  checkMethods,
  checkArguments,
  checkProperties,
  checkReferences,
  checkOwnRules,
];
/** What makes no sense while beans are missing that a broken file would define. */
const NEEDS_ALL: ReadonlySet<Check> = new Set([checkReferences]);

/** What the checks found: what stops the start, and what stops only beans that nobody needs at the start. */
export interface CheckResult {
  readonly problems: Problems;
  readonly warnings: Problems;
}

/**
 * Checks all beans of a factory before any of them is made.
 *
 * @param whole - false when a file could not be read, so that beans are missing that others refer to
 */
export function checkBeans(factory: BeanFactory, whole = true): CheckResult {
  const checks = whole ? CHECKS : CHECKS.filter((check) => !NEEDS_ALL.has(check));
  const result = { problems: new Problems(), warnings: new Problems() };
  const records = mergeAll(factory, whole ? result.problems : new Problems());
  const needed = findNeeded(factory, records);
  for (const record of records) {
    const problems = needed.has(record) ? result.problems : result.warnings;
    checkOne({ factory, checks, problems }, record.definition, record.name, []);
  }
  checkCircles(factory, [...needed], result.problems);
  return result;
}

function mergeAll(factory: BeanFactory, problems: Problems): BeanRecord[] {
  const records: BeanRecord[] = [];
  for (const name of factory.table.definitions.keys()) {
    try {
      const record = factory.record(name);
      if (record !== undefined && !record.definition.abstract) records.push(record);
    } catch (error) {
      problems.catch(error);
    }
  }
  return records;
}

interface Pass {
  readonly factory: BeanFactory;
  readonly checks: readonly Check[];
  readonly problems: Problems;
}

function checkOne(
  pass: Pass,
  definition: BeanDefinition,
  name: string,
  trail: readonly string[],
): void {
  const { factory, problems } = pass;
  const info = factory.findClassOf(definition);
  const label = describeBean(name, definition.inner);
  const bean: CheckedBean = { factory, definition, name, label, info, trail, problems };
  for (const check of pass.checks) check(bean);
  for (const placed of walkValues(definition)) {
    const { value } = placed;
    if (value.kind !== 'inner') continue;
    try {
      const inner = factory.merged(value.definition);
      const around = [`inside of ${label} (${formatLocation(definition.location)})`, ...trail];
      const innerName = inner.name === '' ? `${name}${placed.path}` : inner.name;
      checkOne(pass, inner, innerName, around);
    } catch (error) {
      problems.catch(error);
    }
  }
}

/** Beans that are made at the start: singletons that are not lazy, and what they refer to. */
function findNeeded(factory: BeanFactory, records: readonly BeanRecord[]): Set<BeanRecord> {
  const needed = new Set(
    records.filter(({ definition }) => definition.singleton && !definition.lazyInit),
  );
  for (const record of needed) {
    for (const name of namesIn(factory, record.definition)) {
      const other = factory.findRecord(name.startsWith('&') ? name.slice(1) : name);
      if (other !== undefined && !other.definition.abstract) needed.add(other);
    }
  }
  return needed;
}

function* namesIn(factory: BeanFactory, definition: BeanDefinition): Generator<string> {
  for (const name of definition.dependsOn) yield name.text;
  if (definition.factoryBean !== undefined) yield definition.factoryBean.text;
  for (const { value } of walkValues(definition)) {
    if (value.kind === 'ref') yield value.name;
    else if (value.kind === 'inner') yield* namesIn(factory, value.definition);
  }
}
