/** Why a name cannot be a scope's, or undefined when it can. */
export function scopeNameFault(name: string, maxLength: number): string | undefined {
  if (name === '') return 'is empty';
  if (name.length > maxLength) return `is longer than ${maxLength} characters`;
  if (name === '.' || name === '..') return 'is a relative path';
  if (name !== name.trim()) return 'begins or ends with a space';
  if (FORBIDDEN.test(name)) return 'has a character that names may not have';
  if (LONE_SURROGATE.test(name)) return 'is not well-formed Unicode';
  return undefined;
}

// Separators of paths, URLs and queries, the wildcard of virtual hosts, quotes and angle brackets, control characters, and invisible
// characters that change how text around them reads.
const FORBIDDEN: RegExp =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  /[/\\?#*"<>|\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

/** The names in a path; empty segments are skipped, so `app//room` is `app/room`. */
export function pathSegments(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

/** Half a character: such a text has no UTF-8 form, and could not be told from others on the wire. */
export const LONE_SURROGATE: RegExp = /\p{Surrogate}/u;
