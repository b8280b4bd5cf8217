/** A comment without its common indentation and without blank lines around it; line ends are `\n`. */
export function tidyComment(text: string): string {
  const lines = text
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .map((line) => line.trimEnd());
  while (lines.length > 0 && lines[0] === '') lines.shift();
  while (lines.length > 0 && lines.at(-1) === '') lines.pop();
  const first = lines[0] ?? '';
  // The first line follows the opening of the comment, so only the others tell the indentation.
  const rest = lines.slice(1).filter((line) => line !== '');
  const indent = Math.min(...rest.map((line) => line.search(/\S/)));
  return [
    first.trimStart(),
    ...lines.slice(1).map((line) => line.slice(Number.isFinite(indent) ? indent : 0)),
  ].join('\n');
}

/** Comments as optional fields of a node: absent when there are none. */
export function commented(
  comments: readonly string[],
  endComments: readonly string[] = [],
): { readonly comments?: readonly string[]; readonly endComments?: readonly string[] } {
  return {
    ...(comments.length > 0 ? { comments } : {}),
    ...(endComments.length > 0 ? { endComments } : {}),
  };
}
