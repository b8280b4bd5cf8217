import type { ConfigError, SourceLocation } from '../../base/index.ts';

/** A class that bean files name and that does not exist here, with the places that name it. */
export interface MissingClass {
  readonly name: string;
  readonly locations: readonly SourceLocation[];
}

/** The classes that are still to be written, out of the problems of a check, sorted by name. */
export function missingClasses(errors: readonly ConfigError[]): MissingClass[] {
  const found = new Map<string, SourceLocation[]>();
  for (const { code, message, location } of errors) {
    const name = code === 'CLASS_NOT_FOUND' ? /"([^"]+)"/.exec(message)?.[1] : undefined;
    if (name === undefined) continue;
    const locations = found.get(name) ?? [];
    if (location !== undefined) locations.push(location);
    found.set(name, locations);
  }
  return [...found]
    .map(([name, locations]) => ({ name, locations }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
