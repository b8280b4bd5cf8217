import type { AnyClass } from '../classes/ClassInfo.ts';
import type { ClassRegistry } from '../classes/ClassRegistry.ts';
import { anyType, describeType, type TypeRef } from '../classes/TypeRef.ts';
import { ConversionError } from './ConversionError.ts';
import { convertNumber } from './convertNumber.ts';
import { convertSimple, isSimple } from './convertSimple.ts';
import { Resource } from './Resource.ts';

/** Turns text into a value of a type a program adds. */
export type Converter = (text: string) => unknown;

/** What conversion needs to know besides value and type. */
export interface ConversionContext {
  readonly classes: ClassRegistry;
  /** Finds a class by name, module files included. */
  readonly findClass: (name: string) => AnyClass | undefined;
  /** Converters by type name, asked before all others. */
  readonly converters: ReadonlyMap<string, Converter>;
  /** Turns a location into a file. */
  readonly resource: (location: string) => Resource;
}

const TRUE: ReadonlySet<string> = new Set(['true', 'on', 'yes', '1']);
const FALSE: ReadonlySet<string> = new Set(['false', 'off', 'no', '0']);

/**
 * Converts a value to a type; what fits already is returned as it is.
 *
 * @throws ConversionError when it does not fit
 */
export function convertValue(value: unknown, type: TypeRef, context: ConversionContext): unknown {
  if (type.kind === 'any' || value === undefined) return value;
  if (typeof value === 'string' && context.converters.size > 0) {
    const converter = context.converters.get(describeType(type));
    if (converter !== undefined) return runConverter(converter, value, type);
  }
  if (value === null) return convertNull(type);
  switch (type.kind) {
    case 'string':
      return convertToString(value);
    case 'boolean':
      return convertToBoolean(value, type.nullable);
    case 'number':
      return convertToNumber(value, type);
    case 'char':
      return convertToChar(value, type.nullable);
    case 'list':
    case 'array':
      return convertToArray(value, type, context);
    case 'set':
      return convertToSet(value, type, context);
    case 'map':
      return convertToMap(value, type, context);
    case 'record':
      return convertToRecord(value, type, context);
    case 'class':
      return convertToClass(value, context);
    case 'resource':
      return convertToResource(value, context);
    case 'stream':
      return typeof value === 'string' ? context.resource(value).text : foreign(value, type);
    case 'properties':
      return convertToProperties(value);
    case 'bean':
      return convertToBean(value, type.name, context);
    default:
      if (typeof value === 'string') return convertSimple(value, type.kind);
      if (isSimple(value, type.kind)) return value;
      throw new ConversionError(cannotMessage(value, type));
  }
}

function runConverter(converter: Converter, text: string, type: TypeRef): unknown {
  try {
    return converter(text);
  } catch (error) {
    throw new ConversionError(cannotMessage(text, type), { cause: error });
  }
}

function convertNull(type: TypeRef): null {
  if ('nullable' in type && !type.nullable) {
    throw new ConversionError(`null is no ${describeType(type)}`);
  }
  return null;
}

function cannotMessage(value: unknown, type: TypeRef): string {
  return `cannot convert ${describeValue(value)} to ${describeType(type)}`;
}

