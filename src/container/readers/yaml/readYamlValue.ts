import { isMap, isNode, isScalar, isSeq, type Node, type Scalar } from 'yaml';
import type { EntryNode, Meta, PropNode, Text, ValueNode } from '../../definition/beanFile.ts';
import { booleanAttributes, collectionAttributes } from '../../definition/beanWords.ts';
import { didYouMean } from '../../errors/nearestName.ts';
import { commented } from '../comments.ts';
import {
  type Entry,
  endComments,
  ownTag,
  scalarText,
  splitComments,
  type YamlText,
} from './YamlText.ts';
import { yamlTags } from './yamlTags.ts';

const REFERENCES = ['ref', 'ref-parent', 'idref'] as const;
const NAMED = ['constant', 'property-path'] as const;
const COLLECTIONS: Readonly<Record<string, CollectionForm>> = {
  list: { kind: 'list', util: false },
  set: { kind: 'set', util: false },
  array: { kind: 'array', util: false },
  map: { kind: 'map', util: false },
  props: { kind: 'props', util: false },
  properties: { kind: 'props', util: true },
  'util-list': { kind: 'list', util: true },
  'util-set': { kind: 'set', util: true },
  'util-map': { kind: 'map', util: true },
  'util-properties': { kind: 'props', util: true },
};
interface CollectionForm {
  readonly kind: 'list' | 'set' | 'array' | 'map' | 'props';
  readonly util: boolean;
}

/** A value with what `!value` may say about it. */
export interface DescribedValue {
  readonly value: ValueNode;
  readonly description?: Text;
  readonly meta: readonly Meta[];
}

/**
 * Reads what a property, argument or entry holds.
 *
 * Undefined when it is no value, which is noted as a problem.
 */
export function readDescribed(
  entry: Pick<Entry, 'value' | 'location'>,
  yaml: YamlText,
): DescribedValue | undefined {
  const { value: node } = entry;
  if (node === undefined) {
    yaml.text(undefined, entry.location);
    return undefined;
  }
  const long = longValueOf(node);
  if (long !== undefined) return yaml.follow(long, (target) => readLongValue(target, yaml));
  const value = readValue(node, yaml);
  return value && { value, meta: [] };
}

/** What `!value` or `$value` applies to, if a node is one. */
function longValueOf(node: Node): Node | undefined {
  if (node.tag === '!value') return node;
  if (!isMap(node) || node.items.length !== 1 || ownTag(node) !== undefined) return undefined;
  const only = node.items[0];
  const isLong = isScalar(only?.key) && only.key.value === '$value' && isNode(only.value);
  return isLong ? (only.value as Node) : undefined;
}

/** Reads any value. Undefined when it is none, which is noted as a problem. */
export function readValue(node: Node, yaml: YamlText): ValueNode | undefined {
  return yaml.follow(node, (target) => {
    const location = yaml.at(target);
    const form = formOf(target, yaml);
    if (form === 'unknown') return undefined;
    if (form !== undefined) {
      const value = readTagged(form.name, form.body, yaml);
      return value && withComments(value, form.comments);
    }
    if (isSeq(target)) return readCollection(target, { kind: 'list', util: false }, yaml);
    if (isMap(target)) return readCollection(target, { kind: 'map', util: false }, yaml);
    if (yaml.isNull(target)) return { kind: 'null', location };
    const text = yaml.text(target, location);
    return text && { kind: 'text', ...text };
  });
}

/** A tag and what it applies to. */
interface Form {
  readonly name: string;
  readonly body: Node;
  /** Those of the mapping that is written instead of a tag. */
  readonly comments: readonly string[];
}

/** The tag of a value, written `!name` or as the only key `$name` of a mapping, and what it applies to. */
function formOf(node: Node, yaml: YamlText): Form | 'unknown' | undefined {
  const tag = ownTag(node);
  if (tag !== undefined) {
    const name = tag.slice(1);
    if (yamlTags.includes(name)) return { name, body: node, comments: [] };
    const message = `tag ${tag} is not known in bean files${didYouMean(name, yamlTags)}`;
    yaml.problems.add('YAML_TAG_UNKNOWN', message, yaml.at(node));
    return 'unknown';
  }
  if (!isMap(node) || node.items.length !== 1) return undefined;
  const [only] = node.items;
  if (only === undefined || !isScalar(only.key)) return undefined;
  const key = scalarText(only.key);
  if (!key.startsWith('$') || !yamlTags.includes(key.slice(1))) return undefined;
  const comments = [...splitComments(node.commentBefore), ...splitComments(only.key.commentBefore)];
  return { name: key.slice(1), body: only.value as Node, comments };
}

