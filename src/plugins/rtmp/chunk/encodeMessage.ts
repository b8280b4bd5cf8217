import { EXTENDED_TIMESTAMP } from './chunkLimits.ts';
import type { RTMPMessage } from './RTMPMessage.ts';

const FULL_HEADER_BYTES = 11;
const CONTINUATION = 0xc0;

/**
 * Cuts a message into chunks.
 *
 * The first always has the full header, so the bytes depend on nothing sent before: every connection with the same chunk size
 * can be given the same buffer.
 */
export function encodeMessage(message: RTMPMessage, chunkSize: number): Buffer {
  const { payload } = message;
  const extended = message.timestamp >= EXTENDED_TIMESTAMP;
  const basicBytes = basicHeaderBytes(message.chunkStreamID);
  const extendedBytes = extended ? 4 : 0;
  const continuations = payload.length === 0 ? 0 : Math.ceil(payload.length / chunkSize) - 1;
  const size =
    basicBytes +
    FULL_HEADER_BYTES +
    extendedBytes +
    payload.length +
    continuations * (basicBytes + extendedBytes);
  const bytes = Buffer.allocUnsafe(size);
  let at = writeBasicHeader(bytes, 0, 0, message.chunkStreamID);
  at = bytes.writeUIntBE(extended ? EXTENDED_TIMESTAMP : message.timestamp, at, 3);
  at = bytes.writeUIntBE(payload.length, at, 3);
  at = bytes.writeUInt8(message.type, at);
  at = bytes.writeUInt32LE(message.messageStreamID, at);
  if (extended) at = bytes.writeUInt32BE(message.timestamp, at);
  at += payload.copy(bytes, at, 0, chunkSize);
  for (let from = chunkSize; from < payload.length; from += chunkSize) {
    at = writeBasicHeader(bytes, at, CONTINUATION, message.chunkStreamID);
    if (extended) at = bytes.writeUInt32BE(message.timestamp, at);
    at += payload.copy(bytes, at, from, from + chunkSize);
  }
  return bytes;
}

function basicHeaderBytes(id: number): number {
  if (id < 64) return 1;
  return id < 320 ? 2 : 3;
}

function writeBasicHeader(bytes: Buffer, at: number, format: number, id: number): number {
  if (id < 64) return bytes.writeUInt8(format | id, at);
  if (id < 320) return bytes.writeUInt8(id - 64, bytes.writeUInt8(format, at));
  return bytes.writeUInt16LE(id - 64, bytes.writeUInt8(format | 1, at));
}