/** A value for a message: text in quotes, else what kind of thing it is. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string')
    return `"${value.length > 60 ? `${value.slice(0, 57)}...` : value}"`;
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) {
    const name = value.constructor?.name ?? '';
    return name === '' || name === 'Object' ? 'an object' : `a ${name}`;
  }
  if (typeof value === 'function') return `the class ${value.name}`;
  return String(value);
}

function convertToString(value: unknown): unknown {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  throw new ConversionError(cannotMessage(value, { kind: 'string' }));
}

function convertToBoolean(value: unknown, nullable: boolean): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    const text = value.trim().toLowerCase();
    if (TRUE.has(text)) return true;
    if (FALSE.has(text)) return false;
    if (text === '' && nullable) return null;
  }
  throw new ConversionError(cannotMessage(value, { kind: 'boolean', nullable }));
}

function convertToNumber(value: unknown, type: TypeRef & { readonly kind: 'number' }): unknown {
  if (typeof value === 'string' && value.trim() === '' && type.nullable) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') {
    return convertNumber(value, type.name);
  }
  throw new ConversionError(cannotMessage(value, type));
}

function convertToChar(value: unknown, nullable: boolean): string | null {
  if (typeof value === 'string') {
    const code = /^\\u([\da-fA-F]{4})$/.exec(value)?.[1];
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    if (value.length === 1) return value;
    if (value === '' && nullable) return null;
  }
  throw new ConversionError(cannotMessage(value, { kind: 'char', nullable }));
}

type ElementType = { readonly kind: 'list' | 'set' | 'array'; readonly element: TypeRef };

function convertToArray(value: unknown, type: ElementType, context: ConversionContext): unknown {
  if (value instanceof Uint8Array) return value;
  // Text is the bytes of the text, not a list of numbers.
  if (typeof value === 'string' && isBytes(type)) return Buffer.from(value);
  const elements = toElements(value, type, context);
  return convertElements(elements, type.element, context);
}

function convertToSet(value: unknown, type: ElementType, context: ConversionContext): unknown {
  const elements = toElements(value, type, context);
  const converted = convertElements(elements, type.element, context);
  return value instanceof Set && converted === elements ? value : new Set(converted);
}

function isBytes({ kind, element }: ElementType): boolean {
  return kind === 'array' && element.kind === 'number' && element.name === 'byte';
}

/** Text is one element of a list, but several of an array, and of lists of classes and constants. */
function toElements(
  value: unknown,
  type: ElementType,
  context: ConversionContext,
): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value instanceof Set) return [...value];
  if (typeof value !== 'string') return [value];
  const { element } = type;
  if (element.kind === 'any') return [value];
  if (element.kind === 'char') return type.kind === 'array' ? [...value] : [value];
  const named = element.kind === 'bean' && context.classes.findEnum(element.name) !== undefined;
  if (type.kind !== 'array' && element.kind !== 'class' && !named) return [value];
  return value === '' ? [] : value.split(',').map((part) => part.trim());
}

function convertElements(
  elements: readonly unknown[],
  type: TypeRef,
  context: ConversionContext,
): readonly unknown[] {
  if (type.kind === 'any') return elements;
  let changed = false;
  const converted = elements.map((element, index) => {
    const one = convertPart(element, type, context, index);
    changed ||= one !== element;
    return one;
  });
  return changed ? converted : elements;
}

function convertPart(
  value: unknown,
  type: TypeRef,
  context: ConversionContext,
  step: string | number,
): unknown {
  try {
    return convertValue(value, type, context);
  } catch (error) {
    throw error instanceof ConversionError ? error.within(`[${step}]`) : error;
  }
}

type EntryType = {
  readonly kind: 'map' | 'record';
  readonly key: TypeRef;
  readonly value: TypeRef;
};

function convertToMap(value: unknown, type: EntryType, context: ConversionContext): unknown {
  if (!(value instanceof Map)) {
    if (!isRecord(value)) throw new ConversionError(cannotMessage(value, type));
    return convertEntries(new Map(Object.entries(value)), type, context);
  }
  if (type.key.kind === 'any' && type.value.kind === 'any') return value;
  return convertEntries(value, type, context);
}

