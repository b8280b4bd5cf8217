import type { EntryNode, Meta, PropNode, Text, ValueNode } from '../../definition/beanFile.ts';
import { collectionAttributes } from '../../definition/beanWords.ts';
import { commented } from '../comments.ts';
import {
  attributesExcept,
  type Child,
  checkAttributes,
  childrenOf,
  commentsIn,
  descriptionOf,
  isBeansElement,
  metaOf,
  requiredAttribute,
  requiredName,
  textOf,
  unknownElement,
  unsupportedElement,
} from './elementTools.ts';
import { namespaces } from './namespaces.ts';
import type { Reading } from './Reading.ts';
import type { XmlElement } from './XmlElement.ts';

const VALUE_ELEMENTS = [
  'bean',
  'ref',
  'idref',
  'value',
  'null',
  'list',
  'set',
  'array',
  'map',
  'props',
];

/** What a property, argument or entry holds. */
export interface Held {
  readonly value: ValueNode;
  readonly description?: Text;
  readonly meta: readonly Meta[];
  readonly comments: readonly string[];
}

/** The names under which an element may hold its value as an attribute. */
interface HolderAttributes {
  readonly value: string;
  readonly ref: string;
}

/**
 * Reads what an element holds: one of its value and ref attributes, or one child element.
 *
 * Comments inside of the element are kept with it. Undefined when there is no value, which is noted as a problem.
 */
export function readHeld(
  element: XmlElement,
  reading: Reading,
  names: HolderAttributes = { value: 'value', ref: 'ref' },
  skipped: readonly string[] = [],
): Held | undefined {
  const { values, ...rest } = sortChildren(element, reading, skipped);
  const text = element.attributes.get(names.value);
  const ref = element.attributes.get(names.ref);
  const attributes = (text === undefined ? 0 : 1) + (ref === undefined ? 0 : 1);
  const choices = `${names.value}, ${names.ref} and a child element`;
  if (values.length + attributes > 1) {
    const place = (attributes === 0 ? values[1]?.element.location : undefined) ?? element.location;
    reading.problems.add(
      'VALUE_AMBIGUOUS',
      `<${element.written}> has more than one of ${choices}`,
      place,
    );
  }
  if (values.length + attributes === 0) {
    const message = `<${element.written}> has no value: it needs one of ${choices}`;
    reading.problems.add('VALUE_MISSING', message, element.location);
  }
  const value =
    readAttributeValue(element, text, ref, names, reading) ?? readFirst(values, reading);
  return value === undefined ? undefined : { value, ...rest };
}

/** Parts the children of a holder into its values and what describes it. */
function sortChildren(
  element: XmlElement,
  reading: Reading,
  skipped: readonly string[],
): Omit<Held, 'value'> & { readonly values: readonly Child[] } {
  const { children, endComments } = childrenOf(element, reading.problems);
  const comments: string[] = [];
  const meta: Meta[] = [];
  const values: Child[] = [];
  let description: Text | undefined;
  for (const child of children) {
    const name = isBeansElement(child.element) ? child.element.name : '';
    if (skipped.includes(name)) continue;
    comments.push(...child.comments);
    if (name === 'description') {
      description = descriptionOf(child.element, reading.problems);
    } else if (name === 'meta') {
      const one = metaOf(child.element, reading.problems);
      if (one !== undefined) meta.push(one);
    } else values.push(child);
  }
  comments.push(...endComments);
  return { comments, meta, values, ...(description === undefined ? {} : { description }) };
}

function readAttributeValue(
  element: XmlElement,
  text: Text | undefined,
  ref: Text | undefined,
  names: HolderAttributes,
  reading: Reading,
): ValueNode | undefined {
  if (text !== undefined) {
    const type = element.attributes.get('value-type');
    return { kind: 'text', ...text, ...(type === undefined || type.text === '' ? {} : { type }) };
  }
  if (ref === undefined) return undefined;
  if (ref.text.trim() === '') {
    reading.problems.add(
      'ATTRIBUTE_INVALID',
      `<${element.written}> has an empty "${names.ref}"`,
      ref.location,
    );
  }
  return { kind: 'ref', location: ref.location, name: ref.text };
}

function readFirst(values: readonly Child[], reading: Reading): ValueNode | undefined {
  const first = values[0];
  return first === undefined ? undefined : readValue(first.element, reading);
}

