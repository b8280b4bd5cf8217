import type { ClassInfo, WritableProperty } from '../classes/ClassInfo.ts';
import { anyType, type TypeRef } from '../classes/TypeRef.ts';
import { typeOfPresentValue } from '../conversion/convertValue.ts';
import type { PropertyDefinition } from '../definition/BeanDefinition.ts';
import { didYouMean } from '../errors/nearestName.ts';
import { type Assignment, isField } from './Assignment.ts';
import { Autowiring } from './Autowiring.ts';
import type { BeanFactory } from './BeanFactory.ts';
import type { BeanRecord } from './BeanRecord.ts';
import type { Chain, Frame, Step } from './Chain.ts';
import { convertProperty } from './convertProperty.ts';
import { failCreation } from './failures.ts';
import { isPromise, type Making } from './Making.ts';
import {
  formatPath,
  isPath,
  ownOrInherited,
  type PathStep,
  parsePath,
  readStep,
} from './propertyPath.ts';
import { notReady, readyValue } from './readyValue.ts';
import { resolveValue } from './resolveValue.ts';
import { usesConstructor } from './usesConstructor.ts';

interface SettingStep extends Step {
  /** True when the name is a path such as `spouse.name`. */
  readonly isPath: boolean;
}

/** Sets the properties of beans: those of their definitions in order, then those that are autowired. */
export class PropertySetter {
  readonly #factory: BeanFactory;
  readonly #autowiring: Autowiring;
  /** What to say while a property is set; beans of a class share it. */
  readonly #steps = new Map<string, SettingStep>();

  constructor(factory: BeanFactory) {
    this.#factory = factory;
    this.#autowiring = new Autowiring(factory);
  }

  /** Resolves and converts all values before the first is set, so that a bean is not left half done by a wrong one. */
  *populate(instance: object, info: ClassInfo, record: BeanRecord, chain: Chain): Making<void> {
    const frame = chain.frames.at(-1) as Frame;
    const { definition } = record;
    const byType =
      definition.autowire === 'byType' ||
      (definition.autowire === 'autodetect' && !usesConstructor(definition, info));
    const autowired =
      byType || definition.autowire === 'byName'
        ? yield* this.#autowiring.assignments(instance, info, { record, chain, byType })
        : undefined;
    if (definition.properties.size === 0 && autowired === undefined) return;
    const assignments: Assignment[] = [];
    const target = { chain, conversion: this.#factory.conversion };
    for (const property of definition.properties.values()) {
      const { name, location } = property;
      const step = this.#stepFor(name);
      frame.step = step;
      const writable = step.isPath ? undefined : this.#writable(instance, info, property, chain);
      const ready = readyValue(property.value, record, this.#factory);
      const raw =
        ready === notReady
          ? yield* resolveValue(property.value, record, chain, this.#factory)
          : ready;
      const value =
        writable === undefined
          ? raw
          : convertProperty(raw, this.#typeOf(instance, writable), property, target);
      assignments.push({ name, location, property: writable, value });
    }
    if (autowired !== undefined) assignments.push(...autowired);
    for (const assignment of assignments) {
      frame.step = this.#stepFor(assignment.name);
      this.#assign(instance, info, assignment, chain);
    }
  }

  #stepFor(name: string): SettingStep {
    const known = this.#steps.get(name);
    if (known !== undefined) return known;
    const step = {
      doing: `setting property "${name}"`,
      path: `.${name}`,
      isPath: isPath(name),
    };
    this.#steps.set(name, step);
    return step;
  }

  #writable(
    instance: object,
    info: ClassInfo,
    property: PropertyDefinition,
    chain: Chain,
  ): WritableProperty {
    const known = info.property(property.name);
    if (known !== undefined) return known;
    if (isField(instance, property.name))
      return { name: property.name, type: info.propertyType(property.name), setter: undefined };
    const names = [...info.propertyNames(), ...Object.keys(instance)];
    const readOnly =
      ownOrInherited(instance, property.name) !== undefined ? ' that can be set' : '';
    return failCreation(
      'PROPERTY_UNKNOWN',
      `class "${info.name}" has no property "${property.name}"${readOnly}${didYouMean(property.name, names)}`,
      chain,
      property.location,
    );
  }

  #typeOf(instance: object, property: WritableProperty): TypeRef {
    if (property.type.kind !== 'any' || property.setter !== undefined) return property.type;
    const field = Object.getOwnPropertyDescriptor(instance, property.name);
    return field === undefined ? anyType : typeOfPresentValue(field.value);
  }

  #assign(instance: object, info: ClassInfo, assignment: Assignment, chain: Chain): void {
    const { property, name, value } = assignment;
    if (property === undefined) {
      this.#assignPath(instance, info, assignment, chain);
      return;
    }
    if (property.setter === undefined) {
      Reflect.set(instance, name, value);
      return;
    }
    const result: unknown = info.method(property.setter)?.call(instance, value);
    if (!isPromise(result)) return;
    result.catch(() => {});
    failCreation(
      'BEAN_CREATION_FAILED',
      `setter "${property.setter}" returns a promise; asynchronous work belongs into afterPropertiesSet or init-method`,
      chain,
      assignment.location,
    );
  }

