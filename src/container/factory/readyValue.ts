import type { CollectionDefinition, Value } from '../definition/BeanDefinition.ts';
import type { BeanFactory } from './BeanFactory.ts';
import type { BeanRecord } from './BeanRecord.ts';

/** Says that a value cannot be had without making something. */
export const notReady: unique symbol = Symbol('not ready');

/**
 * The value of a definition if nothing has to be made, evaluated or converted for it: plain text, null, beans that are made, and lists
 * of these; else {@link notReady}.
 *
 * Most values of most files are ready, and `resolveValue`, which can wait, costs several times as much.
 */
export function readyValue(value: Value, record: BeanRecord, factory: BeanFactory): unknown {
  switch (value.kind) {
    case 'text':
      return value.type === undefined && !factory.isExpression(value.text) ? value.text : notReady;
    case 'null':
      return null;
    case 'ref':
      return readyBean(value.name, record, factory);
    case 'list':
    case 'array':
      return readyItems(value, record, factory);
    default:
      return notReady;
  }
}

function readyBean(name: string, user: BeanRecord, factory: BeanFactory): unknown {
  const found = factory.findMade(name);
  if (found === undefined) return notReady;
  found.addUser(user);
  return found.value;
}

function readyItems(
  value: CollectionDefinition,
  record: BeanRecord,
  factory: BeanFactory,
): unknown {
  if (value.valueType !== undefined) return notReady;
  const items: unknown[] = [];
  for (const item of value.items) {
    const one = readyValue(item, record, factory);
    if (one === notReady) return notReady;
    items.push(one);
  }
  return items;
}
