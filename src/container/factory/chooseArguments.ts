import type { Parameter } from '../classes/ClassInfo.ts';
import type { ClassRegistry } from '../classes/ClassRegistry.ts';
import { describeType, parseType, type TypeRef } from '../classes/TypeRef.ts';
import { ConversionError } from '../conversion/ConversionError.ts';
import {
  type ConversionContext,
  convertValue,
  describeValue,
  isAssignable,
} from '../conversion/convertValue.ts';

/** An argument as given: its value is resolved, but not converted. */
export interface GivenArgument {
  readonly index?: number | undefined;
  readonly name?: string | undefined;
  readonly type?: string | undefined;
  readonly value: unknown;
}

/** Finds what stands for a parameter that nothing was given for; undefined when there is none. */
export type Autowire = (parameter: Parameter) => object | undefined;

/** What a call of {@link chooseArguments} is about. */
export interface ArgumentRequest {
  /** Such as `class "chat.Router"` or `method "create" of class "X"`. */
  readonly what: string;
  readonly signatures: readonly (readonly Parameter[])[] | undefined;
  /** Parameters the function has at least, when it declares no signature. */
  readonly minimum: number;
  readonly given: readonly GivenArgument[];
  readonly conversion: ConversionContext;
  readonly autowire?: Autowire | undefined;
}

/** The arguments do not fit; the caller knows where and says so. */
export class ArgumentsError extends Error {}

/**
 * Picks the signature that fits the given arguments best and converts them.
 *
 * As Spring's lenient mode: more parameters first, each argument must convert, the least type distance wins, ties take the
 * first. Without declared signatures arguments go by index and order, unconverted.
 *
 * @throws ArgumentsError when none fits
 */
export function chooseArguments(request: ArgumentRequest): unknown[] {
  const { signatures, given, autowire } = request;
  if (signatures === undefined) return positional(request);
  const candidates = [...signatures].sort((a, b) => b.length - a.length);
  const count = countOf(given);
  let best: { readonly values: unknown[]; readonly weight: number } | undefined;
  let reason: string | undefined;
  for (const parameters of candidates) {
    if (best !== undefined && best.values.length > parameters.length) break;
    if (parameters.length < count) continue;
    const fit = fitArguments(parameters, given, request, autowire);
    if (typeof fit === 'string') reason ??= fit;
    else if (best === undefined || fit.weight < best.weight) best = fit;
  }
  if (best !== undefined) return best.values;
  throw new ArgumentsError(describeMisfit(request, candidates, count, reason));
}

/** At least as many parameters are needed as there are arguments, or as the highest index says. */
function countOf(given: readonly GivenArgument[]): number {
  const highest = given.reduce((most, { index }) => Math.max(most, (index ?? -1) + 1), 0);
  return Math.max(given.length, highest);
}

function positional({ what, minimum, given }: ArgumentRequest): unknown[] {
  const named = given.find(
    (argument) => argument.name !== undefined || argument.type !== undefined,
  );
  if (named !== undefined) {
    const by = named.name === undefined ? `type "${named.type}"` : `name "${named.name}"`;
    throw new ArgumentsError(
      `${what} declares no parameters, so an argument cannot be given by ${by}`,
    );
  }
  const rest = given.filter((argument) => argument.index === undefined);
  const length = countOf(given);
  const values = Array.from({ length }, (_, index) => {
    const argument = given.find((one) => one.index === index) ?? rest.shift();
    if (argument === undefined) throw new ArgumentsError(`argument ${index} of ${what} is missing`);
    return argument.value;
  });
  if (values.length < minimum) {
    throw new ArgumentsError(
      `${what} takes ${countWord(minimum)} or more, but ${values.length} ${values.length === 1 ? 'is' : 'are'} given`,
    );
  }
  return values;
}

function fitArguments(
  parameters: readonly Parameter[],
  given: readonly GivenArgument[],
  request: ArgumentRequest,
  autowire: Autowire | undefined,
): { values: unknown[]; weight: number } | string {
  const { conversion } = request;
  const used = new Set<GivenArgument>();
  const wired = new Set<unknown>();
  const values: unknown[] = [];
  const raw: unknown[] = [];
  for (const [index, parameter] of parameters.entries()) {
    const takesAny = autowire === undefined || parameters.length === given.length;
    const argument =
      findArgument(index, parameter, given, used, conversion.classes) ??
      (takesAny ? given.find((one) => !used.has(one) && isPlain(one)) : undefined);
    if (argument === undefined) {
      const found = wire(parameter, autowire);
      if (typeof found === 'string') return found;
      if (found === undefined)
        return `nothing is given for parameter "${parameter.name}" (${describeType(parameter.type)})`;
      values.push(found);
      raw.push(found);
      wired.add(found);
      continue;
    }
    used.add(argument);
    try {
      raw.push(argument.value);
      values.push(convertValue(typedValue(argument, conversion), parameter.type, conversion));
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error;
      return `parameter "${parameter.name}"${error.path}: ${error.message}`;
    }
  }
  const weight = Math.min(
    distance(values, parameters, conversion.classes, wired),
    distance(raw, parameters, conversion.classes, wired) - 1024,
  );
  return { values, weight };
}

/** The value of an argument, converted to the type that the argument names. */
function typedValue({ type, value }: GivenArgument, conversion: ConversionContext): unknown {
  return type === undefined || typeof value !== 'string'
    ? value
    : convertValue(value, parseType(type), conversion);
}

