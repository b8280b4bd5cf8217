import { Document, type Node, YAMLMap, type YAMLSeq } from 'yaml';
import type { BeansItem, BeansNode, ContextNode, Text } from '../definition/beanFile.ts';
import { foldEnd, ownComments } from './ownComments.ts';
import { YamlBeanWriter } from './YamlBeanWriter.ts';
import { YamlBuilder } from './YamlBuilder.ts';
import { commentText, emptyMap, scalar, settleEndComments } from './yamlNodes.ts';

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
const CONTEXT_KINDS = ['property-placeholder', 'property-override', 'annotation-config'] as const;

/** Writes a bean file in YAML; reading it again gives the same definitions and the same comments. */
export function toYaml(file: BeansNode, options: ToYamlOptions = {}): string {
  const nodes = new YamlBuilder(options.plain ?? false);
  const document = new Document(null, { version: '1.2' });
  const contents = new YamlFileWriter(nodes).beans(file);
  if (contents.items.length === 0) contents.add(nodes.pair('beans', emptyMap()));
  settleEndComments(contents);
  document.contents = contents as typeof document.contents;
  if (file.comments !== undefined) document.commentBefore = commentText(file.comments);
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** Writes the top level of a file, and files nested in it. */
class YamlFileWriter {
  readonly #nodes: YamlBuilder;
  readonly #beans: YamlBeanWriter;

  constructor(nodes: YamlBuilder) {
    this.#nodes = nodes;
    this.#beans = new YamlBeanWriter(nodes);
  }

  beans(file: BeansNode): YAMLMap<Node, Node> {
    const map = new YAMLMap<Node, Node>();
    if (file.description !== undefined)
      map.add(this.#nodes.pair('description', scalar(file.description.text)));
    const profile = file.attributes.get('profile');
    if (profile !== undefined) map.add(this.#nodes.pair('profile', scalar(profile.text)));
    const defaults = new YAMLMap<Node, Node>();
    for (const [name, text] of file.attributes) {
      if (name !== 'profile')
        defaults.add(this.#nodes.pair(name.replace(/^default-/, ''), scalar(text.text)));
    }
    if (defaults.items.length > 0) map.add(this.#nodes.pair('defaults', defaults));
    if (isMappingForm(file)) this.#addGroups(map, file.items);
    else
      map.add(
        this.#nodes.pair(
          'beans',
          this.#nodes.list(file.items.map(foldEnd), (item) => this.#listItem(item)),
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
      this.#nodes.list(imports, (item) => scalar(item.resource.text)),
    );
    for (const kind of CONTEXT_KINDS) {
      const found = items.filter((item): item is ContextNode => item.kind === kind);
      lists.set(
        kind,
        this.#nodes.list(found, (item) => this.#nodes.attributes(item.attributes)),
      );
    }
    const nested = items.filter((item) => item.kind === 'beans');
    const groups = [
      ...lists,
      ['beans', this.#named(items)] as const,
      ['aliases', this.#aliases(items)] as const,
      ['nested', this.#nodes.list(nested, (item) => this.beans(item))] as const,
    ];
    for (const [key, group] of groups)
      if (group.items.length > 0) map.add(this.#nodes.pair(key, group));
  }

  /** Beans and objects under their ids, with a blank line between them. */
  #named(items: readonly BeansItem[]): YAMLMap<Node, Node> {
    const beans = new YAMLMap<Node, Node>();
    for (const item of items) {
      if (item.kind !== 'bean' && item.kind !== 'object') continue;
      const pair =
        item.kind === 'bean'
          ? this.#nodes.pair(
              item.attributes.get('id')?.text ?? '',
              this.#beans.bean(item, false),
              item.comments,
            )
          : this.#nodes.pair(item.id?.text ?? '', this.#beans.values.object(item.value), [
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
        aliases.add(this.#nodes.pair(item.alias.text, scalar(item.name.text), item.comments));
    }
    return aliases;
  }

  #listItem(item: BeansItem): Node {
    const map = new YAMLMap<Node, Node>();
    switch (item.kind) {
      case 'bean':
        return this.#beans.bean(item, true);
      case 'beans':
        map.add(this.#nodes.pair('nested', this.beans(item)));
        break;
      case 'import':
        map.add(this.#nodes.pair('import', scalar(item.resource.text)));
        break;
      case 'alias': {
        const alias = new YAMLMap<Node, Node>();
        alias.add(this.#nodes.pair('name', scalar(item.name.text)));
        alias.add(this.#nodes.pair('alias', scalar(item.alias.text)));
        map.add(this.#nodes.pair('alias', alias));
        break;
      }
      case 'object':
        if (item.id !== undefined) map.add(this.#nodes.pair('id', scalar(item.id.text)));
        map.add(
          this.#nodes.pair(
            'object',
            this.#beans.values.object(item.value),
            ownComments(item.value),
          ),
        );
        break;
      default:
        map.add(this.#nodes.pair(item.kind, this.#nodes.attributes(item.attributes)));
    }
    return map;
  }
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
