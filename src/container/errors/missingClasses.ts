import type { ConfigError, SourceLocation } from '../../base/index.ts';
import { adviceForClass } from './adviceFor.ts';

/** A class that bean files name and that does not exist here, with the places that name it. */
export interface MissingClass {
  readonly name: string;
  /** What to do about it when it belongs to a library of Java; undefined when it is to be written in TypeScript. */
  readonly advice?: string;
  readonly locations: readonly SourceLocation[];
}

/** The classes that bean files name and that do not exist here, out of the problems of a check, sorted by name. */
export function missingClasses(errors: readonly ConfigError[]): MissingClass[] {
  const found = new Map<string, SourceLocation[]>();
  for (const { code, message, location } of errors) {
    const name = code === 'CLASS_NOT_FOUND' ? /"([^"]+)"/.exec(message)?.[1] : undefined;
    // A name that is only misspelt is no class to write or to do without.
    if (name === undefined || /; (?:did you mean|known with) /.test(message)) continue;
    const locations = found.get(name) ?? [];
    if (location !== undefined) locations.push(location);
    found.set(name, locations);
  }
  return [...found]
    .map(([name, locations]): MissingClass => {
      const advice = adviceForClass(name);
      return { name, ...(advice === undefined ? {} : { advice }), locations };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
