/** Thrown by {@link convertArguments}; the message is for the caller. */
export class ArgumentFault extends Error {}

/**
 * Converts what a client passed to what a method declares, by Red5's rules.
 *
 * Numbers become text and whole numbers by cutting off; numeric texts become numbers; a number is true when its whole part is 1, a text
 * when it is `true` in any case; lists and maps are passed on, and a map with keys 0, 1, 2… is a list where one is declared.
 *
 * @throws ArgumentFault when the number of arguments or one of them does not fit
 */
export function convertArguments(
  args: readonly unknown[],
  types: readonly string[],
): readonly unknown[] {
  const last = types[types.length - 1];
  const rest = last?.startsWith('...') === true ? last.slice(3) : undefined;
  const fixed = rest === undefined ? types : types.slice(0, -1);
  if (args.length > fixed.length && rest === undefined) {
    throw new ArgumentFault(`takes ${fixed.length} arguments, got ${args.length}`);
  }
  const converted = fixed.map((type, index) => {
    const optional = type.endsWith('?');
    if (index >= args.length && !optional) {
      throw new ArgumentFault(`takes ${fixed.length} arguments, got ${args.length}`);
    }
    const value = args[index];
    if (optional && (value === undefined || value === null)) return value;
    return convertArgument(value, optional ? type.slice(0, -1) : type);
  });
  if (rest === undefined) return converted;
  return [...converted, ...args.slice(fixed.length).map((value) => convertArgument(value, rest))];
}

function convertArgument(value: unknown, type: string): unknown {
  if (type === 'any') return value;
  const convert = CONVERTERS[type];
  if (convert === undefined) throw new ArgumentFault(`has a parameter of unknown type "${type}"`);
  const converted = convert(value);
  if (converted === undefined) {
    throw new ArgumentFault(`takes ${type}, got ${value === null ? 'null' : typeof value}`);
  }
  return converted;
}

/** By type word: the converted value, or undefined when it does not fit. */
const CONVERTERS: Readonly<Record<string, (value: unknown) => unknown>> = {
  string: toText,
  int: (value) => toWhole(value, -(2 ** 31), 2 ** 31 - 1),
  long: (value) => toWhole(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  number: toNumber,
  double: toNumber,
  boolean: toBoolean,
  date: (value) =>
    value instanceof Date || typeof value === 'number' ? new Date(value) : undefined,
  list: toList,
  map: toMap,
  bytes: (value) => (value instanceof Uint8Array ? value : undefined),
};

function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function toWhole(value: unknown, min: number, max: number): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string' && !/^[+-]?\d+$/.test(value)) return undefined;
  const number = toNumber(value);
  if (number === undefined || Number.isNaN(number)) return number;
  const whole = Math.trunc(number);
  return whole >= min && whole <= max ? whole + 0 : undefined;
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}

function toBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Math.trunc(value) === 1;
  return typeof value === 'string' ? value.toLowerCase() === 'true' : undefined;
}

function toList(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof Set) return [...value];
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Array.from(value as Uint8Array);
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const keys = Object.keys(value);
  if (!keys.every((key, index) => key === String(index))) return undefined;
  return keys.length === 0 ? undefined : Object.values(value);
}

function toMap(value: unknown): object | undefined {
  if (value instanceof Map) return Object.fromEntries(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value instanceof Date || ArrayBuffer.isView(value) ? undefined : value;
}
