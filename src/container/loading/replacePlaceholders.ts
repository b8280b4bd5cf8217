import type { SourceLocation } from '../../base/index.ts';
import { didYouMean } from '../errors/nearestName.ts';
import { configError } from '../errors/Problems.ts';

/** How placeholders are written and what becomes of unknown ones. */
export interface PlaceholderSyntax {
  readonly prefix: string;
  readonly suffix: string;
  /** Between name and default; undefined when there are no defaults. */
  readonly separator: string | undefined;
  /** Leaves unknown placeholders as they are instead of refusing them. */
  readonly ignoreUnknown: boolean;
}

/** `${name:default}`, unknown names refused. */
export const standardSyntax: PlaceholderSyntax = {
  prefix: '${',
  suffix: '}',
  separator: ':',
  ignoreUnknown: false,
};

/** Looks a placeholder's name up; undefined when there is no such value. */
export type Lookup = (name: string) => string | undefined;

const MAX_LENGTH = 1_000_000;
/** Placeholders inside of placeholders, and values that contain placeholders. */
const MAX_DEPTH = 100;

/**
 * Replaces the placeholders of a text; names and values may contain placeholders themselves.
 *
 * @param names - all known names, for suggestions
 * @throws ConfigError PLACEHOLDER_UNRESOLVED or PLACEHOLDER_CYCLE
 */
export function replacePlaceholders(
  text: string,
  lookup: Lookup,
  syntax: PlaceholderSyntax,
  location: SourceLocation | undefined,
  names: () => Iterable<string> = () => [],
): string {
  const open = syntax.prefix.at(-1) ?? '';
  const simple = `${openingOf(syntax.suffix)}` === open ? open : syntax.prefix;

  const replace = (from: string, chain: readonly string[]): string => {
    let result = '';
    let at = 0;
    for (;;) {
      const start = from.indexOf(syntax.prefix, at);
      if (start === -1) return limited(result + from.slice(at));
      const end = findEnd(from, start + syntax.prefix.length, simple, syntax.suffix);
      if (end === -1) return limited(result + from.slice(at));
      result += from.slice(at, start);
      result += resolveOne(from.slice(start + syntax.prefix.length, end), from, chain);
      at = end + syntax.suffix.length;
    }
  };

  const resolveOne = (written: string, whole: string, chain: readonly string[]): string => {
    checkChain(written, chain);
    const inside = [...chain, written];
    const name = replace(written, inside);
    const value = lookup(name);
    if (value !== undefined) return replace(value, inside);
    const cut = syntax.separator === undefined ? -1 : name.indexOf(syntax.separator);
    if (cut !== -1) {
      const known = lookup(name.slice(0, cut));
      return known === undefined
        ? name.slice(cut + (syntax.separator?.length ?? 0))
        : replace(known, inside);
    }
    if (syntax.ignoreUnknown) return syntax.prefix + written + syntax.suffix;
    return failUnresolved(
      `${syntax.prefix}${name}${syntax.suffix}`,
      whole,
      didYouMean(name, names()),
    );
  };

  const failUnresolved = (shown: string, whole: string, hint: string): never => {
    const cut = whole.length > 80 ? `${whole.slice(0, 77)}...` : whole;
    const inText = whole === shown ? '' : ` in "${cut}"`;
    const message = `placeholder "${shown}"${inText} has no value${hint}`;
    throw configError('PLACEHOLDER_UNRESOLVED', message, location);
  };

  const checkChain = (written: string, chain: readonly string[]): void => {
    if (chain.length >= MAX_DEPTH) {
      const message = `placeholders are nested more than ${MAX_DEPTH} deep`;
      throw configError('LIMIT_EXCEEDED', message, location);
    }
    if (chain.includes(written)) {
      const circle = [...chain.slice(chain.indexOf(written)), written].join(' -> ');
      throw configError(
        'PLACEHOLDER_CYCLE',
        `placeholders lead back to themselves: ${circle}`,
        location,
      );
    }
  };

  const limited = (result: string): string => {
    if (result.length <= MAX_LENGTH) return result;
    throw configError(
      'LIMIT_EXCEEDED',
      `placeholders make more than ${MAX_LENGTH} characters`,
      location,
    );
  };
  return replace(text, []);
}

function openingOf(suffix: string): string {
  return { '}': '{', ']': '[', ')': '(' }[suffix] ?? '';
}

/** The end of a placeholder, over those inside of it. */
function findEnd(text: string, from: number, opening: string, suffix: string): number {
  let depth = 0;
  for (let at = from; at < text.length; ) {
    if (text.startsWith(suffix, at)) {
      if (depth === 0) return at;
      depth -= 1;
      at += suffix.length;
    } else if (text.startsWith(opening, at)) {
      depth += 1;
      at += opening.length;
    } else at += 1;
  }
  return -1;
}
