import { isMap, isNode, isScalar, isSeq, type Node } from 'yaml';
import type { SourceLocation } from '../../../base/index.ts';
import type {
  ArgumentNode,
  BeanNode,
  Meta,
  OtherNode,
  PropertyNode,
  Text,
} from '../../definition/beanFile.ts';
import {
  autowireModes,
  beanAttributes,
  booleanAttributes,
  otherAttributes,
} from '../../definition/beanWords.ts';
import { didYouMean } from '../../errors/nearestName.ts';
import { commented } from '../comments.ts';
import { checkBoolean, readDescribed, readMeta, readValue, unknownKey } from './readYamlValue.ts';
import { type Entry, endComments, ownTag, splitComments, type YamlText } from './YamlText.ts';

const OTHERS: Readonly<Record<string, OtherNode['kind']>> = {
  qualifiers: 'qualifier',
  'lookup-methods': 'lookup-method',
  'replaced-methods': 'replaced-method',
};
/** Every key of a bean in YAML. */
export const beanKeys: readonly string[] = [
  'id',
  ...beanAttributes,
  'description',
  'meta',
  'properties',
  'constructor-args',
  ...Object.keys(OTHERS),
];

/**
 * Reads the mapping that is a bean.
 *
 * @param id - the key under which it stands, if it does
 */
export function readBean(
  node: Node,
  yaml: YamlText,
  id?: Text,
  comments: readonly string[] = [],
): BeanNode | undefined {
  const location = id?.location ?? yaml.at(node);
  const entries = yaml.entries(node, 'a bean', location);
  if (entries === undefined) return undefined;
  const attributes = new Map<string, Text>();
  if (id !== undefined) attributes.set('id', id);
  const parts = {
    args: [] as ArgumentNode[],
    properties: [] as PropertyNode[],
    others: [] as OtherNode[],
    meta: [] as Meta[],
  };
  const lead = [...comments];
  const end = [...endComments(node)];
  let description: Text | undefined;
  const readRest = (entry: Entry): void => {
    if (!beanKeys.includes(entry.key)) unknownKey(entry, 'a bean', beanKeys, yaml);
    else if (entry.key !== 'id' || id === undefined) readAttribute(entry, attributes, yaml);
    else {
      const message = 'the key of this bean is its id already';
      yaml.problems.add('VALUE_AMBIGUOUS', message, entry.location);
    }
  };
  for (const entry of entries) {
    lead.push(...entry.comments);
    if (entry.key === 'description') description = yaml.description(entry.value, entry.location);
    else if (entry.key === 'meta') parts.meta.push(...readMeta(entry, yaml));
    else if (entry.key === 'properties') parts.properties.push(...readProperties(entry, yaml, end));
    else if (entry.key === 'constructor-args') parts.args.push(...readArguments(entry, yaml, end));
    else if (Object.hasOwn(OTHERS, entry.key)) parts.others.push(...readOthers(entry, yaml));
    else readRest(entry);
  }
  return {
    kind: 'bean',
    location,
    attributes,
    ...(description === undefined ? {} : { description }),
    ...parts,
    ...commented(lead, end),
  };
}

/** Reads a key that is an attribute in XML; a list becomes text with commas. */
export function readAttribute(entry: Entry, attributes: Map<string, Text>, yaml: YamlText): void {
  const text = isSeq(entry.value)
    ? listText(entry.value, yaml)
    : yaml.text(entry.value, entry.location);
  if (text === undefined) return;
  if (booleanAttributes.has(entry.key)) checkBoolean(entry.key, text, yaml);
  if (entry.key === 'autowire' || entry.key === 'default-autowire') checkAutowire(text, yaml);
  attributes.set(entry.key, text);
}

function listText(node: Node, yaml: YamlText): Text {
  const location = yaml.at(node);
  const texts = (yaml.items(node, 'a list of names') ?? []).map((item) =>
    yaml.text(item.value, location),
  );
  const first = texts.find((text) => text !== undefined);
  const text = texts.flatMap((one) => (one === undefined ? [] : [one.text])).join(',');
  return { text, location: first?.location ?? location };
}

function checkAutowire(mode: Text, yaml: YamlText): void {
  if (mode.text === '' || autowireModes.includes(mode.text)) return;
  const message = `autowire is one of ${autowireModes.join(', ')}, not "${mode.text}"${didYouMean(mode.text, autowireModes)}`;
  yaml.problems.add('ATTRIBUTE_INVALID', message, mode.location);
}

function readProperties(entry: Entry, yaml: YamlText, end: string[]): PropertyNode[] {
  const entries =
    yaml.entries(entry.value, 'properties', entry.location, 'PROPERTY_DUPLICATE') ?? [];
  if (entry.value !== undefined) end.push(...endComments(entry.value));
  return entries.flatMap((one): PropertyNode[] => {
    const described = readDescribed(one, yaml);
    if (described === undefined) return [];
    const name = { text: one.key, location: one.location };
    return [{ location: one.location, name, ...described, ...commented(one.comments) }];
  });
}

