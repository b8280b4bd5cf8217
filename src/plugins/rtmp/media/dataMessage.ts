import { AMF0Reader, AMF0Writer, type AMFReadOptions } from '../../../io/index.ts';

/** What publishers put before the name of data that is to be kept for whoever joins. */
const SET_DATA_FRAME = '@setDataFrame';
/** What takes it away again. */
const CLEAR_DATA_FRAME = '@clearDataFrame';

/**
 * The body of a data message as players and files have it: AMF0, beginning with a name.
 *
 * @param isAMF3 - whether the message is of type 15, whose values may be AMF3
 * @returns undefined when there is nothing for players in it
 * @throws ProtocolError when it is not AMF
 */
export function readDataMessage(
  payload: Buffer,
  isAMF3: boolean,
  options: AMFReadOptions,
): Buffer | undefined {
  const body = isAMF3 ? payload.subarray(1) : payload;
  const reader = new AMF0Reader(body, options);
  const values: unknown[] = [];
  let start = 0;
  while (reader.remaining > 0) {
    values.push(reader.readValue());
    if (values.length === 1 && values[0] === SET_DATA_FRAME) {
      values.length = 0;
      start = body.length - reader.remaining;
    }
  }
  const [name] = values;
  if (typeof name !== 'string' || name === CLEAR_DATA_FRAME) return undefined;
  if (!isAMF3) return Buffer.from(body.subarray(start));
  const writer = new AMF0Writer();
  for (const value of values) writer.writeValue(value);
  return writer.toBuffer();
}
