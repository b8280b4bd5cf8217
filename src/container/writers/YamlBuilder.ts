import { type Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import type { Attributes, Commented, Meta } from '../definition/beanFile.ts';
import { commentText, emptyMap, scalar } from './yamlNodes.ts';

/** Makes the nodes of a YAML document, with comments where the reader finds them. */
export class YamlBuilder {
  /** Writes `{$ref: x}` instead of `!ref x`. */
  readonly plain: boolean;
  /** Collections written without a long form, whose first comment belongs to their first member. */
  readonly #short = new WeakSet<Node>();

  constructor(plain: boolean) {
    this.plain = plain;
  }

  /** Notes a collection that is written without a long form. */
  markShort(node: Node): void {
    this.#short.add(node);
  }

  /** A key with its value, and comments before the key. */
  pair(
    key: string | Node,
    value: Node,
    comments: readonly string[] | undefined = undefined,
  ): Pair<Node, Node> {
    const node = typeof key === 'string' ? scalar(key) : key;
    if (comments !== undefined && comments.length > 0) node.commentBefore = commentText(comments);
    return new Pair(node, value);
  }

  /** A list of what is written for each item, with the items' comments. */
  list<T extends Commented>(items: readonly T[], write: (item: T) => Node): YAMLSeq<Node> {
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

  /** A mapping of texts. */
  attributes(attributes: Attributes): YAMLMap<Node, Node> {
    if (attributes.size === 0) return emptyMap();
    const map = new YAMLMap<Node, Node>();
    for (const [name, text] of attributes) map.add(this.pair(name, scalar(text.text)));
    return map;
  }

  /** A mapping of notes. */
  meta(meta: readonly Meta[]): YAMLMap<Node, Node> {
    const map = new YAMLMap<Node, Node>();
    for (const { key, value } of meta) map.add(this.pair(key.text, scalar(value.text)));
    return map;
  }

  /** Puts a tag on a node, or writes the key that stands for it. */
  tagged(name: string, node: Node): Node {
    if (this.plain) {
      const map = new YAMLMap<Node, Node>();
      map.add(this.pair(`$${name}`, node));
      return map;
    }
    node.tag = `!${name}`;
    return node;
  }
}
