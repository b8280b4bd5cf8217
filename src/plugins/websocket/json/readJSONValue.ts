import { AMFXML, withClassName } from '../../../io/index.ts';
import { badValue } from './JSONFault.ts';

type Plain = Readonly<Record<string, unknown>>;
type Read = (value: unknown, depth: number) => unknown;

/**
 * Turns what `JSON.parse` gave into values of the server: objects with `$` names become dates, bytes and what else JSON has no form for.
 *
 * @param maxDepth - levels of lists and objects inside each other
 * @throws JSONFault `JSON.BadValue`
 */
export function readJSONValue(parsed: unknown, maxDepth: number): unknown {
  const read: Read = (value, depth) => {
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= maxDepth) throw badValue(`a value is nested deeper than ${maxDepth}`);
    if (Array.isArray(value)) return value.map((item) => read(item, depth + 1));
    const object = value as Plain;
    const names = Object.keys(object);
    const special = names.find((name) => name.startsWith('$'));
    if (special === undefined) return readNames(object, names, (item) => read(item, depth + 1));
    const reader = SPECIAL[names.filter((name) => name.startsWith('$')).join()];
    if (reader === undefined || names.some((name) => !name.startsWith('$'))) {
      const advice = 'wrap an object of your own that has such a name in $plain';
      throw badValue(`"${special.slice(0, 40)}" is no special value; ${advice}`);
    }
    return reader(object, read, depth);
  };
  return read(parsed, 0);
}

const SPECIAL: Readonly<Record<string, (value: Plain, read: Read, depth: number) => unknown>> = {
  $number: ({ $number }) => {
    const known = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity } as const;
    if ($number === 'NaN' || $number === 'Infinity' || $number === '-Infinity') {
      return known[$number];
    }
    throw badValue('$number is "NaN", "Infinity" or "-Infinity"');
  },
  $bigint: ({ $bigint }) => {
    if (typeof $bigint !== 'string' || !/^-?\d{1,400}$/.test($bigint)) {
      throw badValue('$bigint is a text of at most 400 digits');
    }
    return BigInt($bigint);
  },
  $date: ({ $date }) => {
    if (typeof $date !== 'number' && $date !== null) {
      throw badValue('$date is a number of milliseconds');
    }
    return new Date($date ?? Number.NaN);
  },
  $bytes: ({ $bytes }) => {
    if (typeof $bytes !== 'string' || !BASE64.test($bytes)) throw badValue('$bytes is Base64');
    return Uint8Array.from(Buffer.from($bytes, 'base64'));
  },
  $map: ({ $map }, read, depth) => {
    if (!Array.isArray($map)) throw badValue('$map is a list of pairs');
    return new Map(
      $map.map((pair: unknown) => {
        if (!Array.isArray(pair) || pair.length !== 2) throw badValue('$map is a list of pairs');
        return [read(pair[0], depth + 1), read(pair[1], depth + 1)] as const;
      }),
    );
  },
  $set: ({ $set }, read, depth) => listOf($set, '$set', read, depth),
  '$array,$named': ({ $array, $named }, read, depth) => {
    const list = listOf($array, '$array', read, depth);
    const named = objectOf($named, '$named');
    for (const name of Object.keys(named)) {
      setOwn(list, name, read(named[name], depth + 1));
    }
    return list;
  },
  '$class,$value': ({ $class, $value }, read, depth) => {
    if (typeof $class !== 'string') throw badValue('$class is a text');
    const value = read($value, depth + 1);
    if (typeof value !== 'object' || value === null) {
      throw badValue('$value of a $class is an object or list');
    }
    return withClassName(value, $class);
  },
  $xml: ({ $xml }) => {
    if (typeof $xml !== 'string') throw badValue('$xml is a text');
    return new AMFXML($xml);
  },
  $plain: ({ $plain }, read, depth) => {
    const object = objectOf($plain, '$plain');
    return readNames(object, Object.keys(object), (item) => read(item, depth + 1));
  },
};

/** RFC 4648, 4; the padding may be left out. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function listOf(value: unknown, name: string, read: Read, depth: number): unknown[] {
  if (!Array.isArray(value)) throw badValue(`${name} is a list`);
  return value.map((item) => read(item, depth + 1));
}

function objectOf(value: unknown, name: string): Plain {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badValue(`${name} is an object`);
  }
  return value as Plain;
}

function readNames(
  object: Plain,
  names: readonly string[],
  read: (value: unknown) => unknown,
): object {
  const copy = {};
  for (const name of names) setOwn(copy, name, read(object[name]));
  return copy;
}

/** `__proto__` becomes an ordinary property. */
function setOwn(target: object, name: string, value: unknown): void {
  if (name !== '__proto__') (target as Record<string, unknown>)[name] = value;
  else {
    Object.defineProperty(target, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
}
