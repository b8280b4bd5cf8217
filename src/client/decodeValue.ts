import { withClassName, XMLText } from './marks.ts';

type Plain = Readonly<Record<string, unknown>>;

/** Turns what `JSON.parse` gave into a value: dates, bytes, maps and what else JSON has no form for. */
export function decodeValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(decodeValue);
  const object = value as Plain;
  const names = Object.keys(object);
  const special = names.find((name) => name.startsWith('$'));
  if (special === undefined) return decodeNames({}, object, names);
  return decodeSpecial(special, object);
}

function decodeSpecial(name: string, object: Plain): unknown {
  const content = object[name];
  switch (name) {
    case '$number':
      return Number(content);
    case '$bigint':
      return BigInt(String(content));
    case '$date':
      return new Date((content as number | null) ?? Number.NaN);
    case '$bytes':
      return Uint8Array.from(atob(String(content)), (character) => character.charCodeAt(0));
    case '$map':
      return new Map(
        (content as [unknown, unknown][]).map(([k, v]) => [decodeValue(k), decodeValue(v)]),
      );
    case '$set':
      return new Set((content as unknown[]).map(decodeValue));
    case '$array':
    case '$named': {
      const named = object['$named'] as Plain;
      const list = (object['$array'] as unknown[]).map(decodeValue);
      return decodeNames(list, named, Object.keys(named));
    }
    case '$class':
    case '$value':
      return withClassName(decodeValue(object['$value']) as object, String(object['$class']));
    case '$xml':
      return new XMLText(String(content));
    case '$plain':
      return decodeNames({}, content as Plain, Object.keys(content as Plain));
    default:
      // From a server that knows more; better than nothing.
      return object;
  }
}

function decodeNames(target: object, object: Plain, names: readonly string[]): object {
  for (const name of names) {
    const own = {
      value: decodeValue(object[name]),
      enumerable: true,
      writable: true,
      configurable: true,
    };
    Object.defineProperty(target, name, own);
  }
  return target;
}
