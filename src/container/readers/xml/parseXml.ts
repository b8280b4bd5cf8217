import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { Text } from '../../definition/beanFile.ts';
import { SourceText } from '../../definition/SourceText.ts';
import { configError } from '../../errors/Problems.ts';
import { limits } from '../limits.ts';
import { decodeEntities } from './entities.ts';
import { readStartTag } from './startTag.ts';
import type { ForeignAttribute, XmlDocument, XmlElement, XmlNode } from './XmlElement.ts';

/** The parser's own form of a node: one key that is the tag, `#text`, `#cdata` or `#comment`, and a symbol for its place. */
type RawNode = Readonly<Record<string | symbol, unknown>>;
type Namespaces = ReadonlyMap<string, string>;

const META = XMLParser.getMetaDataSymbol() as symbol;
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const XML = 'http://www.w3.org/XML/1998/namespace';

/**
 * Text to elements with namespaces and places.
 *
 * fast-xml-parser finds the tags; start tags are read from the source at the offsets it gives, because it knows no positions
 * of attributes and renames some of them. What it does not check of XML is checked here.
 *
 * @throws ConfigError XML_SYNTAX, XML_ENTITY or LIMIT_EXCEEDED, located
 */
export function parseXml(source: SourceText): XmlDocument {
  checkCharacters(source);
  const plain = apartFromEpilog(withoutDoctype(source));
  checkWellFormed(plain);
  const raw = parseRaw(plain);
  checkOutside(raw, plain);
  const top = convertAll(raw, plain, new Map([['xml', XML]]));
  const root = onlyRoot(top, plain);
  const at = top.indexOf(root);
  return { root, before: commentsOf(top.slice(0, at)), after: commentsOf(top.slice(at + 1)) };
}

function checkCharacters(source: SourceText): void {
  // XML 1.0, 2.2: no control characters but tab, line feed and carriage return.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const at = source.text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
  if (at === -1) return;
  const code = source.text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  throw configError('XML_SYNTAX', `character U+${code} is not allowed in XML`, source.at(at));
}

/** Blanks the DOCTYPE out, keeping every offset; a file that declares entities is refused. */
function withoutDoctype(source: SourceText): SourceText {
  const { text } = source;
  const start = skipProlog(text);
  if (!text.startsWith('<!DOCTYPE', start)) return source;
  const end = endOfDoctype(source, start);
  const doctype = text.slice(start, end);
  const entity = doctype.search(/<!ENTITY/);
  if (entity !== -1) {
    const message = 'a bean file cannot declare entities';
    throw configError('XML_ENTITY', message, source.at(start + entity));
  }
  const blank = doctype.replace(/[^\r\n]/g, ' ');
  return new SourceText(source.file, text.slice(0, start) + blank + text.slice(end));
}

/**
 * Puts a blank between the root element and a comment that follows it at once: fast-xml-parser loses the `<` there.
 *
 * Only what comes after the root moves, by one column.
 */
function apartFromEpilog(source: SourceText): SourceText {
  const { text } = source;
  let end = text.trimEnd().length;
  for (;;) {
    const start = startOfLast(text, end);
    if (start === -1) break;
    end = text.slice(0, start).trimEnd().length;
  }
  if (end === 0 || text[end] !== '<') return source;
  return new SourceText(source.file, `${text.slice(0, end)} ${text.slice(end)}`);
}

/** Where the comment or instruction begins that ends at an offset, or -1. */
function startOfLast(text: string, end: number): number {
  if (text.endsWith('-->', end)) return text.lastIndexOf('<!--', end - 3);
  if (text.endsWith('?>', end)) return text.lastIndexOf('<?', end - 2);
  return -1;
}

/** The offset after blanks, comments and instructions at the beginning. Patterns for this would backtrack without end. */
function skipProlog(text: string): number {
  let at = 0;
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at += 1;
    let end = -1;
    if (text.startsWith('<?', at)) end = endOf(text, '?>', at + 2);
    else if (text.startsWith('<!--', at)) end = endOf(text, '-->', at + 4);
    if (end === -1) return at;
    at = end;
  }
}

/** The offset after the next occurrence, or -1. */
function endOf(text: string, what: string, from: number): number {
  const found = text.indexOf(what, from);
  return found === -1 ? -1 : found + what.length;
}

