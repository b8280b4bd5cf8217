import { Document, type Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type {
  ArgumentNode,
  Attributes,
  BeanNode,
  BeansItem,
  BeansNode,
  CollectionValue,
  Commented,
  ContextNode,
  EntryNode,
  MapValue,
  Meta,
  OtherNode,
  PropertyNode,
  PropsValue,
  Text,
  ValueHolder,
  ValueNode,
} from '../definition/beanFile.ts';
import { beanAttributes } from '../definition/beanWords.ts';

/** Options of {@link toYaml}. */
export interface ToYamlOptions {
  /** Writes `{$ref: x}` instead of `!ref x`, for tools that dislike tags. Default false. */
  readonly plain?: boolean;
}

/** Order in which kinds of items stand in the mapping form; a file in another order becomes a list. */
const RANKS: Readonly<Record<BeansItem['kind'], number>> = {
  import: 0,
  'property-placeholder': 1,
  'property-override': 2,
  'annotation-config': 3,
  bean: 4,
  object: 4,
  alias: 5,
  beans: 6,
};
const OTHER_KEYS: Readonly<Record<OtherNode['kind'], string>> = {
  qualifier: 'qualifiers',
  'lookup-method': 'lookup-methods',
  'replaced-method': 'replaced-methods',
};

/** Writes a bean file in YAML; reading it again gives the same definitions and the same comments. */
export function toYaml(file: BeansNode, options: ToYamlOptions = {}): string {
  const writer = new YamlWriter(options.plain ?? false);
  const document = new Document(null, { version: '1.2' });
  const contents = writer.beans(file);
  if (contents.items.length === 0) contents.add(writer.pair('beans', emptyMap()));
  settleEndComments(contents);
  document.contents = contents as typeof document.contents;
  if (file.comments !== undefined) document.commentBefore = commentText(file.comments);
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/**
 * Moves comments to where they are found again: those that follow the comments at the end of something inside belong to that.
 *
 * Returns the innermost node that has comments at its end.
 */
function settleEndComments(node: Node): Node | undefined {
  if (!(node instanceof YAMLMap) && !(node instanceof YAMLSeq)) return undefined;
  let last: Node | undefined;
  for (const item of node.items) {
    const head = (item instanceof Pair ? item.key : item) as Node;
    const value = (item instanceof Pair ? item.value : item) as Node;
    if (last !== undefined && head.commentBefore) {
      last.comment = `${last.comment}\n\n${head.commentBefore}`;
      head.commentBefore = null;
    }
    if (head !== value) settleEndComments(head);
    last = settleEndComments(value);
  }
  const comment = node.comment ?? undefined;
  if (comment === undefined) return last;
  if (last === undefined) return node;
  last.comment = `${last.comment}\n\n${comment}`;
  delete node.comment;
  return last;
}

function emptyMap(): YAMLMap<Node, Node> {
  const map = new YAMLMap<Node, Node>();
  map.flow = true;
  return map;
}

/** A blank line stands between two comments, `#` alone is a blank line inside of one. */
function commentText(comments: readonly string[]): string {
  const one = (comment: string): string =>
    comment
      .split('\n')
      .map((line) => (line === '' ? ' ' : ` ${line}`))
      .join('\n');
  return comments.map(one).join('\n\n');
}

/** What survives only in quotes: control characters, odd line ends, blanks at line ends. */
const ODD = new RegExp(
  [
    String.raw`[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]`,
    String.raw`[\ud800-\udfff]|[ \t]\n|\n[ \t]*$|^\s`,
  ].join('|'),
);

const CONTEXT_KINDS = ['property-placeholder', 'property-override', 'annotation-config'] as const;

/** Text as a scalar that the reader gives back letter for letter. */
function scalar(text: string): Scalar {
  if (text === 'true' || text === 'false') return new Scalar(text === 'true');
  if (/^-?\d{1,15}(?:\.\d+)?$/.test(text) && String(Number(text)) === text)
    return new Scalar(Number(text));
  const node = new Scalar(text);
  const odd = ODD.test(text);
  if (odd || text === '<<') node.type = Scalar.QUOTE_DOUBLE;
  else if (text.includes('\n')) node.type = Scalar.BLOCK_LITERAL;
  return node;
}

class YamlWriter {
  readonly #plain: boolean;
  /** Collections written without a long form, whose first comment belongs to their first member. */
  readonly #short = new WeakSet<Node>();

  constructor(plain: boolean) {
    this.#plain = plain;
  }

  pair(
    key: string | Node,
    value: Node,
    comments: readonly string[] | undefined = undefined,
  ): Pair<Node, Node> {
    const node = typeof key === 'string' ? scalar(key) : key;
    if (comments !== undefined && comments.length > 0) node.commentBefore = commentText(comments);
    return new Pair(node, value);
  }

  // --------------------------------------------------------------------- file

  beans(file: BeansNode): YAMLMap<Node, Node> {
    const map = new YAMLMap<Node, Node>();
    if (file.description !== undefined)
      map.add(this.pair('description', scalar(file.description.text)));
    const profile = file.attributes.get('profile');
    if (profile !== undefined) map.add(this.pair('profile', scalar(profile.text)));
    const defaults = new YAMLMap<Node, Node>();
    for (const [name, text] of file.attributes) {
      if (name !== 'profile')
        defaults.add(this.pair(name.replace(/^default-/, ''), scalar(text.text)));
    }
    if (defaults.items.length > 0) map.add(this.pair('defaults', defaults));
    if (isMappingForm(file)) this.#addGroups(map, file.items);
    else
      map.add(
        this.pair(
          'beans',
          this.#list(file.items.map(foldEnd), (item) => this.#listItem(item)),
        ),
      );
    if (file.endComments !== undefined) map.comment = commentText(file.endComments);
    return map;
  }

  #addGroups(map: YAMLMap<Node, Node>, given: readonly BeansItem[]): void {
    const items = given.map(foldEnd);
    const lists = new Map<string, YAMLSeq<Node>>();
    const imports = items.filter((item) => item.kind === 'import');
    lists.set(
      'imports',
      this.#list(imports, (item) => scalar(item.resource.text)),
    );
    for (const kind of CONTEXT_KINDS) {
      const found = items.filter((item): item is ContextNode => item.kind === kind);
      lists.set(
        kind,
        this.#list(found, (item) => this.#attributes(item.attributes)),
      );
    }
    const nested = items.filter((item) => item.kind === 'beans');
    const groups = [
      ...lists,
      ['beans', this.#named(items)] as const,
      ['aliases', this.#aliases(items)] as const,
      ['nested', this.#list(nested, (item) => this.beans(item))] as const,
    ];
    for (const [key, group] of groups) if (group.items.length > 0) map.add(this.pair(key, group));
  }

  /** Beans and objects under their ids, with a blank line between them. */
  #named(items: readonly BeansItem[]): YAMLMap<Node, Node> {
    const beans = new YAMLMap<Node, Node>();
    for (const item of items) {
      if (item.kind !== 'bean' && item.kind !== 'object') continue;
      const pair =
        item.kind === 'bean'
          ? this.pair(item.attributes.get('id')?.text ?? '', this.#bean(item, false), item.comments)
          : this.pair(item.id?.text ?? '', this.#object(item.value), [
              ...(item.comments ?? []),
              ...ownComments(item.value),
            ]);
      if (beans.items.length > 0) pair.key.spaceBefore = true;
      beans.add(pair);
    }
    return beans;
  }

  #aliases(items: readonly BeansItem[]): YAMLMap<Node, Node> {
    const aliases = new YAMLMap<Node, Node>();
    for (const item of items) {
      if (item.kind === 'alias')
        aliases.add(this.pair(item.alias.text, scalar(item.name.text), item.comments));
    }
    return aliases;
  }

  #list<T extends Commented>(items: readonly T[], write: (item: T) => Node): YAMLSeq<Node> {
    const list = new YAMLSeq<Node>();
    for (const item of items) {
      const node = write(item);
      if (item.comments !== undefined) this.#setComments(node, item.comments);
      list.add(node);
    }
    return list;
  }

  /** Comments before a collection are read as those of its first member, so that they are written there. */
  #setComments(node: Node, comments: readonly string[]): void {
    const first = this.#short.has(node) ? (node as YAMLMap | YAMLSeq).items[0] : undefined;
    if (first === undefined) {
      node.commentBefore = commentText(comments);
      return;
    }
    const head = (first instanceof Pair ? first.key : first) as Node;
    const more = this.#short.has(head) ? '' : (head.commentBefore ?? '');
    if (this.#short.has(head)) this.#setComments(head, comments);
    else
      head.commentBefore = [commentText(comments), more].filter((one) => one !== '').join('\n\n');
  }

  #listItem(item: BeansItem): Node {
    const map = new YAMLMap<Node, Node>();
    switch (item.kind) {
      case 'bean':
        return this.#bean(item, true);
      case 'beans':
        map.add(this.pair('nested', this.beans(item)));
        break;
      case 'import':
        map.add(this.pair('import', scalar(item.resource.text)));
        break;
      case 'alias': {
        const alias = new YAMLMap<Node, Node>();
        alias.add(this.pair('name', scalar(item.name.text)));
        alias.add(this.pair('alias', scalar(item.alias.text)));
        map.add(this.pair('alias', alias));
        break;
      }
      case 'object':
        if (item.id !== undefined) map.add(this.pair('id', scalar(item.id.text)));
        map.add(this.pair('object', this.#object(item.value), ownComments(item.value)));
        break;
      default:
        map.add(this.pair(item.kind, this.#attributes(item.attributes)));
    }
    return map;
  }

  #attributes(attributes: Attributes): YAMLMap<Node, Node> {
    if (attributes.size === 0) return emptyMap();
    const map = new YAMLMap<Node, Node>();
    for (const [name, text] of attributes) map.add(this.pair(name, scalar(text.text)));
    return map;
  }

  // --------------------------------------------------------------------- bean

  #bean(bean: BeanNode, withId: boolean): YAMLMap<Node, Node> {
    const map = new YAMLMap<Node, Node>();
    const id = bean.attributes.get('id');
    if (withId && id !== undefined) map.add(this.pair('id', scalar(id.text)));
    for (const name of beanAttributes) {
      const text = bean.attributes.get(name);
      if (text !== undefined) map.add(this.pair(name, scalar(text.text)));
    }
    if (bean.description !== undefined)
      map.add(this.pair('description', scalar(bean.description.text)));
    if (bean.meta.length > 0) map.add(this.pair('meta', this.#meta(bean.meta)));
    if (bean.args.length > 0) map.add(this.pair('constructor-args', this.#arguments(bean.args)));
    if (bean.properties.length > 0) {
      const properties = new YAMLMap<Node, Node>();
      for (const property of bean.properties) properties.add(this.#property(property));
      map.add(this.pair('properties', properties));
    }
    for (const [kind, key] of Object.entries(OTHER_KEYS)) {
      const others = bean.others.filter((other) => other.kind === kind);
      if (others.length > 0)
        map.add(
          this.pair(
            key,
            this.#list(others, (other) => this.#other(other)),
          ),
        );
    }
    if (map.items.length === 0) map.flow = true;
    else if (bean.endComments !== undefined) map.comment = commentText(bean.endComments);
    return map;
  }

  #meta(meta: readonly Meta[]): YAMLMap<Node, Node> {
    const map = new YAMLMap<Node, Node>();
    for (const { key, value } of meta) map.add(this.pair(key.text, scalar(value.text)));
    return map;
  }

  #other(other: OtherNode): Node {
    const map = this.#attributes(other.attributes);
    if (other.argTypes.length > 0) {
      const types = new YAMLSeq<Node>();
      types.flow = true;
      for (const type of other.argTypes) types.add(scalar(type.text));
      map.add(this.pair('arg-types', types));
    }
    return map;
  }

  #property(property: PropertyNode): Pair<Node, Node> {
    const comments = [...(property.comments ?? []), ...ownComments(property.value)];
    return this.pair(property.name.text, this.#described(property), comments);
  }

  /** A value, in its long form when it has a description or meta. */
  #described(holder: Pick<ValueHolder, 'value' | 'description' | 'meta'>): Node {
    const { value, description, meta } = holder;
    if (description === undefined && meta.length === 0) return this.value(value);
    return this.#tagged('value', this.#long(holder));
  }

  #long({
    value,
    description,
    meta,
  }: Pick<ValueHolder, 'value' | 'description' | 'meta'>): YAMLMap<Node, Node> {
    const map = new YAMLMap<Node, Node>();
    if (description !== undefined) map.add(this.pair('description', scalar(description.text)));
    if (meta.length > 0) map.add(this.pair('meta', this.#meta(meta)));
    if (value.kind === 'text' && value.type !== undefined) {
      map.add(this.pair('type', scalar(value.type.text)));
      map.add(this.pair('value', scalar(value.text)));
    } else map.add(this.pair('value', this.value(value)));
    return map;
  }

  #arguments(args: readonly ArgumentNode[]): Node {
    const simple = (argument: ArgumentNode): boolean => argument.type === undefined;
    const names = args.map(({ name }) => name?.text);
    const indexes = args.map(({ index }) => index?.text);
    const byName = args.every(
      (one) => simple(one) && one.index === undefined && one.name !== undefined,
    );
    const byIndex = args.every(
      (one) => simple(one) && one.name === undefined && one.index !== undefined,
    );
    const keys = byName ? names : indexes;
    const distinct =
      new Set(keys).size === args.length && !names.some((name) => /^\d{1,4}$/.test(name ?? ''));
    if ((byName || byIndex) && distinct) {
      const map = new YAMLMap<Node, Node>();
      for (const [at, argument] of args.entries()) {
        const comments = [...(argument.comments ?? []), ...ownComments(argument.value)];
        map.add(this.pair(keys[at] ?? '', this.#described(argument), comments));
      }
      return map;
    }
    return this.#list(
      args.map((argument) => ({
        ...argument,
        comments: [...(argument.comments ?? []), ...ownComments(argument.value)],
      })),
      (argument) => this.#listArgument(argument),
    );
  }

  #listArgument(argument: ArgumentNode): Node {
    const { index, name, type, description, meta } = argument;
    const bare = index === undefined && name === undefined && type === undefined;
    if (bare && description === undefined && meta.length === 0) return this.value(argument.value);
    const map = new YAMLMap<Node, Node>();
    for (const [key, text] of [
      ['index', index],
      ['name', name],
      ['type', type],
    ] as const) {
      if (text !== undefined) map.add(this.pair(key, scalar(text.text)));
    }
    map.add(this.pair('value', this.#described(argument)));
    return this.#tagged('arg', map);
  }

  // ------------------------------------------------------------------- values

  value(value: ValueNode): Node {
    switch (value.kind) {
      case 'text':
        if (value.type !== undefined) return this.#tagged('value', this.#long({ value, meta: [] }));
        return scalar(value.text);
      case 'null':
        return new Scalar(null);
      case 'bean': {
        const map = this.#bean(foldEnd(value.bean), true);
        const comments = [...(value.comments ?? []), ...(value.bean.comments ?? [])];
        const first = map.items[0]?.key;
        // Those of an empty bean stand before it.
        if (comments.length > 0 && first !== undefined) first.commentBefore = commentText(comments);
        if (first !== undefined && !this.#plain) this.#short.add(map);
        return this.#tagged('bean', map);
      }
      case 'list':
      case 'set':
      case 'array':
      case 'map':
      case 'props':
        return this.#collection(value, value.util ? utilTag(value.kind) : value.kind);
      default:
        return this.#tagged(value.kind, named(value.name));
    }
  }

  #object(value: ValueNode): Node {
    if (!('util' in value)) return this.value(value);
    const onlyTypes = [...value.attributes.keys()].every(
      (name) => name === 'value-type' || name === 'key-type',
    );
    const short = value.kind === 'props' ? 'properties' : value.kind;
    return this.#collection(value, onlyTypes ? short : utilTag(value.kind), true);
  }

  #collection(value: CollectionValue, tag: string, isObject = false): Node {
    const { attributes, description, endComments } = value;
    const isMap = value.kind === 'map' || value.kind === 'props';
    const members = isMap
      ? this.#entries(value)
      : this.#list(value.items.map(withOwnComments), (item) => this.value(item));
    if (members.items.length === 0) members.flow = true;
    else if (endComments !== undefined) members.comment = commentText(endComments);
    const holdsEntries = isMap && hasKey(members as YAMLMap<Node, Node>, 'entries');
    const bare = attributes.size === 0 && description === undefined;
    const plainMap = tag === 'map' && !isDollar(members);
    const untagged = bare && !isObject && (tag === 'list' || plainMap);
    if (untagged || (bare && !holdsEntries && !this.#looksLong(members, tag))) {
      if (members.items.length > 0 && (untagged || !this.#plain)) this.#short.add(members);
      return untagged ? members : this.#tagged(tag, members);
    }
    return this.#tagged(tag, this.#longForm(value, tag, members));
  }

  /** A collection with its attributes: `{value-type: int, items: […]}`. */
  #longForm(
    { attributes, description, kind }: CollectionValue,
    tag: string,
    members: YAMLMap<Node, Node> | YAMLSeq<Node>,
  ): YAMLMap<Node, Node> {
    const long = new YAMLMap<Node, Node>();
    for (const [name, text] of attributes) long.add(this.pair(name, scalar(text.text)));
    if (description !== undefined) long.add(this.pair('description', scalar(description.text)));
    const isFile = tag === 'properties' || tag.startsWith('util-');
    const empty =
      members.items.length === 0 &&
      isFile &&
      attributes.size > 0 &&
      members.commentBefore === undefined;
    const isMap = kind === 'map' || kind === 'props';
    if (!empty) long.add(this.pair(isMap ? 'entries' : 'items', members));
    return long;
  }

  /** Members of a table could be taken for the keys of its long form. */
  #looksLong(members: YAMLMap<Node, Node> | YAMLSeq<Node>, tag: string): boolean {
    if (tag !== 'properties' && !tag.startsWith('util-')) return false;
    return members instanceof YAMLMap && (hasKey(members, 'location') || hasKey(members, 'scope'));
  }

  #entries(value: MapValue | PropsValue): YAMLMap<Node, Node> {
    const map = new YAMLMap<Node, Node>();
    if (value.kind === 'props') {
      for (const { key, value: text, comments } of value.entries)
        map.add(this.pair(key.text, scalar(text.text), comments));
      return map;
    }
    // Keys may differ in their tags alone, which `add` does not see.
    for (const entry of value.entries) map.items.push(this.#entry(entry));
    return map;
  }

  #entry(entry: EntryNode): Pair<Node, Node> {
    const { key, value, description } = entry;
    const written =
      key.kind === 'text' && key.type === undefined ? scalar(key.text) : this.value(key);
    const comments = [...(entry.comments ?? []), ...ownComments(key), ...ownComments(value)];
    const node = this.#described({
      value,
      meta: [],
      ...(description === undefined ? {} : { description }),
    });
    return this.pair(written, node, comments);
  }

  #tagged(name: string, node: Node): Node {
    if (this.#plain) {
      const map = new YAMLMap<Node, Node>();
      map.add(this.pair(`$${name}`, node));
      return map;
    }
    node.tag = `!${name}`;
    return node;
  }
}

/** Comments that stand before a value; those of beans and collections with content are written inside of them. */
function ownComments(value: ValueNode): readonly string[] {
  if (isEmptyCollection(value)) return [...(value.comments ?? []), ...(value.endComments ?? [])];
  if (value.kind !== 'bean') return value.comments ?? [];
  if (!isEmptyBean(value.bean)) return [];
  return [
    ...(value.comments ?? []),
    ...(value.bean.comments ?? []),
    ...(value.bean.endComments ?? []),
  ];
}

/** Items of a list keep their comments, but those of an inner bean with content stand inside of it. */
function withOwnComments(value: ValueNode): ValueNode & Commented {
  if (value.kind !== 'bean' && !isEmptyCollection(value)) return value;
  if (value.kind !== 'bean' || isEmptyBean(value.bean)) {
    const comments = ownComments(value);
    return comments.length === 0 ? value : { ...value, comments };
  }
  const { comments, ...rest } = value;
  return {
    ...rest,
    bean: { ...value.bean, comments: [...(comments ?? []), ...(value.bean.comments ?? [])] },
  };
}

function isEmptyCollection(value: ValueNode): boolean {
  return 'util' in value && ('items' in value ? value.items : value.entries).length === 0;
}

function isEmptyBean(bean: BeanNode): boolean {
  const { attributes, description, meta, args, properties, others } = bean;
  const parts = attributes.size + meta.length + args.length + properties.length + others.length;
  return parts === 0 && description === undefined;
}

/** An empty mapping cannot hold comments at its end, so that they go before it. */
function foldEnd<T extends BeansItem>(item: T): T {
  if (!('endComments' in item) || item.endComments === undefined || !isEmptyItem(item)) return item;
  const { endComments, ...rest } = item as T & Commented;
  return { ...rest, comments: [...(item.comments ?? []), ...(endComments ?? [])] } as unknown as T;
}

function isEmptyItem(item: BeansItem): boolean {
  if (item.kind === 'beans') {
    return item.attributes.size + item.items.length === 0 && item.description === undefined;
  }
  if (item.kind !== 'bean') return false;
  const others = [...item.attributes.keys()].filter((name) => name !== 'id');
  return others.length === 0 && isEmptyBean({ ...item, attributes: new Map() });
}

function named(name: string): Scalar {
  const node = new Scalar(name);
  if (!/^[\w./$-][\w./$ -]*$/.test(name) || /\s$/.test(name)) node.type = Scalar.QUOTE_DOUBLE;
  return node;
}

function utilTag(kind: string): string {
  return kind === 'props' ? 'util-properties' : `util-${kind}`;
}

function hasKey(map: YAMLMap<Node, Node>, key: string): boolean {
  return map.items.some((pair) => pair.key instanceof Scalar && pair.key.value === key);
}

/** A mapping with one `$…` key would be read as a tag. */
function isDollar(members: YAMLMap<Node, Node> | YAMLSeq<Node>): boolean {
  const only = members.items.length === 1 ? members.items[0] : undefined;
  return (
    only instanceof Pair && only.key instanceof Scalar && String(only.key.value).startsWith('$')
  );
}

/** True when the items stand in the order of the mapping form, and each can be a key. */
function isMappingForm(file: BeansNode): boolean {
  const ranks = file.items.map((item) => RANKS[item.kind]);
  if (ranks.some((rank, index) => index > 0 && rank < (ranks[index - 1] ?? 0))) return false;
  const ids = new Set<string>();
  const aliases = new Set<string>();
  for (const item of file.items) {
    if (item.kind === 'alias') {
      if (aliases.has(item.alias.text)) return false;
      aliases.add(item.alias.text);
    } else if (item.kind === 'bean' || item.kind === 'object') {
      const id: Text | undefined = item.kind === 'bean' ? item.attributes.get('id') : item.id;
      if (id === undefined || ids.has(id.text)) return false;
      ids.add(id.text);
    }
  }
  return true;
}