/** Reads an element that is a value. Undefined when it is not one, which is noted as a problem. */
export function readValue(element: XmlElement, reading: Reading): ValueNode | undefined {
  const { location } = element;
  if (element.uri === namespaces.util) return readUtil(element, reading);
  if (!isBeansElement(element)) {
    unknownElement(element, element, reading.problems);
    return undefined;
  }
  switch (element.name) {
    case 'bean': {
      const bean = reading.readBean({ element, comments: [] });
      return { kind: 'bean', location, bean };
    }
    case 'ref':
      return readRef(element, reading);
    case 'idref':
      return readIdref(element, reading);
    case 'value': {
      checkAttributes(element, ['type'], reading.problems);
      const type = element.attributes.get('type');
      const text = textOf(element, reading.problems).text;
      return {
        kind: 'text',
        text,
        location: element.textLocation ?? location,
        ...(type === undefined || type.text === '' ? {} : { type }),
        ...commented(commentsIn(element)),
      };
    }
    case 'null':
      checkAttributes(element, [], reading.problems);
      textOf(element, reading.problems);
      return { kind: 'null', location, ...commented(commentsIn(element)) };
    case 'list':
    case 'set':
    case 'array':
    case 'map':
    case 'props':
      return readCollection(element, element.name, false, reading);
    default:
      reading.problems.add(
        'ELEMENT_UNKNOWN',
        `element <${element.written}> is not a value; one of ${VALUE_ELEMENTS.map((name) => `<${name}>`).join(', ')} is expected`,
        location,
      );
      return undefined;
  }
}

function readRef(element: XmlElement, reading: Reading): ValueNode | undefined {
  checkAttributes(element, ['bean', 'local', 'parent'], reading.problems);
  const { attributes, location } = element;
  const given = ['bean', 'local', 'parent'].filter((name) => attributes.has(name));
  if (given.length > 1) {
    reading.problems.add(
      'VALUE_AMBIGUOUS',
      `<${element.written}> has both "${given[0]}" and "${given[1]}"`,
      location,
    );
  }
  const name = attributes.get(given[0] ?? 'bean');
  if (name === undefined || name.text.trim() === '') {
    reading.problems.add(
      'ATTRIBUTE_MISSING',
      `<${element.written}> needs the name of a bean: bean="…" or parent="…"`,
      name?.location ?? location,
    );
    return undefined;
  }
  const kind = given[0] === 'parent' ? 'ref-parent' : 'ref';
  return { kind, location: name.location, name: name.text, ...commented(commentsIn(element)) };
}

function readIdref(element: XmlElement, reading: Reading): ValueNode | undefined {
  checkAttributes(element, ['bean', 'local'], reading.problems);
  const name = element.attributes.get('bean') ?? element.attributes.get('local');
  if (name === undefined || name.text.trim() === '') {
    reading.problems.add(
      'ATTRIBUTE_MISSING',
      `<${element.written}> needs the name of a bean: bean="…"`,
      name?.location ?? element.location,
    );
    return undefined;
  }
  return {
    kind: 'idref',
    location: name.location,
    name: name.text,
    ...commented(commentsIn(element)),
  };
}

/** Reads `<util:…>` as a value. */
function readUtil(element: XmlElement, reading: Reading): ValueNode | undefined {
  switch (element.name) {
    case 'constant': {
      checkAttributes(element, ['id', 'static-field'], reading.problems);
      const name = requiredName(element, 'static-field', reading.problems);
      return name && { kind: 'constant', location: name.location, name: name.text };
    }
    case 'property-path': {
      checkAttributes(element, ['id', 'path'], reading.problems);
      const name = requiredName(element, 'path', reading.problems);
      return name && { kind: 'property-path', location: name.location, name: name.text };
    }
    case 'list':
    case 'set':
    case 'map':
      return readCollection(element, element.name, true, reading);
    case 'properties':
      return readCollection(element, 'props', true, reading);
    default:
      unsupportedElement(element, reading.problems);
      return undefined;
  }
}

function readCollection(
  element: XmlElement,
  kind: 'list' | 'set' | 'array' | 'map' | 'props',
  util: boolean,
  reading: Reading,
): ValueNode {
  const known = collectionAttributes[util ? `util-${kind}` : kind] ?? [];
  checkAttributes(element, util ? ['id', ...known] : known, reading.problems);
  const { children, endComments } = childrenOf(element, reading.problems);
  const lead: string[] = [];
  let description: Text | undefined;
  const members: Child[] = [];
  for (const child of children) {
    if (isBeansElement(child.element) && child.element.name === 'description') {
      description = descriptionOf(child.element, reading.problems);
      lead.push(...child.comments, ...commentsIn(child.element));
    } else if (isBeansElement(child.element) && child.element.name === 'meta') {
      unknownElement(child.element, element, reading.problems);
    } else members.push(child);
  }
  const shared = {
    location: element.location,
    util,
    attributes: attributesExcept(element, 'id'),
    ...(description === undefined ? {} : { description }),
    ...commented(lead, endComments),
  };
  if (kind === 'props')
    return {
      kind,
      ...shared,
      entries: lastOfEach(
        members.flatMap((child) => readProp(child, element, reading)),
        ({ key }) => key.text,
      ),
    };
  if (kind === 'map')
    return {
      kind,
      ...shared,
      entries: lastOfEach(
        members.flatMap((child) => readEntry(child, element, reading)),
        textKey,
      ),
    };
  const items = members.flatMap(({ element: item, comments }) => {
    const value = readValue(item, reading);
    return value === undefined ? [] : [withComments(value, comments)];
  });
  return { kind, ...shared, items };
}

