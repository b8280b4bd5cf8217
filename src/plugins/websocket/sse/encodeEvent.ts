/** One event of a stream. */
export interface StreamEvent {
  /** Name; a plain message when left out. */
  readonly event?: string;
  readonly id?: string;
  readonly data: string;
}

/** Any of the line ends a browser splits an event stream at. */
const LINE_END = /\r\n|\r|\n/;

/**
 * Writes an event as `text/event-stream`.
 *
 * Data may have any number of lines; name and id lose their line ends, so that nothing in them becomes a field or event of its own.
 */
export function encodeEvent({ event, id, data }: StreamEvent): string {
  const lines: string[] = [];
  if (id !== undefined) lines.push(`id: ${oneLine(id)}`);
  if (event !== undefined) lines.push(`event: ${oneLine(event)}`);
  for (const line of data.split(LINE_END)) lines.push(`data: ${line}`);
  return `${lines.join('\n')}\n\n`;
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]+/g, ' ');
}
