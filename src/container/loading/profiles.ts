import type { SourceLocation } from '../../base/index.ts';
import { splitNames } from '../definition/toDefinition.ts';
import { configError } from '../errors/Problems.ts';

/** The profiles a context runs with. */
export interface Profiles {
  readonly active: readonly string[];
  /** Used when none is active. Default `default`. */
  readonly defaults: readonly string[];
}

/**
 * True when the `profile` of a bean file lets its beans in.
 *
 * Names separated by commas, semicolons or blanks are alternatives; `!` turns one round. `a & b`, `a | b` and parentheses
 * make an expression.
 *
 * @throws ConfigError ATTRIBUTE_INVALID for an expression that cannot be read
 */
export function acceptsProfile(
  text: string,
  profiles: Profiles,
  location: SourceLocation,
): boolean {
  const running = new Set(profiles.active.length > 0 ? profiles.active : profiles.defaults);
  if (text.trim() === '') return true;
  if (!/[&|()]/.test(text)) {
    const names = splitNames(text);
    if (names.some((name) => /^!(?:!|$)/.test(name)))
      throw configError('ATTRIBUTE_INVALID', `profile "${text.trim()}" cannot be read`, location);
    return names.some((name) => acceptsName(name, running));
  }
  return text.split(/[,;]/).some((one) => evaluate(one, running, location));
}

function acceptsName(name: string, running: ReadonlySet<string>): boolean {
  return name.startsWith('!') ? !running.has(name.slice(1)) : running.has(name);
}

/** or := and ('|' and)*; and := not ('&' not)*; not := '!' not | '(' or ')' | name. Mixing & and | needs parentheses. */
function evaluate(text: string, running: ReadonlySet<string>, location: SourceLocation): boolean {
  const tokens = text.match(/[&|()!]|[^&|()!\s]+/g) ?? [];
  let at = 0;
  const fail = (): never => {
    throw configError('ATTRIBUTE_INVALID', `profile "${text.trim()}" cannot be read`, location);
  };
  const group = (depth: number): boolean => {
    let result = single(depth);
    let operator: string | undefined;
    while (tokens[at] === '&' || tokens[at] === '|') {
      const next = tokens[at++];
      if (operator !== undefined && operator !== next) fail();
      operator = next;
      const right = single(depth);
      result = operator === '&' ? result && right : result || right;
    }
    return result;
  };
  const single = (depth: number): boolean => {
    const token = tokens[at++];
    if (depth > 50 || token === undefined) return fail();
    if (token === '!') return !single(depth + 1);
    if (token !== '(') return /[&|)]/.test(token) ? fail() : running.has(token);
    const result = group(depth + 1);
    return tokens[at++] === ')' ? result : fail();
  };
  const result = group(0);
  return at === tokens.length ? result : fail();
}
