import { ProtocolError } from '../../base/index.ts';

/** What an RTMP peer can do wrong; every code is that of a `ProtocolError` that closes this one connection. */
export const RTMP_ERRORS = {
  RTMP_BAD_VERSION: 'The first byte is not a version of RTMP',
  RTMPE_NOT_SUPPORTED: 'The peer asks for RTMPE, whose encryption protects nothing; RTMPS does',
  RTMP_HANDSHAKE_TIMEOUT: 'The handshake was not finished in time',
  RTMP_CONNECT_TIMEOUT: 'No connect command came in time',
  RTMP_BAD_CHUNK: 'A chunk header makes no sense where it stands',
  RTMP_BAD_CHUNK_SIZE: 'A chunk size is not between 1 and 16,777,215',
  RTMP_TOO_MANY_CHUNK_STREAMS: 'More chunk streams are in use than the limit',
  RTMP_MESSAGE_TOO_LARGE: 'A message is longer than the limit',
  RTMP_BUFFER_FULL: 'Unfinished messages take more memory than the limit',
  RTMP_BAD_MESSAGE: 'The body of a message does not have the form of its type',
  RTMP_UNKNOWN_MESSAGES: 'Several messages of unknown types came in a row',
  RTMP_NOT_CONNECTED: 'Something else came before the connect command',
  RTMP_NOT_PUBLISHING: 'Media kept coming on streams that do not publish',
  RTMP_TOO_MANY_CALLS: 'More calls wait for their result than the limit',
  RTMP_QUEUE_FULL: 'The peer reads too slowly: what waits for it is more than the limit',
  RTMP_STALLED: 'The peer has read nothing for too long',
  RTMP_INACTIVE: 'The peer sent nothing and answered no ping for too long',
} as const;

/** A key of {@link RTMP_ERRORS}. */
export type RTMPErrorCode = keyof typeof RTMP_ERRORS;

/**
 * Makes the error for what a peer did wrong.
 *
 * @internal
 */
export function rtmpError(code: RTMPErrorCode, message: string): ProtocolError {
  return new ProtocolError(code, message);
}
