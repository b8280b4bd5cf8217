import type {
  ArgumentNode,
  BeanNode,
  Meta,
  OtherNode,
  PropertyNode,
  Text,
  ValueNode,
} from '../../definition/beanFile.ts';
import { autowireModes, beanAttributes, otherAttributes } from '../../definition/beanWords.ts';
import { didYouMean } from '../../errors/nearestName.ts';
import type { Problems } from '../../errors/Problems.ts';
import { commented } from '../comments.ts';
import {
  type Child,
  checkAttributes,
  childrenOf,
  commentsIn,
  descriptionOf,
  isBeansElement,
  metaOf,
  requiredAttribute,
  textOf,
  unknownElement,
} from './elementTools.ts';
import { namespaces } from './namespaces.ts';
import type { Reading } from './Reading.ts';
import { readHeld } from './readValue.ts';
import type { ForeignAttribute } from './XmlElement.ts';

const KNOWN = ['id', ...beanAttributes];
const SUGAR: ReadonlySet<string> = new Set([namespaces.p, namespaces.c]);
const CHILDREN = [
  'description',
  'meta',
  'property',
  'constructor-arg',
  'qualifier',
  'lookup-method',
  'replaced-method',
];

/** Reads a `<bean>`, `p:` and `c:` attributes included. */
export function readBean({ element, comments }: Child, problems: Problems): BeanNode {
  const reading: Reading = { problems, readBean: (child) => readBean(child, problems) };
  checkAttributes(element, KNOWN, problems, SUGAR);
  checkAutowire(element.attributes.get('autowire'), problems);
  const parts = {
    args: [] as ArgumentNode[],
    properties: [] as PropertyNode[],
    others: [] as OtherNode[],
    meta: [] as Meta[],
  };
  const lead = [...comments];
  let description: Text | undefined;
  const { children, endComments } = childrenOf(element, problems);
  for (const child of children) {
    const { element: one } = child;
    if (!isBeansElement(one)) {
      unknownElement(one, element, problems);
    } else if (one.name === 'description') {
      description = descriptionOf(one, problems);
      lead.push(...child.comments, ...commentsIn(one));
    } else if (one.name === 'meta') {
      const meta = metaOf(one, problems);
      if (meta !== undefined) parts.meta.push(meta);
      lead.push(...child.comments, ...commentsIn(one));
    } else if (one.name === 'property') parts.properties.push(...readProperty(child, reading));
    else if (one.name === 'constructor-arg') parts.args.push(...readArgument(child, reading));
    else if (
      one.name === 'qualifier' ||
      one.name === 'lookup-method' ||
      one.name === 'replaced-method'
    ) {
      parts.others.push(readOther(child, one.name, problems));
    } else unknownElement(one, element, problems, CHILDREN);
  }
  for (const attribute of element.foreign) readSugar(attribute, parts, problems);
  checkTwice(parts.properties, problems);
  return {
    kind: 'bean',
    location: element.location,
    attributes: element.attributes,
    ...(description === undefined ? {} : { description }),
    ...parts,
    ...commented(lead, endComments),
  };
}

/** Refuses a property that is set twice, by an element or by `p:`. */
function checkTwice(properties: readonly PropertyNode[], problems: Problems): void {
  const seen = new Set<string>();
  for (const { name } of properties) {
    if (seen.has(name.text))
      problems.add('PROPERTY_DUPLICATE', `property "${name.text}" is set twice`, name.location);
    seen.add(name.text);
  }
}

/** Refuses an autowire mode that does not exist. */
export function checkAutowire(mode: Text | undefined, problems: Problems): void {
  if (mode === undefined || mode.text === '' || autowireModes.includes(mode.text)) return;
  const message = `autowire is one of ${autowireModes.join(', ')}, not "${mode.text}"${didYouMean(mode.text, autowireModes)}`;
  problems.add('ATTRIBUTE_INVALID', message, mode.location);
}

