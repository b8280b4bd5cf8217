import type { StreamParameters } from '../../../server/index.ts';

/** What a client calls a stream, taken apart. */
export interface StreamName {
  readonly name: string;
  readonly parameters: StreamParameters;
}

/** Parameters that are read; the others are left out. */
const MAX_PARAMETERS = 64;

/** The format that a name may begin with, or its last part. */
const FORMAT = /(?<=^|\/)(?:flv|mp4|f4v|mp3):(?=[^/]*$)|^(?:flv|mp4|f4v|mp3):/g;

/** Reads `mp4:name?token=…`: the name without the format that it may begin with, and what stands behind the `?`. */
export function readStreamName(text: unknown): StreamName {
  const whole = typeof text === 'string' ? text : '';
  const at = whole.indexOf('?');
  const name = at < 0 ? whole : whole.slice(0, at);
  const parameters: Record<string, string> = Object.create(null) as Record<string, string>;
  if (at >= 0) {
    let count = 0;
    for (const [key, value] of new URLSearchParams(whole.slice(at + 1))) {
      count += 1;
      if (count > MAX_PARAMETERS) break;
      parameters[key] = value;
    }
  }
  return { name: name.replace(FORMAT, ''), parameters: { ...parameters } };
}
