import {
  type BeanCallback,
  ConfigError,
  describeError,
  type SourceLocation,
} from '../../base/index.ts';
import type { ClassInfo, Parameter, WritableProperty } from '../classes/ClassInfo.ts';
import { anyType, describeType, parseType, type TypeRef } from '../classes/TypeRef.ts';
import { ConversionError } from '../conversion/ConversionError.ts';
import { convertValue, typeOfPresentValue } from '../conversion/convertValue.ts';
import type {
  ArgumentDefinition,
  BeanDefinition,
  PropertyDefinition,
} from '../definition/BeanDefinition.ts';
import type { ContainerErrorCode } from '../errors/containerErrors.ts';
import { didYouMean } from '../errors/nearestName.ts';
import { configError } from '../errors/Problems.ts';
import { BeanCreationError } from './BeanCreationError.ts';
import type { AutowirePlan, BeanFactory } from './BeanFactory.ts';
import type { BeanRecord } from './BeanRecord.ts';
import type { Chain, Frame } from './Chain.ts';
import { ArgumentsError, chooseArguments, type GivenArgument } from './chooseArguments.ts';
import { isPromise, type Making } from './Making.ts';
import {
  formatPath,
  isPath,
  ownOrInherited,
  type PathStep,
  parsePath,
  readStep,
} from './propertyPath.ts';
import { resolveValue } from './resolveValue.ts';
import { isSecret } from './secrets.ts';
import { usesConstructor } from './usesConstructor.ts';

/** A property ready to be set. */
interface Assignment {
  readonly name: string;
  readonly location: SourceLocation;
  readonly property: WritableProperty | undefined;
  readonly value: unknown;
}

/** A parameter's bean that was found, but is not made yet. */
class Planned {
  readonly plan: AutowirePlan;

  constructor(plan: AutowirePlan) {
    this.plan = plan;
  }
}

/** Makes beans of one factory from their definitions: construct, set properties, initialise. */
export class BeanCreator {
  readonly #factory: BeanFactory;

  constructor(factory: BeanFactory) {
    this.#factory = factory;
  }

