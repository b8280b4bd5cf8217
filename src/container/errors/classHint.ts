import { didYouMean, editDistance } from './nearestName.ts';

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
  const near = related.filter((one) => editDistance(last, lastPart(one)) <= MOST_SLIPS);
  return didYouMean(name, near);
}

/** Letters a misspelt class name differs in; with more it is another class. */
const MOST_SLIPS = 2;

function lastPart(name: string): string {
  return name.split(/[.$/]/).at(-1) ?? name;
}

function areRelated(a: string, b: string): boolean {
  // The application of one webapp is never that of another.
  if (lastPart(a) === 'Application' || lastPart(b) === 'Application')
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
