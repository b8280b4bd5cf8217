import { AMF0Reader } from '../AMF0Reader.ts';
import { writeAMF0 } from '../AMF0Writer.ts';

const NAME = 'onMetaData';
/** RTMP clients put this name before, to say that the server is to keep the data. */
const SET_DATA_FRAME = '@setDataFrame';
const PADDING = 'padding';

/** Reads the body of a data tag that describes the stream; undefined when it is another, or broken. */
export function readFLVMetadata(payload: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const reader = new AMF0Reader(payload);
    let name = reader.readValue();
    if (name === SET_DATA_FRAME) name = reader.readValue();
    if (name !== NAME) return undefined;
    const values = reader.readValue();
    return typeof values === 'object' && values !== null
      ? (values as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined; // Players do without, and so do we.
  }
}

/**
 * Writes the body of a data tag that describes the stream.
 *
 * @param size - bytes that the body is filled up to, so that it can be written over later; undefined when it does not fit
 */
export function writeFLVMetadata(
  values: Readonly<Record<string, unknown>>,
  size: number,
): Buffer | undefined {
  const encode = (padding: readonly unknown[]) =>
    writeAMF0(NAME, new Map<string, unknown>([...Object.entries(values), [PADDING, padding]]));
  const missing = size - encode([]).length;
  return missing < 0 ? undefined : encode(paddingOf(missing));
}

/** Bytes of a text before its characters; some players do not take texts of more than 1 KiB. */
const TEXT_HEAD = 3;
const TEXT_BYTES = 512;

/** Values that are written in so many bytes. */
function paddingOf(bytes: number): unknown[] {
  const values: unknown[] = [];
  let missing = bytes;
  for (; missing >= TEXT_BYTES; missing -= TEXT_BYTES)
    values.push(' '.repeat(TEXT_BYTES - TEXT_HEAD));
  if (missing === 1) values.push(null);
  else if (missing === 2) values.push(false);
  else if (missing > 0) values.push(' '.repeat(missing - TEXT_HEAD));
  return values;
}
