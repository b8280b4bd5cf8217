import type { SourceLocation } from '../../base/index.ts';
import { configError } from '../errors/Problems.ts';

/** A step of a property path: a name, or a key in brackets. */
export interface PathStep {
  readonly kind: 'name' | 'key';
  readonly text: string;
}

const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** True for a path with more than one step. */
export function isPath(name: string): boolean {
  return /[.[]/.test(name);
}

/**
 * Reads `a.b[0]['k'].c` as steps.
 *
 * @throws ConfigError PROPERTY_PATH_INVALID
 */
export function parsePath(path: string, location: SourceLocation | undefined): PathStep[] {
  const steps: PathStep[] = [];
  const pattern = /(?:^|\.)([^.[\]]+)|\[(?:'((?:[^'])*)'|"([^"]*)"|([^\]]*))\]/y;
  while (pattern.lastIndex < path.length) {
    const found = pattern.exec(path);
    if (found === null)
      throw configError('PROPERTY_PATH_INVALID', `"${path}" is no property path`, location);
    const key = found[2] ?? found[3] ?? found[4];
    const step: PathStep =
      key === undefined
        ? { kind: 'name', text: (found[1] ?? '').trim() }
        : { kind: 'key', text: key };
    if (RESERVED.has(step.text) && step.kind === 'name') {
      throw configError(
        'NAME_INVALID',
        `"${step.text}" cannot be the name of a property`,
        location,
      );
    }
    steps.push(step);
  }
  return steps;
}

/**
 * Reads one step: a getter `getX()`, `isX()`, then the property itself; an element of a list, set or map.
 *
 * Undefined when there is nothing.
 */
export function readStep(target: unknown, step: PathStep): unknown {
  if (typeof target !== 'object' && typeof target !== 'function') return undefined;
  if (target === null) return undefined;
  if (step.kind === 'key') return readKey(target, step.text);
  const capital = step.text.charAt(0).toUpperCase() + step.text.slice(1);
  for (const getter of [`get${capital}`, `is${capital}`]) {
    const method: unknown = ownOrInherited(target, getter);
    if (typeof method === 'function' && method.length === 0) return method.call(target);
  }
  return ownOrInherited(target, step.text);
}

function readKey(target: object, key: string): unknown {
  if (target instanceof Map) {
    if (target.has(key)) return target.get(key);
    for (const [one, value] of target) if (String(one) === key) return value;
    return undefined;
  }
  const index = Number(key);
  if (target instanceof Set) return [...target][index];
  if (Array.isArray(target)) return target[index];
  return ownOrInherited(target, key);
}

/** A member, but nothing of what every object has. */
export function ownOrInherited(target: object, name: string): unknown {
  if (RESERVED.has(name)) return undefined;
  for (
    let one: object | null = target;
    one !== null && one !== Object.prototype && one !== Function.prototype;
  ) {
    if (Object.hasOwn(one, name)) return Reflect.get(target, name);
    one = Object.getPrototypeOf(one) as object | null;
  }
  return undefined;
}

/** The path of some steps, as it is written. */
export function formatPath(steps: readonly PathStep[]): string {
  return steps
    .map((step, index) =>
      step.kind === 'key' ? `[${step.text}]` : `${index === 0 ? '' : '.'}${step.text}`,
    )
    .join('');
}
