import type { Text } from '../../definition/beanFile.ts';
import type { SourceText } from '../../definition/SourceText.ts';
import { configError } from '../../errors/Problems.ts';
import { decodeEntities } from './entities.ts';

/** A start tag, read from the source because the parser gives no positions of attributes. */
export interface StartTag {
  readonly name: string;
  readonly attributes: readonly StartTagAttribute[];
  /** Offset after the closing `>`. */
  readonly end: number;
}

/** An attribute as written. */
export interface StartTagAttribute {
  readonly name: string;
  readonly offset: number;
  readonly value: Text;
}

const NAME = /[^\s/>=]+/y;
const SPACE = /\s*/y;
const EQUALS = /\s*=\s*/y;

/**
 * Reads the start tag at an offset.
 *
 * @throws ConfigError XML_SYNTAX or XML_ENTITY
 */
export function readStartTag(source: SourceText, start: number): StartTag {
  const { text } = source;
  let at = start + 1;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const fail = (message: string, offset = at): never => {
    throw configError('XML_SYNTAX', message, source.at(offset));
  };

  const name = take(NAME) ?? fail('a "<" that does not start a tag; write &lt;', start);
  const attributes: StartTagAttribute[] = [];
  const seen = new Set<string>();
  for (;;) {
    take(SPACE);
    const next = text[at];
    if (next === '>') return { name, attributes, end: at + 1 };
    if (next === '/' && text[at + 1] === '>') return { name, attributes, end: at + 2 };
    const offset = at;
    const attribute = take(NAME) ?? fail(`the tag <${name}> does not end`, start);
    if (seen.has(attribute)) fail(`attribute "${attribute}" is given twice`, offset);
    seen.add(attribute);
    if (take(EQUALS) === undefined) fail(`attribute "${attribute}" has no value`, offset);
    const quote = text[at];
    if (quote !== '"' && quote !== "'") fail(`the value of attribute "${attribute}" is not quoted`);
    const close = text.indexOf(quote as string, at + 1);
    if (close === -1) fail(`the value of attribute "${attribute}" does not end`);
    const raw = text.slice(at + 1, close);
    if (raw.includes('<'))
      fail('a "<" inside an attribute is written &lt;', at + 1 + raw.indexOf('<'));
    // XML 1.0, 3.3.3: line ends and tabs in attributes become blanks, before entities are decoded.
    const value = decodeEntities(raw.replace(/\r\n|[\t\r\n]/g, ' '), source, at + 1);
    attributes.push({
      name: attribute,
      offset,
      value: { text: value, location: source.at(at + 1) },
    });
    at = close + 1;
  }
}
