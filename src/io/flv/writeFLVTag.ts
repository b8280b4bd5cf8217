import {
  FLV_HEADER_BYTES,
  FLV_TAG_CODE,
  FLV_TAG_HEADER_BYTES,
  FLV_TAG_TRAILER_BYTES,
  type FLVTag,
  type FLVTracks,
  MAX_FLV_PAYLOAD_BYTES,
} from './FLVTag.ts';
import { flvError } from './flvErrors.ts';

/** The beginning of a file, up to its first tag. */
export function writeFLVHeader(tracks: FLVTracks): Buffer {
  const header = Buffer.alloc(FLV_HEADER_BYTES);
  header.write('FLV\x01', 'latin1');
  header[4] = flvTrackFlags(tracks);
  header.writeUInt32BE(9, 5);
  return header;
}

/** The fifth byte of a file, which says what media it has. */
export function flvTrackFlags({ hasAudio, hasVideo }: FLVTracks): number {
  return (hasAudio ? 4 : 0) | (hasVideo ? 1 : 0);
}

/**
 * A whole tag with the size that follows it.
 *
 * @throws Red5Error with code `FLV_TAG_TOO_LARGE` when the body does not fit into one
 */
export function writeFLVTag({ type, timestamp, payload }: FLVTag): Buffer {
  const { length } = payload;
  if (length > MAX_FLV_PAYLOAD_BYTES) {
    throw flvError('FLV_TAG_TOO_LARGE', `a body of ${length} bytes; at most 16,777,215 fit`);
  }
  const size = FLV_TAG_HEADER_BYTES + length;
  const tag = Buffer.allocUnsafe(size + FLV_TAG_TRAILER_BYTES);
  // `>>>` takes the low 32 bits of numbers up to 2^53.
  const low = timestamp >>> 0;
  tag[0] = FLV_TAG_CODE[type];
  tag.writeUIntBE(length, 1, 3);
  tag.writeUIntBE(low & 0xff_ff_ff, 4, 3);
  tag[7] = low >>> 24;
  tag.writeUIntBE(0, 8, 3); // Stream ID, always 0.
  payload.copy(tag, FLV_TAG_HEADER_BYTES);
  tag.writeUInt32BE(size, size);
  return tag;
}
