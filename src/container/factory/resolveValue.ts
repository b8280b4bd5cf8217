import { parseType } from '../classes/TypeRef.ts';
import { ConversionError } from '../conversion/ConversionError.ts';
import { convertValue } from '../conversion/convertValue.ts';
import type { CollectionDefinition, MapDefinition, Value } from '../definition/BeanDefinition.ts';
import type { Text } from '../definition/beanFile.ts';
import { configError } from '../errors/Problems.ts';
import type { BeanFactory } from './BeanFactory.ts';
import type { BeanRecord } from './BeanRecord.ts';
import type { Chain } from './Chain.ts';
import type { Making } from './Making.ts';

/** Turns the value of a definition into what is given to the bean, before conversion to the property's type. */
export function* resolveValue(
  value: Value,
  record: BeanRecord,
  chain: Chain,
  factory: BeanFactory,
): Making<unknown> {
  switch (value.kind) {
    case 'text': {
      const text = yield* factory.evaluate(value.text, record, chain, value.location);
      return value.type === undefined ? text : convertTo(text, value.type, value, factory);
    }
    case 'null':
      return null;
    case 'ref': {
      return yield* factory.request(value.name, chain, value.location, record);
    }
    case 'ref-parent':
      return yield* factory.requestParent(value.name, chain, value.location);
    case 'idref':
      if (!factory.containsBean(value.name)) factory.failNoBean(value.name, value.location, chain);
      return value.name;
    case 'inner':
      return yield* factory.makeInner(value.definition, record, chain);
    case 'map':
      return yield* resolveMap(value, record, chain, factory);
    case 'props':
      return yield* resolveProps(value, record, chain, factory);
    default:
      return yield* resolveItems(value, record, chain, factory);
  }
}

function convertTo(value: unknown, type: Text, where: Value, factory: BeanFactory): unknown {
  try {
    return convertValue(value, parseType(type.text), factory.conversion);
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    throw configError('TYPE_MISMATCH', error.message, where.location, { cause: error });
  }
}

function* resolveItems(
  value: CollectionDefinition,
  record: BeanRecord,
  chain: Chain,
  factory: BeanFactory,
): Making<unknown> {
  const items: unknown[] = [];
  const frame = chain.frames.at(-1);
  const outer = frame?.step;
  for (const [index, item] of value.items.entries()) {
    if (frame !== undefined && outer !== undefined && item.kind !== 'text') {
      frame.step = { doing: outer.doing, path: `${outer.path}[${index}]` };
    }
    const one = yield* resolveValue(item, record, chain, factory);
    items.push(typed(one, item, value.valueType, factory));
  }
  if (frame !== undefined) frame.step = outer;
  return value.kind === 'set' ? new Set(items) : items;
}

function* resolveMap(
  value: MapDefinition,
  record: BeanRecord,
  chain: Chain,
  factory: BeanFactory,
): Making<Map<unknown, unknown>> {
  const map = new Map<unknown, unknown>();
  for (const { key, value: one } of value.entries) {
    const resolvedKey = typed(
      yield* resolveValue(key, record, chain, factory),
      key,
      value.keyType,
      factory,
    );
    map.set(
      resolvedKey,
      typed(yield* resolveValue(one, record, chain, factory), one, value.valueType, factory),
    );
  }
  return map;
}

/** Converts texts to the type of the collection, unless they name their own; other members stay as they are. */
function typed(
  value: unknown,
  where: Value,
  type: Text | undefined,
  factory: BeanFactory,
): unknown {
  if (type === undefined || where.kind !== 'text' || where.type !== undefined) return value;
  return convertTo(value, type, where, factory);
}

function* resolveProps(
  value: Value & { readonly kind: 'props' },
  record: BeanRecord,
  chain: Chain,
  factory: BeanFactory,
): Making<Map<string, string>> {
  const properties = new Map<string, string>();
  for (const { key, value: text } of value.entries) {
    const name = yield* factory.evaluate(key.text, record, chain, key.location);
    const one = yield* factory.evaluate(text.text, record, chain, text.location);
    properties.set(String(name), one === null ? '' : String(one));
  }
  return properties;
}
