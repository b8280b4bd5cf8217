import type { SourceLocation } from '../../base/index.ts';
import { configError } from '../errors/Problems.ts';
import type { Making } from './Making.ts';
import { readStep } from './propertyPath.ts';

/** What an expression may reach. */
export interface ExpressionScope {
  readonly location: SourceLocation;
  /** A ready object such as `systemProperties`; undefined when the name is none. */
  root(name: string): unknown;
  bean(name: string): Making<unknown>;
}

/**
 * Evaluates the `#{…}` parts of a text.
 *
 * A small, safe part of Spring's language: beans and their properties, `[…]`, literals, arithmetic, comparison, `and or not`,
 * `?:`. Nothing is called, nothing is assigned.
 *
 * @throws ConfigError EXPRESSION_INVALID
 */
export function* evaluateText(text: string, scope: ExpressionScope): Making<unknown> {
  const parts: unknown[] = [];
  let at = 0;
  for (;;) {
    const start = text.indexOf('#{', at);
    if (start === -1) break;
    const end = findEnd(text, start + 2);
    if (end === -1)
      throw configError(
        'EXPRESSION_INVALID',
        'the expression does not end with "}"',
        scope.location,
      );
    if (start > at) parts.push(text.slice(at, start));
    parts.push(yield* new Evaluator(text.slice(start + 2, end), scope).evaluate());
    at = end + 1;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts.length === 1
    ? parts[0]
    : parts.map((part) => (part === null ? '' : String(part))).join('');
}

function findEnd(text: string, from: number): number {
  let quote = '';
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const char = text[at] ?? '';
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === "'" || char === '"') quote = char;
    else if (char === '{') depth += 1;
    else if (char === '}') {
      if (depth === 0) return at;
      depth -= 1;
    }
  }
  return -1;
}

interface Token {
  readonly kind: 'name' | 'number' | 'text' | 'symbol' | 'end';
  readonly text: string;
}

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)[LlFfDd]?|'((?:[^']|'')*)'|"((?:[^"]|"")*)"|([A-Za-z_$][\w$]*)|(\?\.|\?:|&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.[\]()=,{}&|@#^]))/y;
/** Left binding power of each operator. */
const POWERS: Readonly<Record<string, number>> = {
  or: 2,
  '||': 2,
  and: 3,
  '&&': 3,
  '==': 4,
  eq: 4,
  '!=': 4,
  ne: 4,
  '<': 5,
  lt: 5,
  '>': 5,
  gt: 5,
  '<=': 5,
  le: 5,
  '>=': 5,
  ge: 5,
  '+': 6,
  '-': 6,
  '*': 7,
  '/': 7,
  div: 7,
  '%': 7,
  mod: 7,
};
const WORDS: Readonly<Record<string, string>> = {
  '||': 'or',
  '&&': 'and',
  '==': 'eq',
  '!=': 'ne',
  '<': 'lt',
  '>': 'gt',
  '<=': 'le',
  '>=': 'ge',
  '/': 'div',
  '%': 'mod',
};
const UNSUPPORTED: Readonly<Record<string, string>> = {
  T: 'types, T(…)',
  new: '"new"',
  matches: '"matches"',
  instanceof: '"instanceof"',
  between: '"between"',
};
const MAX_DEPTH = 50;

