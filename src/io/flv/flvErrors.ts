import { ProtocolError } from '../../base/index.ts';

/** What can be wrong with FLV data. */
export const FLV_ERRORS = {
  FLV_BAD_HEADER: 'A file does not begin as FLV does',
  FLV_BAD_TAG: 'A tag of an FLV file is of an unknown type, encrypted, or its sizes do not agree',
  FLV_TAG_TOO_LARGE: 'A tag of an FLV file is larger than the limit',
} as const;

/** A key of {@link FLV_ERRORS}. */
export type FLVErrorCode = keyof typeof FLV_ERRORS;

/**
 * Makes the error for bad FLV data.
 *
 * @internal
 */
export function flvError(code: FLVErrorCode, message: string): ProtocolError {
  return new ProtocolError(code, message);
}
