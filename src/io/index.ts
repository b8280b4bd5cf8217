/**
 * Stateless data formats shared by plugins: AMF0 and AMF3, the formats of ActionScript values, and FLV, the format of media files
 * whose bodies are those of RTMP messages. Knows no connections.
 *
 * {@link AMF0Reader} and {@link AMF3Reader} turn bytes into plain data within limits, {@link AMF0Writer} and {@link AMF3Writer} do the
 * reverse. `docs/reference/rtmp.md` has the table of values. {@link FLVReader} reads the tags of a file as its bytes come,
 * {@link writeFLVHeader} and {@link writeFLVTag} write them.
 *
 * @packageDocumentation
 */
export { AMF0Reader, readAMF0 } from './AMF0Reader.ts';
export { AMF0Writer, writeAMF0 } from './AMF0Writer.ts';
export { AMF3Reader, readAMF3 } from './AMF3Reader.ts';
export { type AMF3WriteOptions, AMF3Writer, writeAMF3 } from './AMF3Writer.ts';
export { type AMFLimits, DEFAULT_AMF_LIMITS } from './AMFLimits.ts';
export type { AMFReadOptions } from './AMFReadOptions.ts';
export { AMFXML } from './AMFXML.ts';
export { AMF_ERRORS, type AMFErrorCode } from './amfErrors.ts';
export { ByteReader } from './ByteReader.ts';
export { ByteWriter } from './ByteWriter.ts';
export { type Externalizable, FLEX_EXTERNALIZABLES } from './Externalizable.ts';
export { FLVIndex, type FLVIndexEntry } from './flv/FLVIndex.ts';
export { FLVReader, type FLVReaderOptions, type PlacedFLVTag } from './flv/FLVReader.ts';
export {
  FLV_HEADER_BYTES,
  FLV_TAG_HEADER_BYTES,
  FLV_TAG_TRAILER_BYTES,
  type FLVTag,
  type FLVTagType,
  type FLVTracks,
  MAX_FLV_PAYLOAD_BYTES,
} from './flv/FLVTag.ts';
export { FLV_ERRORS, type FLVErrorCode } from './flv/flvErrors.ts';
export { readFLVMetadata, writeFLVMetadata } from './flv/flvMetadata.ts';
export { flvTrackFlags, writeFLVHeader, writeFLVTag } from './flv/writeFLVTag.ts';
export { KeyCache } from './KeyCache.ts';
export {
  amfClassName,
  amfFixedLength,
  amfVectorType,
  amfWeakKeys,
  asVector,
  classNameOf,
  withClassName,
  withFixedLength,
  withWeakKeys,
} from './typeMarks.ts';
