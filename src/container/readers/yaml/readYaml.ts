import { isMap, isScalar, isSeq, type Node } from 'yaml';
import type {
  AliasNode,
  BeansItem,
  BeansNode,
  ContextNode,
  ImportNode,
  ListValue,
  MapValue,
  PropsValue,
  Text,
} from '../../definition/beanFile.ts';
import { beansDefaults, placeholderAttributes } from '../../definition/beanWords.ts';
import type { SourceText } from '../../definition/SourceText.ts';
import type { Problems } from '../../errors/Problems.ts';
import { commented } from '../comments.ts';
import { readAttribute, readBean } from './readYamlBean.ts';
import { readValue, unknownKey } from './readYamlValue.ts';
import { type Entry, endComments, ownTag, scalarText, YamlText } from './YamlText.ts';

const CONTEXT_KINDS = ['property-placeholder', 'property-override', 'annotation-config'] as const;
const KEYS = [
  'description',
  'profile',
  'defaults',
  'imports',
  ...CONTEXT_KINDS,
  'beans',
  'aliases',
  'nested',
];
const DEFAULTS = beansDefaults.map((name) => name.slice('default-'.length));

/**
 * Reads a bean file in YAML (or JSON).
 *
 * Problems are collected; what could be read is returned. Undefined when the text is not YAML at all.
 */
export function readYaml(source: SourceText, problems: Problems): BeansNode | undefined {
  try {
    const yaml = YamlText.parse(source, problems, readBean);
    if (yaml === undefined) return undefined;
    if (yaml.contents === undefined) {
      problems.add('YAML_SHAPE', 'the file is empty', source.at(0));
      return undefined;
    }
    const file = readBeans(yaml.contents, yaml);
    if (file === undefined) return undefined;
    const { before, after } = yaml.comments;
    return {
      ...file,
      ...commented([...before, ...(file.comments ?? [])], [...(file.endComments ?? []), ...after]),
    };
  } catch (error) {
    problems.catch(error);
    return undefined;
  }
}

function readBeans(
  node: Node,
  yaml: YamlText,
  lead: readonly string[] = [],
): BeansNode | undefined {
  const location = yaml.at(node);
  const entries = yaml.entries(node, 'a bean file', location);
  if (entries === undefined) return undefined;
  const attributes = new Map<string, Text>();
  const comments = [...lead];
  const end: string[] = [];
  const items: BeansItem[] = [];
  /** Aliases and nested files come after the beans, wherever they stand. */
  const late: BeansItem[] = [];
  let description: Text | undefined;
  for (const entry of entries) {
    comments.push(...entry.comments);
    if (entry.value !== undefined) end.push(...endComments(entry.value));
    if (entry.key === 'description') description = yaml.description(entry.value, entry.location);
    else if (entry.key === 'profile') readAttribute(entry, attributes, yaml);
    else if (entry.key === 'defaults') readDefaults(entry, attributes, yaml);
    else readGroup(entry, { items, late }, yaml);
  }
  return {
    kind: 'beans',
    location,
    attributes,
    ...(description === undefined ? {} : { description }),
    items: [...items, ...late],
    ...commented(comments, [...end, ...endComments(node)]),
  };
}

/** Reads a key that holds beans, or what may stand beside them. */
function readGroup(
  entry: Entry,
  { items, late }: { readonly items: BeansItem[]; readonly late: BeansItem[] },
  yaml: YamlText,
): void {
  const kind = CONTEXT_KINDS.find((one) => one === entry.key);
  if (kind !== undefined) items.push(...readContexts(entry, kind, yaml));
  else if (entry.key === 'imports') items.push(...readImports(entry, yaml));
  else if (entry.key === 'beans') items.push(...readItems(entry, yaml));
  else if (entry.key === 'aliases') late.push(...readAliases(entry, yaml));
  else if (entry.key === 'nested') late.push(...readNested(entry, yaml));
  else unknownKey(entry, 'a bean file', KEYS, yaml);
}

function readDefaults(entry: Entry, attributes: Map<string, Text>, yaml: YamlText): void {
  for (const one of yaml.entries(entry.value, 'defaults', entry.location) ?? []) {
    if (DEFAULTS.includes(one.key))
      readAttribute({ ...one, key: `default-${one.key}` }, attributes, yaml);
    else unknownKey(one, 'defaults', DEFAULTS, yaml);
  }
}

