import { classNameOf, XMLText } from './marks.ts';

const MAX_DEPTH = 256;

/**
 * Turns a value into what `JSON.stringify` writes as the protocol has it.
 *
 * @throws TypeError for functions, symbols and values that contain themselves
 */
export function encodeValue(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : { $number: String(value) };
    case 'bigint':
      return { $bigint: String(value) };
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : encodeObject(value, depth);
    case 'function':
    case 'symbol':
      throw new TypeError(`a ${typeof value} cannot be sent`);
    default:
      return value;
  }
}

function encodeObject(value: object, depth: number): unknown {
  if (depth >= MAX_DEPTH) throw new TypeError('the value is nested too deep, or contains itself');
  const encoded = encodeByKind(value, (item) => encodeValue(item, depth + 1));
  const className = classNameOf(value);
  return className === undefined ? encoded : { $class: className, $value: encoded };
}

function encodeByKind(value: object, encode: (item: unknown) => unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, encode);
  if (value instanceof Date) {
    const time = value.getTime();
    return { $date: Number.isNaN(time) ? null : time };
  }
  if (value instanceof Map) {
    return { $map: Array.from(value, ([key, item]) => [encode(key), encode(item)]) };
  }
  if (value instanceof Set) return { $set: Array.from(value, encode) };
  if (value instanceof XMLText) return { $xml: value.source };
  if (value instanceof ArrayBuffer) return { $bytes: toBase64(new Uint8Array(value)) };
  if (ArrayBuffer.isView(value)) {
    return { $bytes: toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
  }
  const names = Object.keys(value);
  const encoded: Record<string, unknown> = {};
  for (const name of names) {
    const item = (value as Readonly<Record<string, unknown>>)[name];
    // A name `__proto__` is an ordinary one.
    const own = { value: encode(item), enumerable: true, writable: true, configurable: true };
    if (item !== undefined) Object.defineProperty(encoded, name, own);
  }
  return names.some((name) => name.startsWith('$')) ? { $plain: encoded } : encoded;
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
