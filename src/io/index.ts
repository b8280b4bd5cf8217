/**
 * Stateless data formats shared by plugins: AMF0 and AMF3, the formats of ActionScript values. Knows no connections.
 *
 * {@link AMF0Reader} and {@link AMF3Reader} turn bytes into plain data within limits, {@link AMF0Writer} and {@link AMF3Writer} do the
 * reverse. `docs/reference/rtmp.md` has the table of values.
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
