import { describeError } from '../../base/index.ts';
import type { Scope } from './Scope.ts';

/**
 * Copies attributes of a scope to the scope that takes its place: those that are named, unless the new version has set them itself, and
 * all that are persistent on both sides, which may have changed since the new version read them.
 */
export function keepAttributes(from: Scope, to: Scope, names: readonly string[]): void {
  const areStored = from.persistent && to.persistent;
  for (const [name, value] of from.attributes) {
    const isStored = areStored && !name.startsWith('_transient');
    const isNamed = names.includes('*') || names.includes(name);
    if (!isStored && !(isNamed && !to.hasAttribute(name))) continue;
    try {
      // A copy, so that no object of a class of the old version's code stays.
      to.setAttribute(name, structuredClone(value));
    } catch (error) {
      const reason = describeError(error);
      to.server.logger.warn(`attribute "${name}" was not taken over: ${reason}`, {
        scope: to.fullPath,
      });
    }
  }
}