  /**
   * Makes a bean: what it depends on, its instance, its properties, its callbacks.
   *
   * @param explicit - constructor arguments that replace those of the definition
   */
  *create(record: BeanRecord, chain: Chain, explicit?: readonly unknown[]): Making<unknown> {
    const { definition } = record;
    const frame: Frame = { record, step: undefined };
    chain.frames.push(frame);
    try {
      if (definition.abstract)
        this.#fail(
          'BEAN_ABSTRACT',
          `bean "${record.name}" is abstract and only a parent of others`,
          chain,
        );
      yield* this.#makeDependencies(record, chain);
      const instance = yield* this.#instantiate(record, chain, explicit);
      const info = this.#factory.classes.describeValue(instance);
      record.info = info;
      if (definition.singleton) record.early = instance;
      if (instance === null || instance === undefined) {
        this.#checkNothingToSet(definition, chain);
        return instance;
      }
      if (info === undefined) return instance;
      yield* this.#populate(instance, info, record, frame, chain);
      frame.step = undefined;
      return yield* this.#initialise(instance, info, record, chain);
    } catch (error) {
      throw this.#explain(error, chain);
    } finally {
      chain.frames.pop();
    }
  }

  *#makeDependencies(record: BeanRecord, chain: Chain): Making<void> {
    for (const name of record.definition.dependsOn) {
      const other = yield* this.#factory.requestRecord(name.text, chain, name.location);
      other?.usedBy.add(record);
    }
  }

  // ---------------------------------------------------------------- instance

  *#instantiate(record: BeanRecord, chain: Chain, explicit?: readonly unknown[]): Making<unknown> {
    const { definition } = record;
    if (definition.factoryBean !== undefined || definition.factoryMethod !== undefined) {
      return yield* this.#callFactoryMethod(record, chain, explicit);
    }
    const info = this.#factory.classOf(definition);
    if (record.probe !== undefined) {
      const { probe } = record;
      record.probe = undefined;
      return probe;
    }
    const values = yield* this.#argumentsFor(record, chain, info, explicit);
    if (info.make !== undefined) return info.make(...values);
    return Reflect.construct(info.class, values);
  }

  *#argumentsFor(
    record: BeanRecord,
    chain: Chain,
    info: ClassInfo,
    explicit?: readonly unknown[],
  ): Making<unknown[]> {
    const { definition } = record;
    const autowired = usesConstructor(definition, info);
    const none = definition.args.length === 0 && explicit === undefined && !autowired;
    if (
      none &&
      (info.constructors === undefined
        ? info.class.length === 0
        : info.constructors.some((one) => one.length === 0))
    ) {
      return [];
    }
    const given =
      explicit?.map((value) => ({ value })) ??
      (yield* this.#resolveArguments(definition.args, record, chain));
    const values = this.#choose(definition, chain, {
      what: `class "${info.name}"`,
      signatures: info.constructors,
      minimum: info.class.length,
      given,
      conversion: this.#factory.conversion,
      autowire: autowired ? this.#autowireParameter(record, chain) : undefined,
    });
    return yield* this.#makePlanned(values, record, chain);
  }

  #choose(
    definition: BeanDefinition,
    chain: Chain,
    request: Parameters<typeof chooseArguments>[0],
  ): unknown[] {
    try {
      return chooseArguments(request);
    } catch (error) {
      if (!(error instanceof ArgumentsError)) throw error;
      const location =
        definition.args[0]?.location ?? definition.class?.location ?? definition.location;
      return this.#fail('ARGUMENTS_MISMATCH', error.message, chain, location);
    }
  }

  *#resolveArguments(
    args: readonly ArgumentDefinition[],
    record: BeanRecord,
    chain: Chain,
  ): Making<GivenArgument[]> {
    const frame = chain.frames.at(-1);
    const given: GivenArgument[] = [];
    for (const [position, argument] of args.entries()) {
      const which = argument.name ?? String(argument.index ?? position);
      if (frame !== undefined)
        frame.step = { doing: `giving constructor argument ${which}`, path: `(${which})` };
      const value = yield* resolveValue(argument.value, record, chain, this.#factory);
      given.push({ index: argument.index, name: argument.name, type: argument.type?.text, value });
    }
    if (frame !== undefined) frame.step = undefined;
    return given;
  }

  /** Finds beans for parameters that nothing is given for; they are made once a signature is chosen. */
  #autowireParameter(
    record: BeanRecord,
    chain: Chain,
  ): (parameter: Parameter) => Planned | undefined {
    return ({ type, name }) => {
      try {
        const plan = this.#factory.planAutowire(type, record, chain, { kind: 'parameter', name });
        return plan && new Planned(plan);
      } catch (error) {
        if (error instanceof ConfigError) throw new ArgumentsError(error.message, { cause: error });
        throw error;
      }
    };
  }

  /** Makes what autowiring found for the chosen signature. */
  *#makePlanned(values: readonly unknown[], record: BeanRecord, chain: Chain): Making<unknown[]> {
    const made: unknown[] = [];
    for (const value of values) {
      made.push(
        value instanceof Planned ? yield* this.#factory.makePlan(value.plan, record, chain) : value,
      );
    }
    return made;
  }

  *#callFactoryMethod(
    record: BeanRecord,
    chain: Chain,
    explicit?: readonly unknown[],
  ): Making<unknown> {
    const { definition } = record;
    const method = definition.factoryMethod;
    if (method === undefined) {
      return this.#fail(
        'ATTRIBUTE_MISSING',
        'factory-bean needs a factory-method',
        chain,
        definition.factoryBean?.location,
      );
    }
    const given =
      explicit?.map((value) => ({ value })) ??
      (yield* this.#resolveArguments(definition.args, record, chain));
    const target = yield* this.#factoryTarget(record, chain);
    const { info, call } = target;
    const found =
      target.instance === undefined ? info.staticMethod(method.text) : info.method(method.text);
    if (found === undefined) {
      const kind = target.instance === undefined ? 'static method' : 'method';
      return this.#fail(
        'METHOD_NOT_FOUND',
        `class "${info.name}" has no ${kind} "${method.text}"`,
        chain,
        method.location,
      );
    }
    const declared = info.signatures(method.text);
    const chosen = this.#choose(definition, chain, {
      what: `method "${method.text}" of class "${info.name}"`,
      signatures:
        declared.length === 0
          ? undefined
          : declared.map((one) =>
              one.parameters.map(([name, word]) => ({ name, type: parseType(word) })),
            ),
      minimum: found.length,
      given,
      conversion: this.#factory.conversion,
      autowire:
        definition.autowire === 'constructor' ? this.#autowireParameter(record, chain) : undefined,
    });
    const values = yield* this.#makePlanned(chosen, record, chain);
    const frame = chain.frames.at(-1);
    if (frame !== undefined)
      frame.step = { doing: `calling factory method "${method.text}"`, path: `.${method.text}()` };
    const product = found.apply(call, values);
    const result = isPromise(product) ? yield product : product;
    if (frame !== undefined) frame.step = undefined;
    return result;
  }

  *#factoryTarget(
    record: BeanRecord,
    chain: Chain,
  ): Making<{ readonly info: ClassInfo; readonly call: unknown; readonly instance: unknown }> {
    const { factoryBean } = record.definition;
    if (factoryBean === undefined) {
      const info = this.#factory.classOf(record.definition);
      return { info, call: info.class, instance: undefined };
    }
    const instance = yield* this.#factory.request(
      factoryBean.text,
      chain,
      factoryBean.location,
      record,
    );
    const info = this.#factory.classes.describeValue(instance);
    if (info === undefined) {
      return this.#fail(
        'METHOD_NOT_FOUND',
        `bean "${factoryBean.text}" has no methods`,
        chain,
        factoryBean.location,
      );
    }
    return { info, call: instance, instance };
  }

  #checkNothingToSet(definition: BeanDefinition, chain: Chain): void {
    const first = [...definition.properties.values()][0];
    if (first === undefined) return;
    this.#fail(
      'PROPERTY_PATH_INVALID',
      `property "${first.name}" cannot be set: the factory made null`,
      chain,
      first.location,
    );
  }

  // -------------------------------------------------------------- properties

  *#populate(
    instance: unknown,
    info: ClassInfo,
    record: BeanRecord,
    frame: Frame,
    chain: Chain,
  ): Making<void> {
    const { definition } = record;
    const byType =
      definition.autowire === 'byType' ||
      (definition.autowire === 'autodetect' && !usesConstructor(definition, info));
    const autowired =
      byType || definition.autowire === 'byName'
        ? yield* this.#autowireProperties(instance as object, info, record, frame, chain, byType)
        : undefined;
    if (definition.properties.size === 0 && autowired === undefined) return;
    const assignments: Assignment[] = [];
    for (const property of definition.properties.values()) {
      frame.step = { doing: `setting property "${property.name}"`, path: `.${property.name}` };
      if (isPath(property.name)) {
        const raw = yield* resolveValue(property.value, record, chain, this.#factory);
        assignments.push({
          name: property.name,
          location: property.location,
          property: undefined,
          value: raw,
        });
        continue;
      }
      const writable = this.#writable(instance as object, info, property, chain);
      const raw = yield* resolveValue(property.value, record, chain, this.#factory);
      const type = this.#typeOf(instance as object, writable);
      const value = this.#convert(raw, type, property, chain);
      assignments.push({
        name: property.name,
        location: property.location,
        property: writable,
        value,
      });
    }
    for (const assignment of [...assignments, ...(autowired ?? [])]) {
      frame.step = { doing: `setting property "${assignment.name}"`, path: `.${assignment.name}` };
      this.#assign(instance as object, info, assignment, chain);
    }
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
    return this.#fail(
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

  #convert(value: unknown, type: TypeRef, property: PropertyDefinition, chain: Chain): unknown {
    try {
      return convertValue(value, type, this.#factory.conversion);
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error;
      const message = isSecret(property.name)
        ? `cannot convert *** to ${describeType(type)}`
        : error.message;
      throw configError('TYPE_MISMATCH', message, property.value.location, {
        beanPath: `${chain.path() ?? ''}${error.path}`,
        trail: chain.trail(),
        cause: error,
      });
    }
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
    this.#fail(
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
        this.#fail(
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
    const value = this.#convert(
      assignment.value,
      this.#typeOf(target, property),
      definition,
      chain,
    );
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
    const value = this.#convert(assignment.value, element, definition, chain);
    if (target instanceof Map) {
      const wanted = 'key' in type ? this.#convert(key, type.key, definition, chain) : key;
      target.set(wanted, value);
      return;
    }
    if (target instanceof Set || !Array.isArray(target)) {
      this.#fail(
        'PROPERTY_PATH_INVALID',
        `"${assignment.name}" is no element of a list or map`,
        chain,
        assignment.location,
      );
    }
    const index = Number(key);
    if (!/^\d{1,4}$/.test(key)) {
      this.#fail(
        'PROPERTY_PATH_INVALID',
        `"${key}" is no index of a list`,
        chain,
        assignment.location,
      );
    }
    while ((target as unknown[]).length < index) (target as unknown[]).push(null);
    (target as unknown[])[index] = value;
  }

  *#autowireProperties(
    instance: object,
    info: ClassInfo,
    record: BeanRecord,
    frame: Frame,
    chain: Chain,
    byType: boolean,
  ): Making<Assignment[]> {
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
        ? yield* this.#autowireByType(property, record, chain)
        : yield* this.#autowireByName(property, record, chain);
      if (value !== undefined)
        assignments.push({ name, location: definition.location, property, value });
    }
    frame.step = undefined;
    return assignments;
  }

  *#autowireByType(property: WritableProperty, record: BeanRecord, chain: Chain): Making<unknown> {
    const { name, type } = property;
    const plan = this.#factory.planAutowire(type, record, chain, { kind: 'property', name });
    return plan === undefined ? undefined : yield* this.#factory.makePlan(plan, record, chain);
  }

  *#autowireByName(property: WritableProperty, record: BeanRecord, chain: Chain): Making<unknown> {
    const { name } = property;
    if (!this.#factory.containsBean(name)) return undefined;
    const value = yield* this.#factory.request(name, chain, record.definition.location, record);
    const definition = {
      name,
      location: record.definition.location,
      value: { kind: 'null', location: record.definition.location },
      meta: [],
    } as const;
    return this.#convert(value, property.type, definition, chain);
  }

  // ---------------------------------------------------------- initialisation

  *#initialise(
    instance: unknown,
    info: ClassInfo,
    record: BeanRecord,
    chain: Chain,
  ): Making<unknown> {
    const { definition } = record;
    const aware = this.#factory.awareCallbacks(record);
    for (const [callback, value] of aware) {
      if (!info.takes(callback) || isSetByFile(callback, definition)) continue;
      const method = info.method(callback);
      if (method?.length === 1) method.call(instance, value);
    }
    this.#checkDestroyMethod(info, definition, chain);
    let bean = yield* this.#factory.postProcess(
      instance,
      record,
      'postProcessBeforeInitialization',
    );
    if (info.takes('afterPropertiesSet')) {
      const result: unknown = info.method('afterPropertiesSet')?.call(instance);
      if (isPromise(result)) yield result;
    }
    yield* this.#callInitMethod(instance, info, definition, chain);
    bean = yield* this.#factory.postProcess(bean, record, 'postProcessAfterInitialization');
    if (bean !== instance && record.earlyUsed) {
      this.#fail(
        'BEAN_WRAPPED_LATE',
        `bean "${record.name}" was replaced by a post-processor after others had been given its raw form in a circle`,
        chain,
      );
    }
    return bean;
  }

  #checkDestroyMethod(info: ClassInfo, definition: BeanDefinition, chain: Chain): void {
    const { destroyMethod } = definition;
    if (destroyMethod === undefined || destroyMethod.optional || !definition.singleton) return;
    const { text, location } = destroyMethod;
    if (text === '' || text === '(inferred)' || info.method(text) !== undefined) return;
    const message = `class "${info.name}" has no destroy-method "${text}"`;
    this.#fail('METHOD_NOT_FOUND', message, chain, location);
  }

  *#callInitMethod(
    instance: unknown,
    info: ClassInfo,
    definition: BeanDefinition,
    chain: Chain,
  ): Making<void> {
    const { initMethod } = definition;
    if (initMethod === undefined || initMethod.text === '') return;
    if (initMethod.text === 'afterPropertiesSet' && info.takes('afterPropertiesSet')) return;
    const method = info.method(initMethod.text);
    if (method === undefined) {
      if (initMethod.optional) return;
      this.#fail(
        'METHOD_NOT_FOUND',
        `class "${info.name}" has no init-method "${initMethod.text}"`,
        chain,
        initMethod.location,
      );
    }
    const frame = chain.frames.at(-1);
    if (frame !== undefined)
      frame.step = {
        doing: `calling init-method "${initMethod.text}"`,
        path: `.${initMethod.text}()`,
      };
    const result: unknown = method?.call(instance);
    if (isPromise(result)) yield result;
  }

  // ------------------------------------------------------------------ errors

  #fail(code: ContainerErrorCode, message: string, chain: Chain, location?: SourceLocation): never {
    const beanPath = chain.path();
    throw configError(code, message, location ?? chain.frames.at(-1)?.record.definition.location, {
      trail: chain.trail(),
      ...(beanPath === undefined ? {} : { beanPath }),
    });
  }

  /** An error of the container says what was done already; one of bean code is wrapped with the place of the bean. */
  #explain(error: unknown, chain: Chain): unknown {
    if (error instanceof BeanCreationError) return error;
    if (error instanceof ConfigError) return withTrail(error, chain);
    const frame = chain.frames.at(-1);
    const beanPath = chain.path();
    const doing = frame?.step?.doing ?? 'making it';
    return new BeanCreationError(
      'BEAN_CREATION_FAILED',
      `bean "${frame?.record.name}" failed while ${doing}: ${describeError(error)}`,
      {
        cause: error,
        trail: chain.trail(),
        ...(frame === undefined ? {} : { bean: frame.record.name, location: locationOf(frame) }),
        ...(beanPath === undefined ? {} : { beanPath }),
      },
    );
  }
}

function locationOf(frame: Frame): SourceLocation {
  const { definition } = frame.record;
  const name = /property "([^"]*)"/.exec(frame.step?.doing ?? '')?.[1];
  return (
    (name === undefined ? undefined : definition.properties.get(name)?.location) ??
    definition.location
  );
}

function withTrail(error: ConfigError, chain: Chain): ConfigError {
  if (error.trail.length > 0) return error;
  const beanPath = error.beanPath ?? chain.path();
  return new ConfigError(error.code, error.message, {
    trail: chain.trail(),
    ...(error.location === undefined ? {} : { location: error.location }),
    ...(beanPath === undefined ? {} : { beanPath }),
    cause: error.cause ?? error,
  });
}

/** True for an own key of the instance that is not a method. */
function isField(instance: object, name: string): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(instance, name);
  return descriptor !== undefined && (descriptor.writable === true || descriptor.set !== undefined);
}

/** The property an aware callback sets. */
function isSetByFile(callback: BeanCallback, definition: BeanDefinition): boolean {
  const name = callback.charAt(3).toLowerCase() + callback.slice(4);
  return definition.properties.has(name);
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