function readProperty(child: Child, reading: Reading): PropertyNode[] {
  const { problems } = reading;
  const { element } = child;
  checkAttributes(element, ['name', 'value', 'ref'], problems);
  const name = requiredAttribute(element, 'name', problems);
  const held = readHeld(element, reading);
  if (name === undefined || held === undefined) return [];
  const { comments, ...rest } = held;
  return [
    { location: element.location, name, ...rest, ...commented([...child.comments, ...comments]) },
  ];
}

function readArgument(child: Child, reading: Reading): ArgumentNode[] {
  const { problems } = reading;
  const { element } = child;
  checkAttributes(element, ['index', 'type', 'name', 'value', 'ref'], problems);
  const held = readHeld(element, reading);
  const index = element.attributes.get('index');
  if (index !== undefined && !/^\d{1,4}$/.test(index.text)) {
    problems.add(
      'ATTRIBUTE_INVALID',
      `the index of an argument is a number from 0, not "${index.text}"`,
      index.location,
    );
    return [];
  }
  if (held === undefined) return [];
  const { comments, ...rest } = held;
  const type = element.attributes.get('type');
  const name = element.attributes.get('name');
  return [
    {
      location: element.location,
      ...(index === undefined ? {} : { index }),
      ...(type === undefined || type.text === '' ? {} : { type }),
      ...(name === undefined ? {} : { name }),
      ...rest,
      ...commented([...child.comments, ...comments]),
    },
  ];
}

function readOther(child: Child, kind: OtherNode['kind'], problems: Problems): OtherNode {
  const { element } = child;
  checkAttributes(element, otherAttributes[kind], problems);
  const argTypes: Text[] = [];
  const { children, endComments } = childrenOf(element, problems);
  const lead = [...child.comments];
  for (const { element: one, comments } of children) {
    lead.push(...comments);
    if (kind === 'replaced-method' && isBeansElement(one) && one.name === 'arg-type') {
      checkAttributes(one, ['match'], problems);
      argTypes.push(
        one.attributes.get('match') ?? {
          text: textOf(one, problems).text.trim(),
          location: one.location,
        },
      );
    } else unknownElement(one, element, problems);
  }
  return {
    kind,
    location: element.location,
    attributes: element.attributes,
    argTypes,
    ...commented([...lead, ...endComments]),
  };
}

/** `p:name`, `p:name-ref`, `c:name`, `c:_0`, `c:_`: attributes that stand for properties and arguments. */
function readSugar(
  attribute: ForeignAttribute,
  parts: { args: ArgumentNode[]; properties: PropertyNode[] },
  problems: Problems,
): void {
  if (!SUGAR.has(attribute.uri)) return;
  const { location } = attribute;
  const isRef = attribute.name.endsWith('-ref');
  const text = isRef ? attribute.name.slice(0, -4) : attribute.name;
  if (isRef && attribute.value.text.trim() === '') {
    problems.add(
      'ATTRIBUTE_INVALID',
      `"${attribute.written}" names no bean`,
      attribute.value.location,
    );
    return;
  }
  const value: ValueNode = isRef
    ? { kind: 'ref', location: attribute.value.location, name: attribute.value.text }
    : { kind: 'text', ...attribute.value };
  if (attribute.uri === namespaces.p) {
    parts.properties.push({ location, name: { text, location }, value, meta: [] });
    return;
  }
  if (text === '_') parts.args.push({ location, value, meta: [] });
  else if (/^_\d{1,4}$/.test(text)) {
    parts.args.push({ location, index: { text: text.slice(1), location }, value, meta: [] });
  } else if (text.startsWith('_')) {
    const message = `attribute "${attribute.written}" is neither an index such as c:_0 nor a name`;
    problems.add('ATTRIBUTE_INVALID', message, location);
  } else parts.args.push({ location, name: { text, location }, value, meta: [] });
}
