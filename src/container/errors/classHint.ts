import { didYouMean } from './nearestName.ts';

/**
 * The registered name that was most likely meant, as the end of a message; empty when there is none.
 *
 * Names with a package are compared with those of the same origin only: the `Application` of somebody's webapp is no other
 * webapp's.
 */
export function classHint(name: string, names: readonly string[]): string {
  if (!name.includes('.')) return didYouMean(name, names);
  const last = lastPart(name);
  const related = names.filter((one) => one !== name && areRelated(one, name));
  const same = related.find((one) => lastPart(one) === last);
  if (same !== undefined) return `; known with the same last part is "${same}"`;
  return related.some((one) => didYouMean(last, [lastPart(one)]) !== '')
    ? didYouMean(name, related)
    : '';
}

function lastPart(name: string): string {
  return name.split(/[.$/]/).at(-1) ?? name;
}

function areRelated(a: string, b: string): boolean {
  if (lastPart(a) === 'Application' && lastPart(b) === 'Application')
    return packageOf(a) === packageOf(b);
  return !a.includes('.') || origin(a) === origin(b);
}

function packageOf(name: string): string {
  return name.slice(0, -lastPart(name).length);
}

/** `org.springframework`, `org.red5`: whose class it is. */
function origin(name: string): string {
  return name.split('.').slice(0, 2).join('.');
}
