/** The collection of a store that has the attributes of a persistent shared object. */
export function sharedObjectCollection(scopePath: string, name: string): string {
  return `so:${scopePath}\n${name}`;
}