function convertEntries(
  map: ReadonlyMap<unknown, unknown>,
  type: EntryType,
  context: ConversionContext,
): ReadonlyMap<unknown, unknown> {
  const converted = new Map<unknown, unknown>();
  let changed = false;
  for (const [key, value] of map) {
    const step = typeof key === 'string' ? key : describeValue(key);
    const newKey = convertPart(key, type.key, context, step);
    const newValue = convertPart(value, type.value, context, step);
    changed ||= newKey !== key || newValue !== value;
    converted.set(newKey, newValue);
  }
  return changed ? converted : map;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A map becomes an object without a prototype, so that no key can mean anything else. */
function convertToRecord(value: unknown, type: EntryType, context: ConversionContext): unknown {
  if (!(value instanceof Map)) {
    if (typeof value === 'object') return value;
    throw new ConversionError(cannotMessage(value, type));
  }
  const record = Object.create(null) as Record<string, unknown>;
  for (const [key, one] of value) {
    if (typeof key !== 'string')
      throw new ConversionError(`the key ${describeValue(key)} is no text`);
    record[key] = convertPart(one, type.value, context, key);
  }
  return record;
}

function convertToResource(value: unknown, context: ConversionContext): unknown {
  if (value instanceof Resource) return value;
  if (typeof value === 'string') return value.trim() === '' ? null : context.resource(value);
  throw new ConversionError(cannotMessage(value, { kind: 'resource' }));
}

/** Lets an object of the program's own through, and nothing that a bean file can write. */
function foreign(value: unknown, type: TypeRef): unknown {
  if (typeof value === 'object' && !isBuiltIn(value)) return value;
  throw new ConversionError(cannotMessage(value, type));
}

function convertToClass(value: unknown, context: ConversionContext): unknown {
  if (typeof value === 'function') return value;
  if (typeof value !== 'string') throw new ConversionError(cannotMessage(value, { kind: 'class' }));
  if (value.trim() === '') return null;
  const found = context.findClass(value.trim());
  if (found === undefined) throw new ConversionError(`class "${value.trim()}" is not registered`);
  return found;
}

function convertToProperties(value: unknown): unknown {
  if (value instanceof Map) {
    const isText = [...value].every(
      ([key, one]) => typeof key === 'string' && typeof one === 'string',
    );
    if (isText) return value;
    return new Map([...value].map(([key, one]) => [propertyText(key), propertyText(one)]));
  }
  if (typeof value === 'string') return convertSimple(value, 'properties');
  if (isRecord(value))
    return new Map(Object.entries(value).map(([key, one]) => [key, propertyText(one)]));
  throw new ConversionError(cannotMessage(value, { kind: 'properties' }));
}

function propertyText(value: unknown): string {
  return String(convertToString(Array.isArray(value) && value.length === 1 ? value[0] : value));
}

function convertToBean(value: unknown, name: string, context: ConversionContext): unknown {
  const constants = context.classes.findEnum(name);
  if (constants !== undefined) return convertToEnum(value, name, constants);
  if (typeof value === 'string') return convertTextToBean(value, name, context);
  if (isAssignable(value, name, context.classes)) return value;
  throw new ConversionError(cannotMessage(value, { kind: 'bean', name }));
}

function convertToEnum(
  value: unknown,
  name: string,
  constants: ReadonlyMap<string, string | number>,
): unknown {
  if (typeof value === 'string') {
    const text = value.trim();
    if (text === '') return null;
    const constant = constants.get(text);
    if (constant !== undefined) return constant;
  }
  for (const constant of constants.values()) {
    if (constant === value) return value;
  }
  const known = [...constants.keys()].join(', ');
  throw new ConversionError(
    `${describeValue(value)} is none of the constants of ${name}: ${known}`,
  );
}

/** Text becomes a constant of the class, or what its constructor makes of one text. */
function convertTextToBean(text: string, name: string, context: ConversionContext): unknown {
  const type = context.findClass(name);
  if (type === undefined) {
    throw new ConversionError(cannotMessage(text, { kind: 'bean', name }));
  }
  const info = context.classes.describe(type);
  const takesText = info.constructors?.some(
    (one) => one.length === 1 && one[0]?.type.kind === 'string',
  );
  if (takesText === true) {
    return info.make === undefined ? Reflect.construct(type, [text]) : info.make(text);
  }
  const constant: unknown = Object.hasOwn(type, text.trim())
    ? Reflect.get(type, text.trim())
    : undefined;
  if (
    constant !== undefined &&
    isAssignable(constant, name, context.classes) &&
    typeof constant === 'object'
  ) {
    return constant;
  }
  throw new ConversionError(cannotMessage(text, { kind: 'bean', name }));
}

/**
 * True when a value may be given where a bean of the type is wanted.
 *
 * Types exist only where classes declare them, so an object that declares nothing is let through; a collection is no bean.
 */
export function isAssignable(value: unknown, name: string, classes: ClassRegistry): boolean {
  const info = classes.describeValue(value);
  if (isBuiltIn(value)) return info?.is(name) === true;
  if (info === undefined) return typeof value === 'object' || typeof value === 'function';
  return info.is(name) || !info.declaresTypes;
}

/** True for what a bean file makes by itself: collections, and values of simple types. */
function isBuiltIn(value: unknown): boolean {
  return (
    Array.isArray(value) ||
    value instanceof Map ||
    value instanceof Set ||
    value instanceof Intl.Locale ||
    value instanceof URL ||
    value instanceof RegExp ||
    value instanceof Resource
  );
}

/** The type to convert to when a property declares none: that of its present value. */
export function typeOfPresentValue(value: unknown): TypeRef {
  if (typeof value === 'number') return { kind: 'number', name: 'number', nullable: false };
  if (typeof value === 'bigint') return { kind: 'number', name: 'bigint', nullable: false };
  if (typeof value === 'boolean') return { kind: 'boolean', nullable: false };
  if (typeof value === 'string') return { kind: 'string' };
  if (Array.isArray(value)) return { kind: 'list', element: anyType };
  if (value instanceof Set) return { kind: 'set', element: anyType };
  if (value instanceof Map) return { kind: 'map', key: anyType, value: anyType };
  if (value instanceof RegExp) return { kind: 'regexp' };
  if (value instanceof URL) return { kind: 'url' };
  return anyType;
}
