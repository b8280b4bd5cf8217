import type { Scope } from './Scope.ts';
import { pathSegments } from './scopeName.ts';

/**
 * Finding scopes.
 *
 * @red5 org.red5.server.util.ScopeUtils
 */
export const ScopeUtils: {
  /**
   * The scope that a path leads to; undefined when there is none. Never makes one.
   *
   * `room1/sub` goes down, `..` up, `/chat/room1` starts at the top; empty segments and `.` are skipped.
   */
  resolveScope(from: Scope, path: string): Scope | undefined;
  /** The global scope. */
  findRoot(from: Scope): Scope;
  /** The application that a scope belongs to; undefined for the global scope. */
  findApplication(from: Scope): Scope | undefined;
  /** Whether `ancestor` is above `scope`. */
  isAncestor(scope: Scope, ancestor: Scope): boolean;
  /** Whether nothing is above the scope. */
  isRoot(scope: Scope): boolean;
  /** Whether the scope is the global scope. */
  isGlobal(scope: Scope): boolean;
  /** Whether the scope is the scope of an application. */
  isApp(scope: Scope): boolean;
  /** Whether the scope is a room. */
  isRoom(scope: Scope): boolean;
  /** A bean of the scope's application, or of the server: look-ups go through the application's own beans first. */
  getScopeService<T = unknown>(scope: Scope, beanName: string): T | undefined;
} = {
  resolveScope(from, path) {
    const names = pathSegments(path);
    if (path.startsWith('/')) return fromOwn(from, names) ?? fromOthers(from, names);
    return down(from, names);
  },
  findRoot,
  findApplication: (from) => from.application,
  isAncestor(scope, ancestor) {
    for (let above = scope.parent; above !== undefined; above = above.parent) {
      if (above === ancestor) return true;
    }
    return false;
  },
  isRoot: (scope) => scope.parent === undefined,
  isGlobal: (scope) => scope.type === 'GLOBAL',
  isApp: (scope) => scope.type === 'APPLICATION',
  isRoom: (scope) => scope.type === 'ROOM',
  getScopeService: <T>(scope: Scope, beanName: string) => scope.context?.getBean<T>(beanName),
};

function findRoot(from: Scope): Scope {
  let scope = from;
  while (scope.parent !== undefined) scope = scope.parent;
  return scope;
}

function down(from: Scope, names: readonly string[]): Scope | undefined {
  let scope: Scope | undefined = from;
  for (const name of names) {
    if (name === '.') continue;
    scope = name === '..' ? scope.parent : scope.getChildScope(name);
    if (scope === undefined) return undefined;
  }
  return scope;
}

/** In the application that the code is of, which need not be the one that clients reach by this path: another version is, or another host. */
function fromOwn({ application }: Scope, names: readonly string[]): Scope | undefined {
  const own = pathSegments(application?.fullPath ?? '');
  if (application === undefined || own.length === 0) return undefined;
  if (!own.every((name, index) => names[index] === name)) return undefined;
  return down(application, names.slice(own.length));
}

function fromOthers(from: Scope, names: readonly string[]): Scope | undefined {
  const found = fromTop(findRoot(from), names);
  const own = from.application;
  const isTwin = found?.application !== own && found?.application?.fullPath === own?.fullPath;
  return own !== undefined && isTwin ? undefined : found;
}

/** Applications by context path, which may have several segments, or be empty for the root webapp. */
function fromTop(root: Scope, names: readonly string[]): Scope | undefined {
  for (let length = names.length; length >= 1; length -= 1) {
    const application = root.getChildScope(names.slice(0, length).join('/'));
    if (application !== undefined) return down(application, names.slice(length));
  }
  const rootApplication = [...root.children.values()].find((scope) => scope.fullPath === '/');
  if (names.length > 0 && rootApplication !== undefined) return down(rootApplication, names);
  return names.length === 0 ? root : undefined;
}
