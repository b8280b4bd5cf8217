import { type Node, type Pair, Scalar, YAMLMap, type YAMLSeq } from 'yaml';
import type {
  BeanNode,
  CollectionValue,
  EntryNode,
  MapValue,
  PropsValue,
  ValueHolder,
  ValueNode,
} from '../definition/beanFile.ts';
import { foldEnd, ownComments, withOwnComments } from './ownComments.ts';
import type { YamlBuilder } from './YamlBuilder.ts';
import { commentText, hasKey, isDollar, named, scalar } from './yamlNodes.ts';

/** Writes what properties, arguments and entries hold. */
export class YamlValueWriter {
  readonly #nodes: YamlBuilder;
  /** How a bean inside of a value is written. */
  readonly #writeBean: (bean: BeanNode) => YAMLMap<Node, Node>;

  constructor(nodes: YamlBuilder, writeBean: (bean: BeanNode) => YAMLMap<Node, Node>) {
    this.#nodes = nodes;
    this.#writeBean = writeBean;
  }

  /** A value, in its long form when it has a description or meta. */
  described(holder: Pick<ValueHolder, 'value' | 'description' | 'meta'>): Node {
    const { value, description, meta } = holder;
    if (description === undefined && meta.length === 0) return this.value(value);
    return this.#nodes.tagged('value', this.#long(holder));
  }

  #long({
    value,
    description,
    meta,
  }: Pick<ValueHolder, 'value' | 'description' | 'meta'>): YAMLMap<Node, Node> {
    const map = new YAMLMap<Node, Node>();
    if (description !== undefined)
      map.add(this.#nodes.pair('description', scalar(description.text)));
    if (meta.length > 0) map.add(this.#nodes.pair('meta', this.#nodes.meta(meta)));
    if (value.kind === 'text' && value.type !== undefined) {
      map.add(this.#nodes.pair('type', scalar(value.type.text)));
      map.add(this.#nodes.pair('value', scalar(value.text)));
    } else map.add(this.#nodes.pair('value', this.value(value)));
    return map;
  }

  value(value: ValueNode): Node {
    switch (value.kind) {
      case 'text':
        if (value.type !== undefined)
          return this.#nodes.tagged('value', this.#long({ value, meta: [] }));
        return scalar(value.text);
      case 'null':
        return new Scalar(null);
      case 'bean': {
        const map = this.#writeBean(foldEnd(value.bean));
        const comments = [...(value.comments ?? []), ...(value.bean.comments ?? [])];
        const first = map.items[0]?.key;
        // Those of an empty bean stand before it.
        if (comments.length > 0 && first !== undefined) first.commentBefore = commentText(comments);
        if (first !== undefined && !this.#nodes.plain) this.#nodes.markShort(map);
        return this.#nodes.tagged('bean', map);
      }
      case 'list':
      case 'set':
      case 'array':
      case 'map':
      case 'props':
        return this.#collection(value, value.util ? utilTag(value.kind) : value.kind);
      default:
        return this.#nodes.tagged(value.kind, named(value.name));
    }
  }

  /** A value that is a bean of its own, under its tag. */
  object(value: ValueNode): Node {
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
      : this.#nodes.list(value.items.map(withOwnComments), (item) => this.value(item));
    if (members.items.length === 0) members.flow = true;
    else if (endComments !== undefined) members.comment = commentText(endComments);
    const holdsEntries = isMap && hasKey(members as YAMLMap<Node, Node>, 'entries');
    const bare = attributes.size === 0 && description === undefined;
    const plainMap = tag === 'map' && !isDollar(members);
    const untagged = bare && !isObject && (tag === 'list' || plainMap);
    if (untagged || (bare && !holdsEntries && !this.#looksLong(members, tag))) {
      if (members.items.length > 0 && (untagged || !this.#nodes.plain))
        this.#nodes.markShort(members);
      return untagged ? members : this.#nodes.tagged(tag, members);
    }
    return this.#nodes.tagged(tag, this.#longForm(value, tag, members));
  }

  /** A collection with its attributes: `{value-type: int, items: […]}`. */
  #longForm(
    { attributes, description, kind }: CollectionValue,
    tag: string,
    members: YAMLMap<Node, Node> | YAMLSeq<Node>,
  ): YAMLMap<Node, Node> {
    const long = new YAMLMap<Node, Node>();
    for (const [name, text] of attributes) long.add(this.#nodes.pair(name, scalar(text.text)));
    if (description !== undefined)
      long.add(this.#nodes.pair('description', scalar(description.text)));
    const isFile = tag === 'properties' || tag.startsWith('util-');
    const empty =
      members.items.length === 0 &&
      isFile &&
      attributes.size > 0 &&
      members.commentBefore === undefined;
    const isMap = kind === 'map' || kind === 'props';
    if (!empty) long.add(this.#nodes.pair(isMap ? 'entries' : 'items', members));
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
        map.add(this.#nodes.pair(key.text, scalar(text.text), comments));
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
    const node = this.described({
      value,
      meta: [],
      ...(description === undefined ? {} : { description }),
    });
    return this.#nodes.pair(written, node, comments);
  }
}

function utilTag(kind: string): string {
  return kind === 'props' ? 'util-properties' : `util-${kind}`;
}
