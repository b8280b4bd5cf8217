import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type Tags,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { SourceLocation } from '../../../base/index.ts';
import type { BeanNode, Text } from '../../definition/beanFile.ts';
import type { SourceText } from '../../definition/SourceText.ts';
import type { ContainerErrorCode } from '../../errors/containerErrors.ts';
import { didYouMean } from '../../errors/nearestName.ts';
import { configError, type Problems } from '../../errors/Problems.ts';
import { tidyComment } from '../comments.ts';
import { limits } from '../limits.ts';
import { yamlTags } from './yamlTags.ts';

/** A key of a mapping with its value and the comments before it. */
export interface Entry {
  readonly keyNode: Node;
  readonly key: string;
  readonly location: SourceLocation;
  /** Undefined when nothing stands after the colon. */
  readonly value: Node | undefined;
  readonly comments: readonly string[];
}

/** An item of a list with the comments before it. */
export interface Item {
  readonly value: Node;
  readonly comments: readonly string[];
}

/**
 * A YAML document as its nodes: texts as they were written, places, comments, and aliases followed within a budget.
 *
 * Shapes that do not fit are noted as problems; callers get undefined and go on.
 */
export class YamlText {
  readonly source: SourceText;
  readonly problems: Problems;
  /** How a bean inside of a value is read; set by the reader, so that values and beans can contain each other. */
  readonly readBean: (node: Node, text: YamlText) => BeanNode | undefined;
  readonly #document: Document;
  #anchors: Map<string, Node[]> | undefined;
  readonly #following = new Set<Node>();
  #aliasNodes = 0;
  #depth = 0;

  private constructor(
    source: SourceText,
    document: Document,
    problems: Problems,
    readBean: YamlText['readBean'],
  ) {
    this.source = source;
    this.problems = problems;
    this.readBean = readBean;
    this.#document = document;
  }

  /** Parses a text; undefined when it is not YAML, which is noted. */
  static parse(
    source: SourceText,
    problems: Problems,
    readBean: YamlText['readBean'],
  ): YamlText | undefined {
    if (isTooDeep(source, problems)) return undefined;
    // Keys are checked here (`entries`), which is also much faster than the library's own check.
    const document = parseDocument(source.text, {
      uniqueKeys: false,
      merge: false,
      logLevel: 'error',
      // Texts are taken as they were written, so that nothing is to be guessed from the look of them.
      schema: 'failsafe',
      customTags,
      prettyErrors: false,
    });
    const { yaml } = document.directives ?? {};
    if (yaml?.explicit === true && yaml.version !== '1.2') {
      problems.add('NOT_SUPPORTED', `bean files are YAML 1.2, not ${yaml.version}`, source.at(0));
      return undefined;
    }
    for (const error of document.errors) {
      const exhausted = error.code === 'RESOURCE_EXHAUSTION';
      const message = exhausted
        ? 'mappings and lists are nested too deep'
        : firstLine(error.message);
      problems.add(exhausted ? 'LIMIT_EXCEEDED' : 'YAML_SYNTAX', message, source.at(error.pos[0]));
    }
    if (document.errors.length > 0) return undefined;
    return new YamlText(source, document as Document, problems, readBean);
  }

  /** The node at the top; undefined for an empty file. */
  get contents(): Node | undefined {
    const { contents } = this.#document;
    return isNode(contents) ? contents : undefined;
  }