class Evaluator {
  readonly #scope: ExpressionScope;
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string, scope: ExpressionScope) {
    this.#scope = scope;
    this.#text = text;
    this.#tokens = this.#tokenise(text);
  }

  *evaluate(): Making<unknown> {
    const value = yield* this.#conditional();
    if (this.#peek().kind !== 'end') this.#fail(`"${this.#peek().text}" is not expected`);
    return value;
  }

  #tokenise(text: string): Token[] {
    const tokens: Token[] = [];
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.trimEnd().length) {
      const from = TOKEN.lastIndex;
      const found = TOKEN.exec(text);
      if (found === null)
        return this.#fail(`"${text.slice(from).trim().slice(0, 20)}" is not understood`);
      const [, number, single, double, name, symbol] = found;
      if (number !== undefined) tokens.push({ kind: 'number', text: number });
      else if (single !== undefined)
        tokens.push({ kind: 'text', text: single.replaceAll("''", "'") });
      else if (double !== undefined)
        tokens.push({ kind: 'text', text: double.replaceAll('""', '"') });
      else if (name !== undefined) tokens.push({ kind: 'name', text: name });
      else tokens.push({ kind: 'symbol', text: symbol ?? '' });
    }
    tokens.push({ kind: 'end', text: 'the end' });
    return tokens;
  }

  #fail(message: string): never {
    throw configError(
      'EXPRESSION_INVALID',
      `expression "${this.#text}": ${message}`,
      this.#scope.location,
    );
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: 'the end' };
  }

  #takes(text: string): boolean {
    const token = this.#peek();
    if (token.text !== text || token.kind === 'text') return false;
    this.#at += 1;
    return true;
  }

  #expect(text: string): void {
    if (!this.#takes(text)) this.#fail(`"${text}" is expected instead of "${this.#peek().text}"`);
  }

  *#conditional(): Making<unknown> {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.#fail('it is nested too deep');
    const value = yield* this.#binary(0);
    let result = value;
    if (this.#takes('?:')) {
      const otherwise = yield* this.#conditional();
      result = value === null || value === undefined || value === '' ? otherwise : value;
    } else if (this.#takes('?')) {
      const yes = yield* this.#conditional();
      this.#expect(':');
      const no = yield* this.#conditional();
      result = this.#truth(value) ? yes : no;
    }
    this.#depth -= 1;
    return result;
  }

  *#binary(power: number): Making<unknown> {
    let left = yield* this.#unary();
    for (;;) {
      const token = this.#peek();
      const binding = token.kind === 'text' ? undefined : POWERS[token.text];
      if (binding === undefined || binding <= power) return left;
      this.#at += 1;
      const right = yield* this.#binary(binding);
      left = this.#apply(WORDS[token.text] ?? token.text, left, right);
    }
  }

  *#unary(): Making<unknown> {
    if (this.#takes('!') || this.#takes('not')) return !this.#truth(yield* this.#unary());
    if (this.#takes('-')) return -this.#number(yield* this.#unary());
    if (this.#takes('+')) return this.#number(yield* this.#unary());
    return yield* this.#path();
  }

  *#path(): Making<unknown> {
    let value = yield* this.#primary();
    for (;;) {
      const safe = this.#takes('?.');
      if (safe || this.#takes('.')) {
        const name = this.#peek();
        if (name.kind !== 'name') this.#fail(`a property is expected instead of "${name.text}"`);
        this.#at += 1;
        if (this.#peek().text === '(') this.#fail('methods cannot be called');
        if (safe && (value === null || value === undefined)) value = null;
        else value = this.#property(value, name.text);
      } else if (this.#takes('[')) {
        const key = yield* this.#conditional();
        this.#expect(']');
        value = this.#element(value, key);
      } else return value;
    }
  }

  *#primary(): Making<unknown> {
    const token = this.#peek();
    this.#at += 1;
    if (token.kind === 'number') return Number(token.text);
    if (token.kind === 'text') return token.text;
    if (token.text === '(') {
      const value = yield* this.#conditional();
      this.#expect(')');
      return value;
    }
    if (token.text === '@') {
      const name = this.#peek();
      this.#at += 1;
      return yield* this.#scope.bean(name.text);
    }
    if (token.kind !== 'name') this.#fail(`"${token.text}" is not supported here`);
    return yield* this.#named(token.text);
  }

  *#named(name: string): Making<unknown> {
    if (name === 'true' || name === 'false') return name === 'true';
    if (name === 'null') return null;
    const unsupported = Object.hasOwn(UNSUPPORTED, name) ? UNSUPPORTED[name] : undefined;
    if (unsupported !== undefined && (name !== 'T' || this.#peek().text === '(')) {
      this.#fail(`${unsupported} is not supported`);
    }
    if (this.#peek().text === '(') this.#fail('methods cannot be called');
    return this.#scope.root(name) ?? (yield* this.#scope.bean(name));
  }

  #property(value: unknown, name: string): unknown {
    if (value === null || value === undefined) this.#fail(`"${name}" is asked of null`);
    if (typeof value === 'string' && name === 'length') return value.length;
    if (value instanceof Map && value.has(name)) return value.get(name);
    const found = readStep(value, { kind: 'name', text: name });
    if (found === undefined) this.#fail(`there is no property "${name}"`);
    return found;
  }

  #element(value: unknown, key: unknown): unknown {
    if (value === null || value === undefined) this.#fail(`[${String(key)}] is asked of null`);
    if (value instanceof Map && value.has(key)) return value.get(key);
    return readStep(value, { kind: 'key', text: String(key) }) ?? null;
  }

  #truth(value: unknown): boolean {
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    return this.#fail(`${String(value)} is neither true nor false`);
  }

  #number(value: unknown): number {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && !Number.isNaN(number)) return number;
    return this.#fail(`${String(value)} is no number`);
  }

  #apply(operator: string, left: unknown, right: unknown): unknown {
    switch (operator) {
      case 'or':
        return this.#truth(left) || this.#truth(right);
      case 'and':
        return this.#truth(left) && this.#truth(right);
      case 'eq':
        return left === right;
      case 'ne':
        return left !== right;
      case '+':
        if (typeof left === 'number' && typeof right === 'number') return left + right;
        return `${String(left)}${String(right)}`;
      case '-':
        return this.#number(left) - this.#number(right);
      case '*':
        return this.#number(left) * this.#number(right);
      case 'div':
        return this.#divide(this.#number(left), this.#number(right));
      case 'mod':
        return this.#number(left) % this.#number(right);
      default:
        return this.#compare(operator, left, right);
    }
  }

  /** As in Java, whole numbers divide to a whole number. */
  #divide(left: number, right: number): number {
    const whole = Number.isInteger(left) && Number.isInteger(right);
    if (whole && right === 0) this.#fail('division by zero');
    return whole ? Math.trunc(left / right) : left / right;
  }

  #compare(operator: string, left: unknown, right: unknown): boolean {
    const texts = typeof left === 'string' && typeof right === 'string';
    const a = texts ? left : this.#number(left);
    const b = texts ? right : this.#number(right);
    if (operator === 'lt') return a < b;
    if (operator === 'gt') return a > b;
    return operator === 'le' ? a <= b : a >= b;
  }
}
