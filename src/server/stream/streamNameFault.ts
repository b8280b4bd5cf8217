import { LONE_SURROGATE } from '../scope/scopeName.ts';

/** Why a text cannot be the name of a stream; undefined when it can. */
export function streamNameFault(name: string, maxLength: number): string | undefined {
  if (name === '') return 'The stream name may not be empty.';
  if (name.length > maxLength) return `The stream name has more than ${maxLength} characters.`;
  if (FORBIDDEN.test(name) || LONE_SURROGATE.test(name)) {
    return 'The stream name has a character that names may not have.';
  }
  // Names become parts of paths and of addresses.
  if (name.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    return 'The stream name is no name inside of a folder.';
  }
  return undefined;
}

const FORBIDDEN: RegExp =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  /[\\?#\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;
