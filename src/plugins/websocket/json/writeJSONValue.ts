import { Red5Error } from '../../../base/index.ts';
import { AMFXML, classNameOf } from '../../../io/index.ts';

/** Deeper than anything that came through a limit; what is deeper contains itself. */
const MAX_DEPTH = 256;

/**
 * Writes any value of the server as JSON text; `docs/reference/red5-json.md` has the table.
 *
 * @throws Red5Error `VALUE_NOT_STORABLE` for functions, symbols, cycles and deep nesting
 */
export function writeJSONValue(value: unknown, depth = 0): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : `{"$number":"${value}"}`;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'undefined':
      return 'null';
    case 'bigint':
      return `{"$bigint":"${value}"}`;
    case 'object':
      return value === null ? 'null' : writeObject(value, depth);
    default:
      throw new Red5Error('VALUE_NOT_STORABLE', `a ${typeof value} cannot be sent`);
  }
}

function writeObject(value: object, depth: number): string {
  if (depth >= MAX_DEPTH) {
    throw new Red5Error('VALUE_NOT_STORABLE', `a value is nested deeper than ${MAX_DEPTH}`);
  }
  const className = classNameOf(value);
  const text = writeByKind(value, depth + 1);
  return className === undefined || className === ''
    ? text
    : `{"$class":${JSON.stringify(className)},"$value":${text}}`;
}

function writeByKind(value: object, depth: number): string {
  if (Array.isArray(value)) return writeArray(value, depth);
  if (value instanceof Date) {
    const time = value.getTime();
    return `{"$date":${Number.isNaN(time) ? 'null' : time}}`;
  }
  if (value instanceof Map) {
    const pairs = [...value].map(
      ([key, item]) => `[${writeJSONValue(key, depth)},${writeJSONValue(item, depth)}]`,
    );
    return `{"$map":[${pairs.join()}]}`;
  }
  if (value instanceof Set) return `{"$set":${writeList([...value], depth)}}`;
  if (value instanceof AMFXML) return `{"$xml":${JSON.stringify(value.source)}}`;
  if (ArrayBuffer.isView(value)) return writeView(value, depth);
  const names = writeNames(value, Object.keys(value), depth);
  return names.isSpecial ? `{"$plain":${names.text}}` : names.text;
}

function writeArray(array: readonly unknown[], depth: number): string {
  const list = writeList(array, depth);
  const names = Object.keys(array);
  // Elements come first and in order, so a list without names ends with its last index.
  const last = names.at(-1);
  if (last === undefined || isIndex(last)) return list;
  const named = names.filter((name) => !isIndex(name));
  return `{"$array":${list},"$named":${writeNames(array, named, depth).text}}`;
}

function writeList(array: readonly unknown[], depth: number): string {
  let text = '[';
  for (let index = 0; index < array.length; index += 1) {
    text += (index === 0 ? '' : ',') + writeJSONValue(array[index], depth);
  }
  return `${text}]`;
}

function isIndex(name: string): boolean {
  return /^\d+$/.test(name);
}

/** Vectors of numbers are lists, all other bytes are bytes. */
function writeView(view: ArrayBufferView, depth: number): string {
  const isVector =
    view instanceof Int32Array || view instanceof Uint32Array || view instanceof Float64Array;
  if (isVector) return writeList(Array.from(view), depth);
  const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  return `{"$bytes":"${bytes.toString('base64')}"}`;
}

function writeNames(
  value: object,
  names: readonly string[],
  depth: number,
): { text: string; isSpecial: boolean } {
  let text = '{';
  let isSpecial = false;
  for (const name of names) {
    const item = (value as Readonly<Record<string, unknown>>)[name];
    if (item === undefined) continue;
    if (name.startsWith('$')) isSpecial = true;
    text += `${text.length === 1 ? '' : ','}${JSON.stringify(name)}:${writeJSONValue(item, depth)}`;
  }
  return { text: `${text}}`, isSpecial };
}