function listOf(
  entry: Entry,
  yaml: YamlText,
): readonly { readonly value: Node; readonly comments: readonly string[] }[] {
  if (entry.value === undefined) {
    yaml.text(undefined, entry.location);
    return [];
  }
  return yaml.items(entry.value, entry.key) ?? [];
}

function readImports(entry: Entry, yaml: YamlText): ImportNode[] {
  return listOf(entry, yaml).flatMap(({ value, comments }) => {
    const location = yaml.at(value);
    const resource = yaml.text(value, location);
    return resource === undefined
      ? []
      : [{ kind: 'import', location, resource, ...commented(comments) }];
  });
}

function readContexts(entry: Entry, kind: ContextNode['kind'], yaml: YamlText): ContextNode[] {
  if (isSeq(entry.value)) {
    return listOf(entry, yaml).map((item) => readContext(item.value, kind, item.comments, yaml));
  }
  if (entry.value !== undefined) return [readContext(entry.value, kind, [], yaml)];
  return [{ kind, location: entry.location, attributes: new Map() }];
}

function readContext(
  node: Node,
  kind: ContextNode['kind'],
  lead: readonly string[],
  yaml: YamlText,
): ContextNode {
  const attributes = new Map<string, Text>();
  const comments = [...lead];
  const known = kind === 'annotation-config' ? [] : placeholderAttributes;
  for (const one of yaml.entries(node, kind, yaml.at(node)) ?? []) {
    comments.push(...one.comments);
    if ((known as readonly string[]).includes(one.key)) readAttribute(one, attributes, yaml);
    else unknownKey(one, kind, known, yaml);
  }
  return {
    kind,
    location: yaml.at(node),
    attributes,
    ...commented([...comments, ...endComments(node)]),
  };
}

function readAliases(entry: Entry, yaml: YamlText): AliasNode[] {
  return (yaml.entries(entry.value, 'aliases', entry.location) ?? []).flatMap((one) => {
    const name = yaml.text(one.value, one.location);
    if (name === undefined) return [];
    const alias = { text: one.key, location: one.location };
    return [{ kind: 'alias', location: one.location, name, alias, ...commented(one.comments) }];
  });
}

function readNested(entry: Entry, yaml: YamlText): BeansNode[] {
  return listOf(entry, yaml).flatMap(({ value, comments }) => {
    const nested = yaml.follow(value, (target) => readBeans(target, yaml, comments));
    return nested === undefined ? [] : [nested];
  });
}

function readItems(entry: Entry, yaml: YamlText): BeansItem[] {
  const { value } = entry;
  if (value === undefined) {
    yaml.text(undefined, entry.location);
    return [];
  }
  if (isSeq(value)) {
    return listOf(entry, yaml).flatMap((item) => readListItem(item.value, item.comments, yaml));
  }
  return (yaml.entries(value, 'beans', entry.location, 'BEAN_DUPLICATE') ?? []).flatMap((one) => {
    const id = { text: one.key, location: one.location };
    return one.value === undefined
      ? noBean(one, yaml)
      : readNamed(one.value, id, one.comments, yaml);
  });
}

function noBean(entry: Entry, yaml: YamlText): [] {
  yaml.text(undefined, entry.location);
  return [];
}

/** A bean or another object under its id. */
function readNamed(node: Node, id: Text, comments: readonly string[], yaml: YamlText): BeansItem[] {
  const item = yaml.follow(node, (target) => {
    const tag = ownTag(target);
    const plainBean =
      isMap(target) && (tag === undefined || tag === '!bean') && !isDollarForm(target);
    return plainBean
      ? readBean(target, yaml, id, comments)
      : readObject(target, id, comments, yaml);
  });
  return item === undefined ? [] : [item];
}

function isDollarForm(node: Node): boolean {
  return isMap(node) && node.items.length === 1 && String(node.items[0]?.key).startsWith('$');
}