function readTagged(name: string, body: Node, yaml: YamlText): ValueNode | undefined {
  const location = yaml.at(body);
  const collection = Object.hasOwn(COLLECTIONS, name) ? COLLECTIONS[name] : undefined;
  if (collection !== undefined) return readCollection(body, collection, yaml, true);
  if (name === 'bean') {
    const bean = yaml.readBean(body, yaml);
    return bean && { kind: 'bean', location: bean.location, bean };
  }
  if (name === 'value') return readLongValue(body, yaml)?.value;
  if (name === 'arg') return yaml.shape('!arg stands in constructor-args only', body);
  const text = yaml.text(body, location);
  if (text === undefined) return undefined;
  if (text.text.trim() === '') return yaml.shape(`!${name} needs a name`, body);
  const reference = REFERENCES.find((kind) => kind === name);
  if (reference !== undefined) return { kind: reference, location, name: text.text };
  const named = NAMED.find((kind) => kind === name);
  return named && { kind: named, location, name: text.text };
}

/** `!value {type, value, description, meta}`. */
function readLongValue(node: Node, yaml: YamlText): DescribedValue | undefined {
  if (isScalar(node)) {
    const text = yaml.text(node, yaml.at(node));
    return text && { value: { kind: 'text', ...text }, meta: [] };
  }
  const parts = readLongParts(node, yaml);
  let { value } = parts;
  if (value === undefined) return undefined;
  if (parts.type !== undefined) {
    if (value.kind === 'text') value = { ...value, type: parts.type };
    else yaml.shape('a "type" needs a plain value', node);
  }
  const { description, meta } = parts;
  const described = description === undefined ? {} : { description };
  return { value: withComments(value, parts.comments), meta, ...described };
}

interface LongParts {
  value?: ValueNode | undefined;
  type?: Text | undefined;
  description?: Text | undefined;
  readonly meta: Meta[];
  readonly comments: string[];
}

function readLongParts(node: Node, yaml: YamlText): LongParts {
  const parts: LongParts = { meta: [], comments: [] };
  let hasValue = false;
  for (const entry of yaml.entries(node, '!value', yaml.at(node)) ?? []) {
    parts.comments.push(...entry.comments);
    if (entry.key === 'value') {
      hasValue = true;
      parts.value = entry.value && readValue(entry.value, yaml);
    } else if (entry.key === 'type') parts.type = yaml.text(entry.value, entry.location);
    else if (entry.key === 'description') {
      parts.description = yaml.description(entry.value, entry.location);
    } else if (entry.key === 'meta') parts.meta.push(...readMeta(entry, yaml));
    else unknownKey(entry, '!value', ['value', 'type', 'description', 'meta'], yaml);
  }
  if (!hasValue) yaml.problems.add('VALUE_MISSING', '!value needs the key "value"', yaml.at(node));
  return parts;
}

/** `meta: {key: value}`. */
export function readMeta(entry: Entry, yaml: YamlText): Meta[] {
  const entries = yaml.entries(entry.value, 'meta', entry.location) ?? [];
  return entries.flatMap(({ key, location, value }) => {
    const text = yaml.text(value, location);
    return text === undefined ? [] : [{ key: { text: key, location }, value: text }];
  });
}

/** Notes a key that is not known where it stands. */
export function unknownKey(
  entry: Entry,
  where: string,
  known: readonly string[],
  yaml: YamlText,
): void {
  const hint = didYouMean(entry.key, known) || `; known are ${known.join(', ')}`;
  yaml.problems.add(
    'ATTRIBUTE_UNKNOWN',
    `${where} has no key "${entry.key}"${hint}`,
    entry.location,
  );
}

function readCollection(
  node: Node,
  form: CollectionForm,
  yaml: YamlText,
  tagged = false,
): ValueNode | undefined {
  const known = collectionAttributes[form.util ? `util-${form.kind}` : form.kind] ?? [];
  const { body, attributes, description, comments } = longForm(node, form, known, yaml, tagged);
  const shared = {
    location: yaml.at(node),
    util: form.util,
    attributes,
    ...(description === undefined ? {} : { description }),
  };
  const end = body === undefined ? [] : endComments(body);
  if (form.kind === 'map' || form.kind === 'props') {
    const entries = body === undefined ? [] : yaml.entries(body, `a ${form.kind}`, yaml.at(node));
    if (entries === undefined) return undefined;
    const notes = commented(comments, end);
    if (form.kind === 'map') {
      return {
        kind: 'map',
        ...shared,
        entries: entries.flatMap((entry) => readEntry(entry, yaml)),
        ...notes,
      };
    }
    return {
      kind: 'props',
      ...shared,
      entries: entries.flatMap((entry) => readProp(entry, yaml)),
      ...notes,
    };
  }
  const items = body === undefined ? [] : yaml.items(body, `a ${form.kind}`);
  if (items === undefined) return undefined;
  return {
    kind: form.kind,
    ...shared,
    items: items.flatMap((item) => {
      const value = readValue(item.value, yaml);
      return value === undefined ? [] : [withComments(value, item.comments)];
    }),
    ...commented(comments, end),
  };
}