  /** Comments before the first and after the last node of the file. */
  get comments(): { readonly before: readonly string[]; readonly after: readonly string[] } {
    return {
      before: splitComments(this.#document.commentBefore),
      after: splitComments(this.#document.comment),
    };
  }

  /** Where a node stands. */
  at(node: Node | undefined): SourceLocation {
    return this.source.at(node?.range?.[0] ?? 0);
  }

  /** Runs a task one level deeper, following an alias; undefined when that is not possible. */
  follow<T>(node: Node, task: (target: Node) => T): T | undefined {
    if (this.#depth >= limits.depth) {
      throw configError(
        'LIMIT_EXCEEDED',
        `mappings and lists are nested more than ${limits.depth} deep`,
        this.at(node),
      );
    }
    const target = isAlias(node) ? this.#target(node) : node;
    if (target === undefined) return undefined;
    this.#depth += 1;
    const added = isAlias(node) ? this.#begin(target, node) : false;
    if (!added && this.#following.size > 0) this.#count(node);
    try {
      return task(target);
    } finally {
      this.#depth -= 1;
      if (added) this.#following.delete(target);
    }
  }

  #begin(target: Node, alias: Alias): boolean {
    if (this.#following.has(target)) {
      throw configError('YAML_ALIAS', `alias *${alias.source} contains itself`, this.at(alias));
    }
    const start = alias.range?.[0] ?? 0;
    const range = target.range;
    if (range && range[0] <= start && start < range[1]) {
      throw configError('YAML_ALIAS', `alias *${alias.source} contains itself`, this.at(alias));
    }
    this.#count(alias);
    this.#following.add(target);
    return true;
  }

  #count(node: Node): void {
    this.#aliasNodes += 1;
    if (this.#aliasNodes <= limits.aliasNodes) return;
    const message = `aliases add more than ${limits.aliasNodes} values to this file`;
    throw configError('YAML_ALIAS', message, this.at(node));
  }

  #target(alias: Alias): Node | undefined {
    this.#anchors ??= collectAnchors(this.#document);
    const before = alias.range?.[0] ?? 0;
    const found = this.#anchors
      .get(alias.source)
      ?.findLast((node) => (node.range?.[0] ?? 0) <= before);
    if (found !== undefined) return found;
    const message = `alias *${alias.source} is not defined${didYouMean(alias.source, this.#anchors.keys())}`;
    this.problems.add('YAML_ALIAS', message, this.at(alias));
    return undefined;
  }

  /** Plain text as written, or the value of a quoted or block text; undefined and a problem for anything else. */
  text(node: Node | undefined, place: SourceLocation): Text | undefined {
    if (node === undefined) return this.#empty(undefined, place);
    return this.follow(node, (target) => {
      if (!isScalar(target)) return this.shape('a plain value is expected here', target);
      if (target.type !== 'PLAIN') return { text: String(target.value), location: this.at(target) };
      const written = target.source ?? '';
      if (written === '') return this.#empty(target, place);
      return { text: written, location: this.at(target) };
    });
  }

  /** A description; blanks around it are layout, as in XML. */
  description(node: Node | undefined, place: SourceLocation): Text | undefined {
    const text = this.text(node, place);
    return text && { ...text, text: text.text.trim() };
  }

  #empty(node: Scalar | undefined, place: SourceLocation): undefined {
    let hint = '';
    if (node?.comment?.startsWith('{')) hint = '; an unquoted #{…} is a YAML comment, quote it';
    else if (node?.anchor) hint = `; an unquoted &${node.anchor} is a YAML anchor, quote it`;
    this.problems.add('YAML_VALUE_EMPTY', `nothing stands here; write null or ""${hint}`, place);
    return undefined;
  }

  /** True for `null` and `~`. */
  isNull(node: Node): boolean {
    return (
      isScalar(node) &&
      node.type === 'PLAIN' &&
      node.tag === undefined &&
      /^(?:null|Null|NULL|~)$/.test(node.source ?? '')
    );
  }

  /** The entries of a mapping in their order; undefined and a problem when it is none. */
  entries(
    node: Node | undefined,
    what: string,
    place: SourceLocation,
    duplicate: ContainerErrorCode = 'YAML_SYNTAX',
  ): Entry[] | undefined {
    if (node === undefined) return this.#empty(undefined, place);
    if (!isMap(node)) return this.shape(`${what} is a mapping`, node);
    const entries: Entry[] = [];
    const seen = new Set<string>();
    let first = splitComments(node.commentBefore);
    for (const pair of (node as YAMLMap<Node, Node | null>).items) {
      const entry = this.#entry(pair, first);
      first = [];
      if (entry === undefined) continue;
      const isText =
        isScalar(entry.keyNode) &&
        !this.isNull(entry.keyNode) &&
        ownTag(entry.keyNode) === undefined;
      if (isText && seen.has(entry.key)) {
        this.problems.add(duplicate, `key "${entry.key}" is given twice`, entry.location);
        continue;
      }
      if (isText) seen.add(entry.key);
      entries.push(entry);
    }
    return entries;
  }

