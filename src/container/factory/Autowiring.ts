import type { ClassInfo, WritableProperty } from '../classes/ClassInfo.ts';
import type { TypeRef } from '../classes/TypeRef.ts';
import { type Assignment, isField } from './Assignment.ts';
import type { BeanFactory } from './BeanFactory.ts';
import type { BeanRecord } from './BeanRecord.ts';
import type { Chain, Frame } from './Chain.ts';
import { convertProperty } from './convertProperty.ts';
import type { Making } from './Making.ts';

/** The bean whose properties are autowired, and how. */
interface AutowireRequest {
  readonly record: BeanRecord;
  readonly chain: Chain;
  /** False: by name. */
  readonly byType: boolean;
}

/** Finds beans for properties that nothing is given for, by their type or name. */
export class Autowiring {
  readonly #factory: BeanFactory;

  constructor(factory: BeanFactory) {
    this.#factory = factory;
  }

  /** The properties that the definition does not set and that a bean fits, with the beans made. */
  *assignments(
    instance: object,
    info: ClassInfo,
    { record, chain, byType }: AutowireRequest,
  ): Making<Assignment[]> {
    const frame = chain.frames.at(-1) as Frame;
    const { definition } = record;
    const assignments: Assignment[] = [];
    const names = new Set([...info.propertyNames(), ...Object.keys(instance)]);
    for (const name of [...names].sort()) {
      if (definition.properties.has(name)) continue;
      const declared = info.property(name);
      const property =
        declared ??
        (isField(instance, name)
          ? { name, type: info.propertyType(name), setter: undefined }
          : undefined);
      if (property === undefined || isSimple(property.type, this.#factory)) continue;
      frame.step = { doing: `autowiring property "${name}"`, path: `.${name}` };
      const value = byType
        ? yield* this.#byType(property, record, chain)
        : yield* this.#byName(property, record, chain);
      if (value !== undefined)
        assignments.push({ name, location: definition.location, property, value });
    }
    frame.step = undefined;
    return assignments;
  }

  *#byType(property: WritableProperty, record: BeanRecord, chain: Chain): Making<unknown> {
    const { name, type } = property;
    const plan = this.#factory.autowiring.plan(type, record, chain, { kind: 'property', name });
    return plan === undefined
      ? undefined
      : yield* this.#factory.autowiring.make(plan, record, chain);
  }

  *#byName(property: WritableProperty, record: BeanRecord, chain: Chain): Making<unknown> {
    const { name } = property;
    if (!this.#factory.containsBean(name)) return undefined;
    const value = yield* this.#factory.request(name, chain, record.definition.location, record);
    const definition = {
      name,
      location: record.definition.location,
      value: { kind: 'null', location: record.definition.location },
      meta: [],
    } as const;
    return convertProperty(value, property.type, definition, {
      chain,
      conversion: this.#factory.conversion,
    });
  }
}

/** Types that are never autowired: texts, numbers, dates, constants, and arrays of them. */
function isSimple(type: TypeRef, factory: BeanFactory): boolean {
  switch (type.kind) {
    case 'any':
    case 'properties':
    case 'map':
    case 'list':
    case 'set':
      return false;
    case 'array':
      return type.element.kind !== 'bean' || isSimple(type.element, factory);
    case 'bean':
      return factory.classes.findEnum(type.name) !== undefined;
    default:
      return true;
  }
}
