/** A stream as the server lists it. */
export interface ListedStream {
  /** The room it is in, `room1/inner`; empty for the application itself. */
  readonly room: string;
  readonly name: string;
  /** When it began, in milliseconds since the epoch. */
  readonly since: number;
  readonly viewers: number;
}

/** What a frame from the server says. */
export type Frame =
  | { readonly kind: 'streams'; readonly streams: readonly ListedStream[] }
  | { readonly kind: 'line'; readonly name: string | undefined; readonly text: string };

/** Reads a frame; undefined for what this page does not know. */
export function readFrame(frame: string): Frame | undefined {
  const { streams, line } = parseObject(frame);
  if (Array.isArray(streams)) return { kind: 'streams', streams: streams.filter(isListedStream) };
  if (typeof line !== 'string') return undefined;
  const { name, text } = parseObject(line);
  if (typeof text !== 'string') return { kind: 'line', name: undefined, text: line };
  return { kind: 'line', name: typeof name === 'string' ? cleanName(name) : undefined, text };
}

/** A line as this page says it. */
export function writeLine(name: string, text: string): string {
  return JSON.stringify({ name, text });
}

/** A name on one row, not longer than is shown; undefined when nothing is left. */
export function cleanName(name: string): string | undefined {
  const oneRow = name.replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return [...oneRow].slice(0, 40).join('') || undefined;
}

/** Tells streams apart, and is their place in the page's address: `room1/camera`. */
export function keyOf({ room, name }: Pick<ListedStream, 'room' | 'name'>): string {
  return room === '' ? name : `${room}/${name}`;
}

function isListedStream(value: unknown): value is ListedStream {
  if (typeof value !== 'object' || value === null) return false;
  const { room, name, since, viewers } = value as Partial<Record<keyof ListedStream, unknown>>;
  return (
    typeof room === 'string' &&
    typeof name === 'string' &&
    typeof since === 'number' &&
    typeof viewers === 'number'
  );
}

function parseObject(text: string): Record<string, unknown> {
  if (!text.startsWith('{')) return {};
  try {
    return JSON.parse(text) as Record<string, unknown>; // begins with a brace: an object
  } catch {
    return {}; // a line that merely begins like JSON
  }
}