  #entry(pair: Pair<Node, Node | null>, first: readonly string[]): Entry | undefined {
    const { key, value } = pair;
    const location = this.at(key);
    const text = isScalar(key) ? scalarText(key) : '';
    if (text === '<<' && isScalar(key) && key.type === 'PLAIN') {
      this.problems.add(
        'NOT_SUPPORTED',
        'merge keys (<<) are not used in bean files; inherit with "parent"',
        location,
      );
      return undefined;
    }
    const comments = [...first];
    if (!holdsNodes(key)) {
      comments.push(...splitComments(key.commentBefore), ...splitComments(key.comment));
    }
    const given = value === null || isNothing(value) ? undefined : value;
    if (value !== null && given === undefined) {
      this.#empty(value as Scalar, location);
      return undefined;
    }
    if (given !== undefined && !holdsNodes(given)) {
      comments.push(...splitComments(given.commentBefore), ...splitComments(given.comment));
    }
    return { keyNode: key, key: text, location, value: given, comments };
  }

  /** The items of a list; undefined and a problem when it is none. */
  items(node: Node, what: string): Item[] | undefined {
    if (!isSeq(node)) return this.shape(`${what} is a list`, node);
    let first = splitComments(node.commentBefore);
    const items: Item[] = [];
    for (const item of (node as YAMLSeq<Node | Pair>).items) {
      if (!isNode(item)) {
        this.shape('a mapping inside of [ ] is written { key: value }', node);
        continue;
      }
      if (isNothing(item)) {
        this.#empty(item as Scalar, this.at(item));
        continue;
      }
      const comments = [...first];
      first = [];
      // A mapping or list keeps its first comment itself, where its own reader finds it.
      if (!holdsNodes(item)) {
        comments.push(...splitComments(item.commentBefore), ...splitComments(item.comment));
      }
      items.push({ value: item, comments });
    }
    return items;
  }

  /** Notes that something else stands where `message` says what is expected. */
  shape(message: string, node: Node): undefined {
    this.problems.add('YAML_SHAPE', message, this.at(node));
    return undefined;
  }
}

/** Our tags, on anything: for a tag it does not know the library makes a warning with a stack, which is slow. */
const customTags: Tags = yamlTags.flatMap((name): Tags => {
  const tag = `!${name}`;
  return [
    { tag, resolve: (text: string) => text },
    { tag, collection: 'map' },
    { tag, collection: 'seq' },
  ];
});

const COMPACT = new RegExp(`^[ \\t]*(?:[-?:][ \\t]+){${limits.depth + 1}}`, 'm');

/** Lists inside of lists on one line; the library would not survive many of them. */
function isTooDeep(source: SourceText, problems: Problems): boolean {
  const at = source.text.search(COMPACT);
  if (at !== -1)
    problems.add('LIMIT_EXCEEDED', 'mappings and lists are nested too deep', source.at(at));
  return at !== -1;
}

/** The tag of a node if it is one of ours or unknown; undefined for none and for YAML's own. */
export function ownTag(node: Node): string | undefined {
  const { tag } = node;
  return tag === undefined || tag.startsWith('tag:yaml.org,2002:') ? undefined : tag;
}

/** Comments at the end of a mapping or list. */
export function endComments(node: Node): readonly string[] {
  return holdsNodes(node) ? splitComments(node.comment) : [];
}

/** Comment text of the library to comments: a blank line stands between two of them. */
export function splitComments(text: string | null | undefined): string[] {
  if (text === null || text === undefined || text === '') return [];
  return text
    .split(/\n\n+/)
    .map((one) =>
      tidyComment(
        one
          .split('\n')
          .map((line) => line.replace(/^ /, ''))
          .join('\n'),
      ),
    )
    .filter((one) => one !== '');
}

/** The text of a scalar as written, or its value when quoted. */
export function scalarText(node: Scalar): string {
  return node.type === 'PLAIN' ? (node.source ?? '') : String(node.value);
}

/** True for mappings and lists that are not empty; comments of others are read where they stand. */
function holdsNodes(node: Node): boolean {
  return (isMap(node) || isSeq(node)) && node.items.length > 0;
}

function isNothing(node: Node): boolean {
  return isScalar(node) && node.type === 'PLAIN' && (node.source ?? '') === '';
}

function collectAnchors(document: Document): Map<string, Node[]> {
  const anchors = new Map<string, Node[]>();
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node) || node.anchor === undefined) return;
      const known = anchors.get(node.anchor);
      if (known === undefined) anchors.set(node.anchor, [node]);
      else known.push(node);
    },
  });
  return anchors;
}

function firstLine(message: string): string {
  const line = (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
  return line.charAt(0).toLowerCase() + line.slice(1);
}
