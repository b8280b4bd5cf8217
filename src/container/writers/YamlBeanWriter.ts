import { type Node, type Pair, YAMLMap, YAMLSeq } from 'yaml';
import type { ArgumentNode, BeanNode, OtherNode, PropertyNode } from '../definition/beanFile.ts';
import { beanAttributes } from '../definition/beanWords.ts';
import { ownComments } from './ownComments.ts';
import type { YamlBuilder } from './YamlBuilder.ts';
import { YamlValueWriter } from './YamlValueWriter.ts';
import { commentText, scalar } from './yamlNodes.ts';

const OTHER_KEYS: Readonly<Record<OtherNode['kind'], string>> = {
  qualifier: 'qualifiers',
  'lookup-method': 'lookup-methods',
  'replaced-method': 'replaced-methods',
};

/** Writes beans. */
export class YamlBeanWriter {
  readonly values: YamlValueWriter;
  readonly #nodes: YamlBuilder;

  constructor(nodes: YamlBuilder) {
    this.#nodes = nodes;
    this.values = new YamlValueWriter(nodes, (bean) => this.bean(bean, true));
  }

  /** The mapping that is a bean. */
  bean(bean: BeanNode, withId: boolean): YAMLMap<Node, Node> {
    const map = new YAMLMap<Node, Node>();
    const id = bean.attributes.get('id');
    if (withId && id !== undefined) map.add(this.#nodes.pair('id', scalar(id.text)));
    for (const name of beanAttributes) {
      const text = bean.attributes.get(name);
      if (text !== undefined) map.add(this.#nodes.pair(name, scalar(text.text)));
    }
    if (bean.description !== undefined)
      map.add(this.#nodes.pair('description', scalar(bean.description.text)));
    if (bean.meta.length > 0) map.add(this.#nodes.pair('meta', this.#nodes.meta(bean.meta)));
    if (bean.args.length > 0)
      map.add(this.#nodes.pair('constructor-args', this.#arguments(bean.args)));
    if (bean.properties.length > 0) {
      const properties = new YAMLMap<Node, Node>();
      for (const property of bean.properties) properties.add(this.#property(property));
      map.add(this.#nodes.pair('properties', properties));
    }
    for (const [kind, key] of Object.entries(OTHER_KEYS)) {
      const others = bean.others.filter((other) => other.kind === kind);
      if (others.length > 0)
        map.add(
          this.#nodes.pair(
            key,
            this.#nodes.list(others, (other) => this.#other(other)),
          ),
        );
    }
    if (map.items.length === 0) map.flow = true;
    else if (bean.endComments !== undefined) map.comment = commentText(bean.endComments);
    return map;
  }

  #other(other: OtherNode): Node {
    const map = this.#nodes.attributes(other.attributes);
    if (other.argTypes.length > 0) {
      const types = new YAMLSeq<Node>();
      types.flow = true;
      for (const type of other.argTypes) types.add(scalar(type.text));
      map.add(this.#nodes.pair('arg-types', types));
    }
    return map;
  }

  #property(property: PropertyNode): Pair<Node, Node> {
    const comments = [...(property.comments ?? []), ...ownComments(property.value)];
    return this.#nodes.pair(property.name.text, this.values.described(property), comments);
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
        map.add(this.#nodes.pair(keys[at] ?? '', this.values.described(argument), comments));
      }
      return map;
    }
    return this.#nodes.list(
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
    if (bare && description === undefined && meta.length === 0)
      return this.values.value(argument.value);
    const map = new YAMLMap<Node, Node>();
    for (const [key, text] of [
      ['index', index],
      ['name', name],
      ['type', type],
    ] as const) {
      if (text !== undefined) map.add(this.#nodes.pair(key, scalar(text.text)));
    }
    map.add(this.#nodes.pair('value', this.values.described(argument)));
    return this.#nodes.tagged('arg', map);
  }
}