function readArguments(entry: Entry, yaml: YamlText, end: string[]): ArgumentNode[] {
  const { value } = entry;
  if (value === undefined) {
    yaml.text(value, entry.location);
    return [];
  }
  end.push(...endComments(value));
  if (!isMap(value)) return readArgumentList(value, yaml);
  return (
    yaml.entries(value, 'constructor-args', entry.location, 'ARGUMENT_DUPLICATE') ?? []
  ).flatMap((one) => {
    const described = readDescribed(one, yaml);
    if (described === undefined) return [];
    const key = { text: one.key, location: one.location };
    const place = /^\d{1,4}$/.test(one.key) ? { index: key } : { name: key };
    return [{ location: one.location, ...place, ...described, ...commented(one.comments) }];
  });
}

function readArgumentList(node: Node, yaml: YamlText): ArgumentNode[] {
  return (yaml.items(node, 'constructor-args') ?? []).flatMap(
    ({ value, comments }): ArgumentNode[] => {
      const location = yaml.at(value);
      const long = longArgumentOf(value);
      if (long !== undefined) {
        const lead = long === value ? [] : wrapperComments(value);
        return readLongArgument(long, [...comments, ...lead], yaml);
      }
      const one = readValue(value, yaml);
      return one === undefined ? [] : [{ location, value: one, meta: [], ...commented(comments) }];
    },
  );
}

/** Comments of the mapping that stands for a tag. */
function wrapperComments(node: Node): readonly string[] {
  const key = isMap(node) ? (node.items[0]?.key as Node | undefined) : undefined;
  return [...splitComments(node.commentBefore), ...splitComments(key?.commentBefore)];
}

/** What `!arg` or `$arg` applies to, if a node is one. */
function longArgumentOf(node: Node): Node | undefined {
  if (ownTag(node) === '!arg') return node;
  if (!isMap(node) || node.items.length !== 1) return undefined;
  const only = node.items[0];
  const isLong = isScalar(only?.key) && only.key.value === '$arg' && isNode(only.value);
  return isLong ? (only.value as Node) : undefined;
}

const ARGUMENT_KEYS = ['index', 'name', 'type', 'value', 'description'];

/** `!arg {index, name, type, value, description}`. */
function readLongArgument(node: Node, comments: readonly string[], yaml: YamlText): ArgumentNode[] {
  const location = yaml.at(node);
  const texts = new Map<string, Text>();
  const lead = [...comments];
  let described: ReturnType<typeof readDescribed>;
  let hasValue = false;
  for (const entry of yaml.entries(node, '!arg', location) ?? []) {
    lead.push(...entry.comments);
    if (entry.key === 'value') {
      hasValue = true;
      described = readDescribed(entry, yaml);
    } else if (ARGUMENT_KEYS.includes(entry.key)) {
      const text = yaml.text(entry.value, entry.location);
      if (text !== undefined) texts.set(entry.key, text);
    } else unknownKey(entry, '!arg', ARGUMENT_KEYS, yaml);
  }
  if (!hasValue) yaml.problems.add('VALUE_MISSING', '!arg needs the key "value"', location);
  const index = texts.get('index');
  if (index !== undefined && !/^\d{1,4}$/.test(index.text)) {
    const message = `the index of an argument is a number from 0, not "${index.text}"`;
    yaml.problems.add('ATTRIBUTE_INVALID', message, index.location);
    return [];
  }
  if (described === undefined) return [];
  const { index: _index, ...rest } = Object.fromEntries(texts);
  return [
    {
      location,
      ...described,
      ...rest,
      ...(index === undefined ? {} : { index }),
      ...commented(lead),
    },
  ];
}

function readOthers(entry: Entry, yaml: YamlText): OtherNode[] {
  const kind = OTHERS[entry.key] as OtherNode['kind'];
  const { value } = entry;
  if (value === undefined) return [];
  return (yaml.items(value, entry.key) ?? []).flatMap(({ value: node, comments }) => {
    const location: SourceLocation = yaml.at(node);
    const attributes = new Map<string, Text>();
    const argTypes: Text[] = [];
    const lead = [...comments];
    for (const one of yaml.entries(node, entry.key, location) ?? []) {
      lead.push(...one.comments);
      if (one.key === 'arg-types' && isSeq(one.value)) argTypes.push(...readTypes(one.value, yaml));
      else if (!otherAttributes[kind].includes(one.key))
        unknownKey(one, `a ${kind}`, otherAttributes[kind], yaml);
      else {
        const text = yaml.text(one.value, one.location);
        if (text !== undefined) attributes.set(one.key, text);
      }
    }
    return [{ kind, location, attributes, argTypes, ...commented(lead) }];
  });
}

function readTypes(node: Node, yaml: YamlText): Text[] {
  return (yaml.items(node, 'arg-types') ?? []).flatMap((item) => {
    const text = isScalar(item.value) ? yaml.text(item.value, yaml.at(item.value)) : undefined;
    return text === undefined ? [] : [text];
  });
}
