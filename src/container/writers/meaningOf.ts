import type { BeansNode } from '../definition/beanFile.ts';

/** Everything a bean file says, without places and comments: equal texts mean equal files. */
export function meaningOf(file: BeansNode): string {
  return JSON.stringify(file, (key, value: unknown) => {
    if (key === 'location' || key === 'comments' || key === 'endComments') return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** All comments of a bean file, blanks evened out, in no particular order. */
export function commentsOf(file: BeansNode): string[] {
  const found: string[] = [];
  const visit = (value: unknown, key = ''): void => {
    if (typeof value !== 'object' || value === null) return;
    if ((key === 'comments' || key === 'endComments') && Array.isArray(value)) {
      found.push(
        ...value.map((comment: string) =>
          comment.replace(/- -/g, '--').replace(/\s+/g, ' ').trim(),
        ),
      );
      return;
    }
    if (value instanceof Map) for (const one of value.values()) visit(one);
    else for (const [name, one] of Object.entries(value)) visit(one, name);
  };
  visit(file);
  return found.filter((comment) => comment !== '').sort();
}
