import { didYouMean } from '../errors/nearestName.ts';
import { type CheckedBean, report } from './Check.ts';

/** The scope of a bean is registered. */
export function checkScope(bean: CheckedBean): void {
  const { definition, factory } = bean;
  if (definition.singleton || definition.prototype || definition.scope === undefined) return;
  const { text, location } = definition.scope;
  if (factory.scopes.has(text)) return;
  const known = ['singleton', 'prototype', ...factory.scopes.keys()];
  const message = `scope "${text}" is not registered${didYouMean(text, known) || `; known are ${known.join(', ')}`}`;
  report(bean, 'SCOPE_UNKNOWN', message, location);
}