/** Puts comments before those a value has already. */
export function withComments<T extends ValueNode>(value: T, comments: readonly string[]): T {
  if (comments.length === 0) return value;
  return { ...value, comments: [...comments, ...(value.comments ?? [])] };
}

interface LongForm {
  readonly body: Node | undefined;
  readonly attributes: ReadonlyMap<string, Text>;
  readonly description?: Text;
  readonly comments: readonly string[];
}

/** The members of a collection, which stand under `items` or `entries` when it has attributes too. */
function longForm(
  node: Node,
  form: CollectionForm,
  known: readonly string[],
  yaml: YamlText,
  tagged: boolean,
): LongForm {
  const members = form.kind === 'map' || form.kind === 'props' ? 'entries' : 'items';
  if (!isLongForm(node, members, form, tagged))
    return { body: node, attributes: new Map(), comments: [] };
  const attributes = new Map<string, Text>();
  const comments: string[] = [];
  let body: Node | undefined;
  let description: Text | undefined;
  for (const entry of yaml.entries(node, `a ${form.kind}`, yaml.at(node)) ?? []) {
    comments.push(...entry.comments);
    if (entry.key === members) body = entry.value;
    else if (entry.key === 'description')
      description = yaml.description(entry.value, entry.location);
    else if (known.includes(entry.key)) {
      const text = yaml.text(entry.value, entry.location);
      if (text === undefined) continue;
      if (booleanAttributes.has(entry.key)) checkBoolean(entry.key, text, yaml);
      attributes.set(entry.key, text);
    } else unknownKey(entry, `a ${form.kind}`, [members, 'description', ...known], yaml);
  }
  comments.push(...endComments(node));
  return { body, attributes, comments, ...(description === undefined ? {} : { description }) };
}

function isLongForm(node: Node, members: string, form: CollectionForm, tagged: boolean): boolean {
  if (!isMap(node)) return false;
  if (members === 'items') return true;
  if (!tagged) return false;
  const keys = node.items.map((pair) => (isScalar(pair.key) ? scalarText(pair.key as Scalar) : ''));
  const held = node.items[keys.indexOf(members)]?.value;
  if (keys.includes(members)) return isMap(held);
  return form.util && (keys.includes('location') || keys.includes('scope'));
}

/** Refuses anything but true and false; placeholders are let through. */
export function checkBoolean(name: string, value: Text, yaml: YamlText): void {
  if (/^(?:true|false|default|)$/.test(value.text) || /[$#]\{/.test(value.text)) return;
  const message = `"${name}" is true or false, not "${value.text.slice(0, 60)}"`;
  yaml.problems.add('ATTRIBUTE_INVALID', message, value.location);
}

function readEntry(entry: Entry, yaml: YamlText): EntryNode[] {
  const key = readKey(entry, yaml);
  const described = readDescribed(entry, yaml);
  if (key === undefined || described === undefined) return [];
  const { value, description } = described;
  return [
    {
      location: entry.location,
      key,
      value,
      ...(description === undefined ? {} : { description }),
      ...commented(entry.comments),
    },
  ];
}

function readKey(entry: Entry, yaml: YamlText): ValueNode | undefined {
  const { keyNode, location, key } = entry;
  if (isScalar(keyNode) && ownTag(keyNode) === undefined && !yaml.isNull(keyNode)) {
    return { kind: 'text', text: key, location };
  }
  return readValue(keyNode, yaml);
}

function readProp(entry: Entry, yaml: YamlText): PropNode[] {
  const value = yaml.text(entry.value, entry.location);
  if (value === undefined) return [];
  const key = { text: entry.key, location: entry.location };
  // As in XML, where blanks around the text are layout.
  const trimmed = { ...value, text: value.text.trim() };
  return [{ location: entry.location, key, value: trimmed, ...commented(entry.comments) }];
}
