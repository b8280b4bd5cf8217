/**
 * What one text frame means to this page.
 *
 * On the wire a frame is one line: any text. This page writes a JSON object, `{"id": …, "name": …, "text": …}`, and reads one
 * whose `text` is a string; whatever else arrives, such as what an RTMP client set, is shown as it is.
 */
export interface Line {
  readonly text: string;
  /** Who says so; undefined when the line does not say. */
  readonly name?: string;
  /** Chosen by the page that sent it, so that it recognises its own line when it comes back. */
  readonly id?: string;
}

/** Longest name shown; longer ones are cut. */
const maxNameLength = 40;

/** Reads a frame; never fails. */
export function readLine(frame: string): Line {
  const object = parseObject(frame);
  const text = object?.['text'];
  if (!object || typeof text !== 'string') return { text: frame };
  const name = cleanName(object['name']);
  const id = object['id'];
  return {
    text,
    ...(name && { name }),
    ...(typeof id === 'string' && { id }),
  };
}

/** The frame this page sends. */
export function writeLine(line: Required<Line>): string {
  const { id, name, text } = line;
  return JSON.stringify({ id, name, text });
}

/** A name on one row, without surrounding space; undefined when nothing is left. */
export function cleanName(name: unknown): string | undefined {
  if (typeof name !== 'string') return undefined;
  const oneRow = name
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return [...oneRow].slice(0, maxNameLength).join('') || undefined;
}

/** True for one to three emoji and nothing else, which may be shown larger. */
export function isOnlyEmoji(text: string): boolean {
  return /^(?:\p{Extended_Pictographic}(?:\p{EMod}|\uFE0F|\u200D\p{Extended_Pictographic})*\s*){1,3}$/u.test(
    text.trim(),
  );
}

function parseObject(frame: string): Record<string, unknown> | undefined {
  if (!frame.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(frame) as Record<string, unknown>; // begins with a brace: an object
  } catch {
    return undefined; // a line that merely begins like JSON
  }
}
