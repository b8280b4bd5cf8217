import { ok } from 'node:assert/strict';
import { Resource } from '../../../src/container/conversion/Resource.ts';
import type { PathSpec } from './Expectation.ts';

/** Follows a path: `a.b`, `list[0]`, `map[key]`, `method()`, or keys of any kind. */
export function readPath(start: unknown, path: PathSpec): unknown {
  let value = start;
  for (const part of typeof path === 'string' ? [path] : path) {
    if (typeof part === 'string') value = readText(value, part);
    else value = readKey(value, part.key);
  }
  return value;
}

function readText(start: unknown, path: string): unknown {
  let value = start;
  for (const step of path.matchAll(/([^.[\]()]+)(\(\))?|\[([^\]]*)\]/g)) {
    if (step[3] !== undefined) value = readKey(value, step[3]);
    else if (step[2] !== undefined) value = call(value, step[1] ?? '');
    else value = readName(value, step[1] ?? '');
  }
  return value;
}

function call(target: unknown, name: string): unknown {
  const method: unknown = Reflect.get(Object(target) as object, name);
  ok(typeof method === 'function', `no method ${name}`);
  return method.call(target);
}

function readName(target: unknown, name: string): unknown {
  ok(target !== null && target !== undefined, `"${name}" of nothing`);
  if (target instanceof Map && target.has(name)) return target.get(name);
  if (target instanceof Resource) return Reflect.get(target, name);
  if (typeof target === 'string' || typeof target === 'function')
    return Reflect.get(Object(target) as object, name);
  const capital = name.charAt(0).toUpperCase() + name.slice(1);
  for (const getter of [`get${capital}`, `is${capital}`]) {
    const method: unknown = Reflect.get(Object(target) as object, getter);
    if (typeof method === 'function' && method.length === 0) return method.call(target);
  }
  if (name in Object(target)) return Reflect.get(target, name);
  return Reflect.get(target, `$${name}`);
}

function readKey(target: unknown, key: unknown): unknown {
  if (target instanceof Map) {
    if (target.has(key)) return target.get(key);
    const found = [...target.keys()].find((one) => String(one) === String(key));
    return target.get(found);
  }
  const members = target instanceof Set ? [...target] : (target as unknown[]);
  return members[Number(key)];
}