/** True for an argument that is given by its order only. */
function isPlain({ index, name, type }: GivenArgument): boolean {
  return index === undefined && name === undefined && type === undefined;
}

/** A parameter that cannot be autowired is the reason why a signature does not fit. */
function wire(parameter: Parameter, autowire: Autowire | undefined): object | string | undefined {
  try {
    return autowire?.(parameter);
  } catch (error) {
    if (error instanceof ArgumentsError) return error.message;
    throw error;
  }
}

function findArgument(
  index: number,
  parameter: Parameter,
  given: readonly GivenArgument[],
  used: ReadonlySet<GivenArgument>,
  classes: ClassRegistry,
): GivenArgument | undefined {
  const indexed = given.find((one) => one.index === index);
  if (indexed !== undefined) {
    const fits = indexed.type === undefined || sameType(parseType(indexed.type), parameter.type);
    return fits && (indexed.name === undefined || indexed.name === parameter.name)
      ? indexed
      : undefined;
  }
  return given.find((one) => {
    if (used.has(one) || one.index !== undefined) return false;
    if (one.name !== undefined && one.name !== parameter.name) return false;
    if (one.type !== undefined && !sameType(parseType(one.type), parameter.type)) return false;
    if (one.name !== undefined || one.type !== undefined) return true;
    return valueIsOf(one.value, parameter.type, classes);
  });
}

function sameType(a: TypeRef, b: TypeRef): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'bean' && b.kind === 'bean')
    return a.name === b.name || b.name.endsWith(`.${a.name}`);
  if (a.kind === 'number' && b.kind === 'number')
    return a.name === b.name && a.nullable === b.nullable;
  if ('nullable' in a && 'nullable' in b) return a.nullable === b.nullable;
  if (a.kind === 'array' && b.kind === 'array') return sameType(a.element, b.element);
  return true;
}

/** True when a value has a type already, without any conversion. */
export function valueIsOf(value: unknown, type: TypeRef, classes: ClassRegistry): boolean {
  if (value === null || value === undefined) return !('nullable' in type && !type.nullable);
  switch (type.kind) {
    case 'any':
      return true;
    case 'string':
    case 'char':
      return typeof value === 'string' && type.kind === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint';
    case 'class':
      return typeof value === 'function';
    case 'list':
    case 'array':
      return Array.isArray(value);
    case 'set':
      return value instanceof Set;
    case 'map':
    case 'properties':
      return value instanceof Map;
    case 'record':
      return typeof value === 'object';
    case 'bean':
      return typeof value === 'object' && isAssignable(value, type.name, classes);
    default:
      return typeof value === 'object';
  }
}

const FAR = 1_000_000;

/** How far the types of values are from those of the parameters: steps up to a superclass count 2, an interface 1. */
function distance(
  values: readonly unknown[],
  parameters: readonly Parameter[],
  classes: ClassRegistry,
  wired: ReadonlySet<unknown>,
): number {
  let sum = 0;
  for (const [index, parameter] of parameters.entries()) {
    const value = values[index];
    if (wired.has(value)) continue;
    if (!valueIsOf(value, parameter.type, classes)) return FAR;
    if (value !== null && value !== undefined) sum += distanceOf(value, parameter.type, classes);
  }
  return sum;
}

function distanceOf(value: unknown, type: TypeRef, classes: ClassRegistry): number {
  if (type.kind === 'any') return 2 * depthOf(value);
  if (type.kind === 'list' || type.kind === 'set' || type.kind === 'map') return 1;
  if (type.kind !== 'bean' || typeof value !== 'object' || value === null) return 0;
  let steps = 0;
  let isClass = false;
  for (
    let one: unknown = value.constructor;
    typeof one === 'function' && one !== Function.prototype;
    one = Object.getPrototypeOf(one)
  ) {
    const info = classes.describe(one);
    if (!info.is(type.name)) break;
    if (info.ownNames.includes(type.name)) {
      isClass = true;
      break;
    }
    steps += 1;
  }
  return isClass ? 2 * steps : 2 * Math.max(0, steps - 1) + 1;
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  let depth = 0;
  for (
    let one: unknown = Object.getPrototypeOf(value);
    one !== null;
    one = Object.getPrototypeOf(one)
  )
    depth += 1;
  return depth;
}

function countWord(count: number): string {
  return count === 1 ? '1 argument' : `${count} arguments`;
}

function describeMisfit(
  { what, given }: ArgumentRequest,
  candidates: readonly (readonly Parameter[])[],
  count: number,
  reason: string | undefined,
): string {
  const known = candidates.map(describeSignature).join(' or ');
  const shown = given.map(({ value }) => describeGiven(value)).join(', ');
  const tooMany = candidates.every((parameters) => parameters.length < count);
  const why = tooMany
    ? `${countWord(count)} ${count === 1 ? 'is' : 'are'} given`
    : (reason ?? 'none fits');
  return `${what} takes ${known === '' ? 'no arguments' : known}; given (${shown}): ${why}`;
}

/** Only what kind of thing an argument is: its text may be a secret. */
function describeGiven(value: unknown): string {
  return typeof value === 'string' ? 'text' : describeValue(value);
}

/** `(name: string, age: int)`. */
export function describeSignature(parameters: readonly Parameter[]): string {
  return `(${parameters.map(({ name, type }) => `${name}: ${describeType(type)}`).join(', ')})`;
}
