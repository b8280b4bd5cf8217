/**
 * The text of a line, whatever was set as its value; undefined when there is nothing to say.
 *
 * Browsers set texts, RTMP clients anything: numbers and truth values are written out, dates in ISO form, lists and objects as JSON.
 */
export function lineOf(value: unknown): string | undefined {
  const line = textOf(value);
  return line === undefined || line.trim() === '' ? undefined : line;
}

function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  try {
    return JSON.stringify(value, plain);
  } catch {
    return String(value); // a list that contains itself: better said badly than not at all
  }
}

/** Maps and sets as JSON knows them. */
function plain(_key: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  return value;
}