/** Values that are objects of their own are always the util forms of XML. */
function readObject(
  node: Node,
  id: Text | undefined,
  comments: readonly string[],
  yaml: YamlText,
): BeansItem | undefined {
  const value = readValue(node, yaml);
  if (value === undefined) return undefined;
  const location = id?.location ?? yaml.at(node);
  const named = id === undefined ? {} : { id };
  if (value.kind === 'bean') {
    const attributes =
      id === undefined ? value.bean.attributes : new Map([['id', id], ...value.bean.attributes]);
    return {
      ...value.bean,
      location,
      attributes,
      ...commented([...comments, ...(value.bean.comments ?? [])], value.bean.endComments),
    };
  }
  const isObject = value.kind === 'constant' || value.kind === 'property-path' || 'util' in value;
  if (!isObject || value.kind === 'array') {
    return yaml.shape(
      'a bean is a mapping, or a value with one of the tags !list, !set, !map, !properties, !constant, !property-path',
      node,
    );
  }
  if ('util' in value) checkMerge(value, yaml);
  const shared = { kind: 'object' as const, location, ...named, ...commented(comments) };
  return { ...shared, value: 'util' in value ? { ...value, util: true } : value };
}

/** What stands beside other beans has no parent to be merged with. */
function checkMerge(value: ListValue | MapValue | PropsValue, yaml: YamlText): void {
  const merge = value.attributes.get('merge');
  if (merge === undefined) return;
  const message = `a ${value.kind} that is a bean of its own cannot be merged`;
  yaml.problems.add('ATTRIBUTE_UNKNOWN', message, merge.location);
}

/** An item of `beans:` written as a list. */
function readListItem(node: Node, lead: readonly string[], yaml: YamlText): BeansItem[] {
  const item = yaml.follow(node, (target): BeansItem | undefined => {
    if (!isMap(target)) return yaml.shape('an item of "beans" is a mapping', target);
    const keys = target.items.map((pair) => (isScalar(pair.key) ? scalarText(pair.key) : ''));
    const only = keys.length === 1 ? keys[0] : undefined;
    if (keys.includes('object')) return readObjectItem(target, lead, yaml);
    if (!['import', 'alias', 'nested', ...CONTEXT_KINDS].includes(only ?? '')) {
      return readBean(target, yaml, undefined, lead);
    }
    const entry = yaml.entries(target, 'an item of "beans"', yaml.at(target))?.[0];
    return entry === undefined
      ? undefined
      : readOnlyKey(entry, [...lead, ...entry.comments, ...endComments(target)], yaml);
  });
  return item === undefined ? [] : [item];
}

function readOnlyKey(
  entry: Entry,
  comments: readonly string[],
  yaml: YamlText,
): BeansItem | undefined {
  const { location, value } = entry;
  const kind = CONTEXT_KINDS.find((one) => one === entry.key);
  if (kind !== undefined) {
    if (value === undefined)
      return { kind, location, attributes: new Map(), ...commented(comments) };
    return readContext(value, kind, comments, yaml);
  }
  if (entry.key === 'import') {
    const resource = yaml.text(value, location);
    return resource && { kind: 'import', location, resource, ...commented(comments) };
  }
  if (entry.key === 'nested') {
    return value === undefined ? undefined : readBeans(value, yaml, comments);
  }
  const attributes = new Map<string, Text>();
  const lead = [...comments];
  for (const one of yaml.entries(value, 'alias', location) ?? []) {
    lead.push(...one.comments);
    if (one.key === 'name' || one.key === 'alias') readAttribute(one, attributes, yaml);
    else unknownKey(one, 'alias', ['name', 'alias'], yaml);
  }
  const name = attributes.get('name');
  const alias = attributes.get('alias');
  if (name !== undefined && alias !== undefined)
    return { kind: 'alias', location, name, alias, ...commented(lead) };
  yaml.problems.add('ATTRIBUTE_MISSING', 'an alias needs the keys "name" and "alias"', location);
  return undefined;
}

function readObjectItem(
  node: Node,
  lead: readonly string[],
  yaml: YamlText,
): BeansItem | undefined {
  const comments = [...lead];
  let id: Text | undefined;
  let value: Node | undefined;
  for (const entry of yaml.entries(node, 'an item of "beans"', yaml.at(node)) ?? []) {
    comments.push(...entry.comments);
    if (entry.key === 'id') id = yaml.text(entry.value, entry.location);
    else if (entry.key === 'object') value = entry.value;
    else unknownKey(entry, 'an object', ['id', 'object'], yaml);
  }
  return value === undefined
    ? undefined
    : readObject(value, id, [...comments, ...endComments(node)], yaml);
}