function endOfDoctype(source: SourceText, start: number): number {
  const { text } = source;
  let inside = false;
  for (let at = start; at !== -1 && at < text.length; ) {
    const char = text[at];
    if (char === '>' && !inside) return at + 1;
    if (char === '[') inside = true;
    else if (char === ']') inside = false;
    if (char === '"' || char === "'") at = endOf(text, char, at + 1);
    else if (inside && text.startsWith('<!--', at)) at = endOf(text, '-->', at + 4);
    else at += 1;
  }
  throw configError('XML_SYNTAX', 'the DOCTYPE does not end', source.at(start));
}

function checkWellFormed(source: SourceText): void {
  if (source.text.trim() === '') throw configError('XML_SYNTAX', 'the file is empty', source.at(0));
  const result = XMLValidator.validate(source.text);
  if (result === true) return;
  const { msg, line, col } = result.err;
  const message = msg.charAt(0).toLowerCase() + msg.slice(1).replace(/\.$/, '');
  throw configError('XML_SYNTAX', message, { file: source.file, line, column: col ?? 1 });
}

function parseRaw(source: SourceText): readonly RawNode[] {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: true,
    parseTagValue: false,
    trimValues: false,
    processEntities: false,
    captureMetaData: true,
    commentPropName: '#comment',
    cdataPropName: '#cdata',
    maxNestedTags: limits.depth,
  });
  try {
    return parser.parse(source.text) as readonly RawNode[];
  } catch (error) {
    throw describeParserError(error, source);
  }
}

function describeParserError(error: unknown, source: SourceText): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (/nested tags/i.test(message)) {
    const place = source.at(offsetOfDepth(source.text, limits.depth));
    return configError(
      'LIMIT_EXCEEDED',
      `elements are nested more than ${limits.depth} deep`,
      place,
    );
  }
  const reserved = /<\/?\s*(__proto__|constructor|prototype)\b/.exec(source.text);
  if (reserved !== null && /SECURITY/.test(message)) {
    return configError(
      'ELEMENT_UNKNOWN',
      `element <${reserved[1]}> is not known`,
      source.at(reserved.index),
    );
  }
  return configError('XML_SYNTAX', message, source.at(0), { cause: error });
}

function offsetOfDepth(text: string, depth: number): number {
  let level = 0;
  for (const tag of text.matchAll(
    /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<(\/?)[^\s<>?!/](?:"[^"]*"|'[^']*'|[^"'>])*?(\/?)>/g,
  )) {
    if (tag[1] === undefined) continue;
    if (tag[1] === '/') level -= 1;
    else if (tag[2] !== '/') level += 1;
    if (level > depth) return tag.index;
  }
  return 0;
}

function convertAll(nodes: readonly RawNode[], source: SourceText, names: Namespaces): XmlNode[] {
  const converted: XmlNode[] = [];
  for (const node of nodes) {
    const one = convert(node, source, names);
    if (one !== undefined) converted.push(one);
  }
  return converted;
}

function convert(node: RawNode, source: SourceText, names: Namespaces): XmlNode | undefined {
  const tag = Object.keys(node).find((key) => key !== ':@');
  if (tag === undefined || tag.startsWith('?')) return undefined;
  const content = node[tag];
  if (tag === '#text') return { kind: 'text', text: String(content) };
  if (tag === '#comment') return { kind: 'comment', text: textOf(content) };
  // CDATA is not decoded later on, so its "&" is protected here.
  if (tag === '#cdata') return { kind: 'text', text: textOf(content).replaceAll('&', '&amp;') };
  return convertElement(node, content as readonly RawNode[], source, names);
}

function textOf(content: unknown): string {
  return (content as readonly RawNode[]).map((part) => String(part['#text'])).join('');
}

