import { AttributeStore } from '../AttributeStore.ts';
import { ApplicationLifecycle } from '../adapter/Application.ts';
import { ApplicationAdapter } from '../adapter/ApplicationAdapter.ts';
import { MultiThreadedApplicationAdapter } from '../adapter/MultiThreadedApplicationAdapter.ts';
import { BaseConnection } from '../connection/BaseConnection.ts';
import { declaredRemoteMethod, type RemoteMethod, type RemoteMethods } from './RemoteMethods.ts';

/** A method that clients may call. */
export interface ExposedMethod extends RemoteMethod {
  readonly call: (...args: unknown[]) => unknown;
}

/** Names that are the container's, the server's or the language's, whatever class they stand in. */
const LIFE_CYCLE_NAMES: ReadonlySet<string> = new Set([
  ...'constructor start stop register init destroy afterPropertiesSet connect disconnect join leave serviceCall'.split(
    ' ',
  ),
  ...'addChildScope removeChildScope handleEvent doStart doStop setServer setScope setServletContext'.split(
    ' ',
  ),
  ...'setApplicationContext setBeanFactory setBeanName toString valueOf toJSON then catch finally'.split(
    ' ',
  ),
  ...'appStart appStop appConnect appDisconnect appJoin appLeave appSuspend appResume'.split(' '),
  ...'roomStart roomStop roomConnect roomDisconnect roomJoin roomLeave'.split(' '),
]);

/**
 * The methods of an object that clients may call, by name.
 *
 * From, in this order: functions declared with `remote`, `static remoteMethods` of its classes, its own `remoteMethods` property, and
 * `extra`. Life-cycle names and methods of framework classes are left out, also where they are named.
 *
 * @param unknownName - told of names that are listed and cannot be exposed
 */
export function exposedMethods(
  target: object,
  extra: RemoteMethods | undefined,
  unknownName: (name: string) => void,
): ReadonlyMap<string, ExposedMethod> {
  const methods = new Map<string, ExposedMethod>();
  const candidates = ownMethods(target);
  const expose = (name: string, method: RemoteMethod): void => {
    const fn = candidates.get(name);
    if (fn === undefined) unknownName(name);
    else methods.set(name, { ...declaredRemoteMethod(fn), ...method, call: fn.bind(target) });
  };
  const exposeAll = (list: RemoteMethods): void => {
    if (list === '*') for (const name of candidates.keys()) expose(name, {});
    else if (isList(list)) for (const name of list) expose(name, {});
    else for (const [name, m] of Object.entries(list)) expose(name, m === true ? {} : m);
  };
  for (const [name, fn] of candidates) {
    const method = declaredRemoteMethod(fn);
    if (method !== undefined) expose(name, method);
  }
  for (const list of classLists(target)) exposeAll(list);
  if (Object.hasOwn(target, 'remoteMethods')) {
    exposeAll((target as { remoteMethods: RemoteMethods }).remoteMethods);
  }
  if (extra !== undefined) exposeAll(extra);
  return methods;
}

function isList(list: Exclude<RemoteMethods, '*'>): list is readonly string[] {
  return Array.isArray(list);
}

type AnyFunction = (...args: unknown[]) => unknown;

/** Functions of the object and of its classes up to the first one of the framework; the nearest of a name wins. */
function ownMethods(target: object): Map<string, AnyFunction> {
  const methods = new Map<string, AnyFunction>();
  for (const holder of [target, ...ownPrototypes(target)]) {
    for (const name of Object.getOwnPropertyNames(holder)) {
      if (methods.has(name) || LIFE_CYCLE_NAMES.has(name) || name.startsWith('_')) continue;
      if (isFrameworkName(target, name)) continue;
      const { value } = Object.getOwnPropertyDescriptor(holder, name) ?? {};
      if (typeof value === 'function' && !isClass(value)) methods.set(name, value as AnyFunction);
    }
  }
  return methods;
}

function* ownPrototypes(target: object): Iterable<object> {
  let prototype: object | null = Object.getPrototypeOf(target);
  while (prototype !== null && prototype !== Object.prototype && !FRAMEWORK.has(prototype)) {
    yield prototype;
    prototype = Object.getPrototypeOf(prototype);
  }
}

/** Classes that applications extend: everything from there on is not theirs. */
const FRAMEWORK: ReadonlySet<object> = new Set([
  ApplicationAdapter.prototype,
  MultiThreadedApplicationAdapter.prototype,
  ApplicationLifecycle.prototype,
  BaseConnection.prototype,
  AttributeStore.prototype,
]);

/** Whether the object overrides a method of a framework class; such a method stays the framework's. */
function isFrameworkName(target: object, name: string): boolean {
  let prototype: object | null = Object.getPrototypeOf(target);
  while (prototype !== null && !FRAMEWORK.has(prototype))
    prototype = Object.getPrototypeOf(prototype);
  return prototype !== null && name in prototype;
}

/** `remoteMethods` of the object's classes, base class first. */
function classLists(target: object): RemoteMethods[] {
  const lists: RemoteMethods[] = [];
  for (const prototype of ownPrototypes(target)) {
    if (!Object.hasOwn(prototype.constructor, 'remoteMethods')) continue;
    lists.unshift(
      (prototype.constructor as unknown as { remoteMethods: RemoteMethods }).remoteMethods,
    );
  }
  return lists;
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}