  /** Sets the last step of a path such as `spouse.name` or `list[0]`. */
  #assignPath(instance: object, info: ClassInfo, assignment: Assignment, chain: Chain): void {
    const steps = parsePath(assignment.name, assignment.location);
    let target: unknown = instance;
    for (const [index, step] of steps.slice(0, -1).entries()) {
      target = readStep(target, step);
      if (target === null || target === undefined) {
        const where = formatPath(steps.slice(0, index + 1));
        failCreation(
          'PROPERTY_PATH_INVALID',
          `"${where}" is null, so "${assignment.name}" cannot be set`,
          chain,
          assignment.location,
        );
      }
    }
    const last = steps.at(-1) as PathStep;
    const container =
      steps.length > 2 || steps[0]?.kind === 'key'
        ? anyType
        : info.propertyType(steps[0]?.text ?? '');
    if (last.kind === 'key')
      this.#assignKey(target as object, last.text, container, assignment, chain);
    else this.#assignLast(target as object, last.text, assignment, chain);
  }

  #assignLast(target: object, name: string, assignment: Assignment, chain: Chain): void {
    const info = this.#factory.classes.describeValue(target);
    const definition = {
      name,
      location: assignment.location,
      value: { kind: 'null', location: assignment.location },
      meta: [],
    } as const;
    if (info === undefined) {
      Reflect.set(target, name, assignment.value);
      return;
    }
    const property = this.#writable(target, info, definition, chain);
    const value = convertProperty(assignment.value, this.#typeOf(target, property), definition, {
      chain,
      conversion: this.#factory.conversion,
    });
    this.#assign(target, info, { name, location: assignment.location, property, value }, chain);
  }

  #assignKey(
    target: object,
    key: string,
    type: TypeRef,
    assignment: Assignment,
    chain: Chain,
  ): void {
    const element = 'element' in type ? type.element : 'value' in type ? type.value : anyType;
    const definition = {
      name: assignment.name,
      location: assignment.location,
      value: { kind: 'null', location: assignment.location },
      meta: [],
    } as const;
    const value = convertProperty(assignment.value, element, definition, {
      chain,
      conversion: this.#factory.conversion,
    });
    if (target instanceof Map) {
      const wanted =
        'key' in type
          ? convertProperty(key, type.key, definition, {
              chain,
              conversion: this.#factory.conversion,
            })
          : key;
      target.set(wanted, value);
      return;
    }
    if (target instanceof Set || !Array.isArray(target)) {
      failCreation(
        'PROPERTY_PATH_INVALID',
        `"${assignment.name}" is no element of a list or map`,
        chain,
        assignment.location,
      );
    }
    const index = Number(key);
    if (!/^\d{1,4}$/.test(key)) {
      failCreation(
        'PROPERTY_PATH_INVALID',
        `"${key}" is no index of a list`,
        chain,
        assignment.location,
      );
    }
    while ((target as unknown[]).length < index) (target as unknown[]).push(null);
    (target as unknown[])[index] = value;
  }
}