function withComments(value: ValueNode, comments: readonly string[]): ValueNode {
  if (comments.length === 0) return value;
  return { ...value, comments: [...comments, ...(value.comments ?? [])] };
}

function readProp({ element, comments }: Child, parent: XmlElement, reading: Reading): PropNode[] {
  if (!isBeansElement(element) || element.name !== 'prop') {
    unknownElement(element, parent, reading.problems, ['prop']);
    return [];
  }
  checkAttributes(element, ['key'], reading.problems);
  const key = requiredAttribute(element, 'key', reading.problems);
  if (key === undefined) return [];
  const value = textOf(element, reading.problems);
  const own = [...comments, ...commentsIn(element)];
  // Spring trims the text of <prop>.
  const text = { text: value.text.trim(), location: element.textLocation ?? value.location };
  return [{ location: element.location, key, value: text, ...commented(own) }];
}

function readEntry(
  { element, comments }: Child,
  parent: XmlElement,
  reading: Reading,
): EntryNode[] {
  if (!isBeansElement(element) || element.name !== 'entry') {
    unknownElement(element, parent, reading.problems, ['entry']);
    return [];
  }
  checkAttributes(
    element,
    ['key', 'key-ref', 'value', 'value-ref', 'value-type'],
    reading.problems,
  );
  const key = readKey(element, reading);
  const held = readHeld(element, reading, { value: 'value', ref: 'value-ref' }, ['key']);
  if (key === undefined || held === undefined) return [];
  const description = held.description === undefined ? {} : { description: held.description };
  return [
    {
      location: element.location,
      key: key.value,
      value: held.value,
      ...description,
      ...commented([...comments, ...key.comments, ...held.comments]),
    },
  ];
}

function readKey(
  entry: XmlElement,
  reading: Reading,
): { readonly value: ValueNode; readonly comments: readonly string[] } | undefined {
  const elements = entry.children.filter(
    (node) => node.kind === 'element' && isBeansElement(node) && node.name === 'key',
  );
  const text = entry.attributes.get('key');
  const ref = entry.attributes.get('key-ref');
  if (elements.length + (text ? 1 : 0) + (ref ? 1 : 0) > 1) {
    reading.problems.add(
      'VALUE_AMBIGUOUS',
      `<${entry.written}> has more than one of key, key-ref and <key>`,
      entry.location,
    );
  }
  if (text !== undefined) return { value: { kind: 'text', ...text }, comments: [] };
  if (ref !== undefined) {
    const name = requiredName(entry, 'key-ref', reading.problems);
    return (
      name && { value: { kind: 'ref', location: name.location, name: name.text }, comments: [] }
    );
  }
  const element = elements[0];
  if (element?.kind !== 'element') {
    reading.problems.add(
      'VALUE_MISSING',
      `<${entry.written}> has no key: give key, key-ref or <key>`,
      entry.location,
    );
    return undefined;
  }
  checkAttributes(element, [], reading.problems);
  const held = readHeld(element, reading);
  const before = commentsBefore(entry, element);
  return held && { value: held.value, comments: [...before, ...held.comments] };
}

function commentsBefore(parent: XmlElement, element: XmlElement): readonly string[] {
  const index = parent.children.indexOf(element);
  let from = index;
  while (from > 0 && parent.children[from - 1]?.kind !== 'element') from -= 1;
  return commentsIn({ ...parent, children: parent.children.slice(from, index) });
}

/** The key of an entry when it is plain text. */
function textKey({ key }: EntryNode): string | undefined {
  return key.kind === 'text' && key.type === undefined ? key.text : undefined;
}

/** Of entries with the same key the last counts, in the place of the first. */
function lastOfEach<T>(entries: readonly T[], keyOf: (entry: T) => string | undefined): T[] {
  const places = new Map<string, number>();
  const kept: T[] = [];
  for (const entry of entries) {
    const key = keyOf(entry);
    const place = key === undefined ? undefined : places.get(key);
    if (place !== undefined) {
      kept[place] = entry;
      continue;
    }
    if (key !== undefined) places.set(key, kept.length);
    kept.push(entry);
  }
  return kept;
}
