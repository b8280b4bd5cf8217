import { type Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';

/** A blank line stands between two comments, `#` alone is a blank line inside of one. */
export function commentText(comments: readonly string[]): string {
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

/** Text as a scalar that the reader gives back letter for letter. */
export function scalar(text: string): Scalar {
  if (text === 'true' || text === 'false') return new Scalar(text === 'true');
  if (/^-?\d{1,15}(?:\.\d+)?$/.test(text) && String(Number(text)) === text)
    return new Scalar(Number(text));
  const node = new Scalar(text);
  const odd = ODD.test(text);
  if (odd || text === '<<') node.type = Scalar.QUOTE_DOUBLE;
  else if (text.includes('\n')) node.type = Scalar.BLOCK_LITERAL;
  return node;
}

/** A mapping without anything in it, `{}`. */
export function emptyMap(): YAMLMap<Node, Node> {
  const map = new YAMLMap<Node, Node>();
  map.flow = true;
  return map;
}

/** The name of a bean as a scalar. */
export function named(name: string): Scalar {
  const node = new Scalar(name);
  if (!/^[\w./$-][\w./$ -]*$/.test(name) || /\s$/.test(name)) node.type = Scalar.QUOTE_DOUBLE;
  return node;
}

/** True when a mapping has a key. */
export function hasKey(map: YAMLMap<Node, Node>, key: string): boolean {
  return map.items.some((pair) => pair.key instanceof Scalar && pair.key.value === key);
}

/** A mapping with one `$…` key would be read as a tag. */
export function isDollar(members: YAMLMap<Node, Node> | YAMLSeq<Node>): boolean {
  const only = members.items.length === 1 ? members.items[0] : undefined;
  return (
    only instanceof Pair && only.key instanceof Scalar && String(only.key.value).startsWith('$')
  );
}

/**
 * Moves comments to where they are found again: those that follow the comments at the end of something inside belong to that.
 *
 * Returns the innermost node that has comments at its end.
 */
export function settleEndComments(node: Node): Node | undefined {
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