function convertElement(
  node: RawNode,
  content: readonly RawNode[],
  source: SourceText,
  outer: Namespaces,
): XmlElement {
  const start = (node[META] as { readonly startIndex: number }).startIndex;
  const tag = readStartTag(source, start);
  const names = declaredNames(tag.attributes, outer);
  const resolve = (written: string, fallback: string, offset: number): [string, string] => {
    const colon = written.indexOf(':');
    if (colon === -1) return [fallback, written];
    const uri = names.get(written.slice(0, colon));
    if (uri !== undefined) return [uri, written.slice(colon + 1)];
    const message = `prefix "${written.slice(0, colon)}" of "${written}" is not declared`;
    throw configError('XML_SYNTAX', message, source.at(offset));
  };

  const [uri, name] = resolve(tag.name, names.get('') ?? '', start);
  const attributes = new Map<string, Text>();
  const foreign: ForeignAttribute[] = [];
  for (const { name: written, value, offset } of tag.attributes) {
    if (written === 'xmlns' || written.startsWith('xmlns:')) continue;
    const [space, local] = resolve(written, '', offset);
    if (space === '') attributes.set(local, value);
    else if (space !== XSI && space !== XML) {
      foreign.push({ uri: space, name: local, written, value, location: source.at(offset) });
    }
  }
  const children = decodeTexts(convertAll(content, source, names), source, tag.end);
  const element = {
    uri,
    name,
    written: tag.name,
    location: source.at(start),
    attributes,
    foreign,
    children,
  };
  if (children[0]?.kind !== 'text') return { kind: 'element', ...element };
  const blank = /^\s*/.exec(source.text.slice(tag.end, tag.end + 1_000))?.[0].length ?? 0;
  return { kind: 'element', ...element, textLocation: source.at(tag.end + blank) };
}

function declaredNames(
  attributes: readonly { readonly name: string; readonly value: Text }[],
  outer: Namespaces,
): Namespaces {
  const declared = attributes.filter(({ name }) => name === 'xmlns' || name.startsWith('xmlns:'));
  if (declared.length === 0) return outer;
  const names = new Map(outer);
  for (const { name, value } of declared)
    names.set(name === 'xmlns' ? '' : name.slice(6), value.text);
  return names;
}

/** Decodes entities in text; an unknown one is searched from the end of the start tag. */
function decodeTexts(nodes: XmlNode[], source: SourceText, from: number): XmlNode[] {
  return nodes.map((node) => {
    if (node.kind !== 'text') return node;
    // XML 1.0, 2.11: line ends become one character before references are decoded, so that &#13; stays.
    const raw = node.text.includes('\r') ? node.text.replace(/\r\n?/g, '\n') : node.text;
    if (!raw.includes('&')) return raw === node.text ? node : { kind: 'text', text: raw };
    const bad = /&(?!(?:lt|gt|amp|quot|apos|#\d+|#x[\da-f]+);)[^;&<\s]*;?/i.exec(node.text)?.[0];
    const offset =
      bad === undefined
        ? from
        : Math.max(from, source.text.indexOf(bad, from)) - node.text.indexOf(bad);
    return { kind: 'text', text: decodeEntities(raw, source, offset) };
  });
}

function onlyRoot(top: readonly XmlNode[], source: SourceText): XmlElement {
  const [root, second] = top.filter((node) => node.kind === 'element');
  if (root === undefined) {
    throw configError('XML_SYNTAX', 'there is no root element', source.at(0));
  }
  if (second !== undefined) {
    throw configError('XML_SYNTAX', `a second root element <${second.written}>`, second.location);
  }
  return root;
}

/** Text beside the root, which the parser drops, is looked for in the source. */
function checkOutside(raw: readonly RawNode[], source: SourceText): void {
  const root = raw.find(
    (node) => node[META] !== undefined && !Object.keys(node)[0]?.startsWith('?'),
  );
  const place = root?.[META] as
    | { readonly startIndex: number; readonly endIndex?: number }
    | undefined;
  if (place === undefined) return;
  const end = place.endIndex === undefined ? source.text.length : place.endIndex + 1;
  const outside = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|(?![<\s])[^<]+/g;
  for (const [from, to] of [
    [0, place.startIndex],
    [end, source.text.length],
  ] as const) {
    for (const found of source.text.slice(from, to).matchAll(outside)) {
      if (found[0].startsWith('<')) continue;
      const word = found[0].trim().split(/\s/)[0];
      const at = source.at(from + found.index);
      throw configError('XML_SYNTAX', `text "${word}" stands outside of the root element`, at);
    }
  }
}

function commentsOf(nodes: readonly XmlNode[]): string[] {
  return nodes.flatMap((node) => (node.kind === 'comment' ? [node.text] : []));
}
