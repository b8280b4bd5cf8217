import type { Attributes, Meta, Text } from '../../definition/beanFile.ts';
import { booleanAttributes } from '../../definition/beanWords.ts';
import { adviceForElement } from '../../errors/adviceFor.ts';
import { didYouMean, nearestName } from '../../errors/nearestName.ts';
import type { Problems } from '../../errors/Problems.ts';
import { tidyComment } from '../comments.ts';
import { namespaces } from './namespaces.ts';
import type { XmlElement } from './XmlElement.ts';

/** A child element and the comments before it. */
export interface Child {
  readonly element: XmlElement;
  readonly comments: readonly string[];
}

/** The element children with their comments, and the comments after the last of them. */
export interface Children {
  readonly children: readonly Child[];
  readonly endComments: readonly string[];
}

/** True for elements of Spring's beans schema, and for those of files without any namespace. */
export function isBeansElement(element: XmlElement): boolean {
  return element.uri === namespaces.beans || element.uri === '';
}

/** The children of an element that holds elements only; text between them is a problem. */
export function childrenOf(element: XmlElement, problems: Problems): Children {
  const children: Child[] = [];
  let comments: string[] = [];
  for (const node of element.children) {
    if (node.kind === 'comment') comments.push(tidyComment(node.text));
    else if (node.kind === 'element') {
      children.push({ element: node, comments });
      comments = [];
    } else if (node.text.trim() !== '') {
      const text = shorten(node.text.trim());
      problems.add(
        'XML_SYNTAX',
        `text "${text}" cannot stand in <${element.written}>`,
        element.location,
      );
    }
  }
  return { children, endComments: comments };
}

/** The text of an element that holds text only; comments in between do not matter. */
export function textOf(element: XmlElement, problems: Problems): Text {
  let text = '';
  for (const node of element.children) {
    if (node.kind === 'text') text += node.text;
    else if (node.kind === 'element') unknownElement(node, element, problems);
  }
  return { text, location: element.location };
}

/** The comments inside an element, which are kept with what the element belongs to. */
export function commentsIn(element: XmlElement): readonly string[] {
  return element.children.flatMap((node) =>
    node.kind === 'comment' ? [tidyComment(node.text)] : [],
  );
}

/** A `<description>`, trimmed. */
export function descriptionOf(element: XmlElement, problems: Problems): Text {
  const { text, location } = textOf(element, problems);
  return { text: text.trim(), location };
}

/** A `<meta key value>`, or undefined when an attribute is missing. */
export function metaOf(element: XmlElement, problems: Problems): Meta | undefined {
  checkAttributes(element, ['key', 'value'], problems);
  const key = requiredAttribute(element, 'key', problems);
  const value = requiredAttribute(element, 'value', problems);
  return key === undefined || value === undefined ? undefined : { key, value };
}

/** An attribute that has to be there; its absence is a problem. */
export function requiredAttribute(
  element: XmlElement,
  name: string,
  problems: Problems,
): Text | undefined {
  const value = element.attributes.get(name);
  // A misspelt one is reported already.
  const isMisspelt = [...element.attributes.keys()].some((one) => nearestName(one, [name]));
  if (value === undefined && !isMisspelt) {
    problems.add(
      'ATTRIBUTE_MISSING',
      `<${element.written}> needs the attribute "${name}"`,
      element.location,
    );
  }
  return value;
}

/** An attribute that has to be there and to say something. */
export function requiredName(
  element: XmlElement,
  name: string,
  problems: Problems,
): Text | undefined {
  const value = requiredAttribute(element, name, problems);
  if (value === undefined || value.text.trim() !== '') return value;
  problems.add('ATTRIBUTE_INVALID', `<${element.written}> has an empty "${name}"`, value.location);
  return undefined;
}

/** Refuses attributes that are not known where they stand, and booleans that are neither true nor false. */
export function checkAttributes(
  element: XmlElement,
  known: readonly string[],
  problems: Problems,
  foreign: ReadonlySet<string> = new Set(),
): void {
  for (const [name, value] of element.attributes) {
    if (!known.includes(name)) {
      const message = `<${element.written}> has no attribute "${name}"${didYouMean(name, known)}`;
      problems.add('ATTRIBUTE_UNKNOWN', message, value.location);
    } else if (booleanAttributes.has(name)) checkBoolean(name, value, problems);
  }
  for (const attribute of element.foreign) {
    if (foreign.has(attribute.uri)) continue;
    const message = `attribute "${attribute.written}" of namespace ${attribute.uri} is not supported`;
    problems.add('NOT_SUPPORTED', message, attribute.location);
  }
}

/** Refuses texts of boolean attributes that are not `true`, `false`, `default` or a placeholder. */
export function checkBoolean(name: string, value: Text, problems: Problems): void {
  if (/^(true|false|default|)$/.test(value.text) || /[$#]\{/.test(value.text)) return;
  const message = `"${name}" is true or false, not "${shorten(value.text)}"`;
  problems.add('ATTRIBUTE_INVALID', message, value.location);
}

/** Notes an element that cannot stand where it does. */
export function unknownElement(
  element: XmlElement,
  parent: XmlElement,
  problems: Problems,
  known: readonly string[] = [],
): void {
  if (!isBeansElement(element)) {
    unsupportedElement(element, problems);
    return;
  }
  const hint = didYouMean(element.name, known);
  const message = `element <${element.written}> is not allowed in <${parent.written}>${hint}`;
  problems.add('ELEMENT_UNKNOWN', message, element.location);
}

/** Notes an element of a namespace that is not read, with what to do instead. */
export function unsupportedElement(element: XmlElement, problems: Problems): void {
  const { written, uri, name } = element;
  const message = `element <${written}> of namespace ${uri} is not supported${adviceForElement(uri, name)}`;
  problems.add('NOT_SUPPORTED', message, element.location);
}

/** Attributes of an element, without some of them. */
export function attributesExcept(element: XmlElement, ...names: readonly string[]): Attributes {
  if (names.length === 0) return element.attributes;
  return new Map([...element.attributes].filter(([name]) => !names.includes(name)));
}

/** Text for a message, cut when it is long. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
