import { rtmpError } from '../rtmpErrors.ts';

/** One of the messages inside an aggregate. */
export interface AggregatePart {
  readonly type: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}

const TAG_HEADER_BYTES = 11;
const BACK_POINTER_BYTES = 4;

/**
 * Takes an aggregate message apart (RTMP 1.0, 7.1.6): FLV tags, whose times count from that of the first.
 *
 * @throws ProtocolError with code `RTMP_BAD_MESSAGE`
 */
export function readAggregate(timestamp: number, payload: Buffer): AggregatePart[] {
  const parts: AggregatePart[] = [];
  let first: number | undefined;
  let at = 0;
  while (at < payload.length) {
    if (at + TAG_HEADER_BYTES > payload.length) throw bad('a tag header');
    const size = payload.readUIntBE(at + 1, 3);
    const end = at + TAG_HEADER_BYTES + size;
    if (end > payload.length) throw bad(`a tag of ${size} bytes`);
    const time = payload.readUIntBE(at + 4, 3) + payload.readUInt8(at + 7) * 0x100_0000;
    first ??= time;
    parts.push({
      type: payload.readUInt8(at) & 0x1f,
      timestamp: (timestamp + time - first) >>> 0,
      payload: payload.subarray(at + TAG_HEADER_BYTES, end),
    });
    at = end + BACK_POINTER_BYTES;
  }
  return parts;
}

function bad(what: string): Error {
  return rtmpError('RTMP_BAD_MESSAGE', `an aggregate that ends within ${what}`);
}
