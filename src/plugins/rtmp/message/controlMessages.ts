import type { RTMPMessage } from '../chunk/RTMPMessage.ts';
import { rtmpError } from '../rtmpErrors.ts';
import { CHUNK_STREAM, MESSAGE_TYPE } from './messageType.ts';

/** Events of user control messages that are used here. */
export const USER_CONTROL = {
  streamBegin: 0,
  streamEOF: 1,
  setBufferLength: 3,
  streamIsRecorded: 4,
  pingRequest: 6,
  pingResponse: 7,
} as const;

/** How binding a peer bandwidth is: 2 leaves it to the peer (`dynamic`). */
const DYNAMIC_LIMIT = 2;

/** Announces the size of the chunks that follow. */
export function setChunkSize(bytes: number): RTMPMessage {
  return control(MESSAGE_TYPE.setChunkSize, u32(bytes));
}

/** Tells how many bytes were received so far. */
export function acknowledgement(receivedBytes: number): RTMPMessage {
  return control(MESSAGE_TYPE.acknowledgement, u32(receivedBytes));
}

/** Asks the peer to acknowledge each time it received this many bytes. */
export function windowSize(bytes: number): RTMPMessage {
  return control(MESSAGE_TYPE.windowSize, u32(bytes));
}

/** Tells the peer how much it may send without an acknowledgement. */
export function peerBandwidth(bytes: number): RTMPMessage {
  return control(MESSAGE_TYPE.peerBandwidth, Buffer.concat([u32(bytes), Buffer.of(DYNAMIC_LIMIT)]));
}

/** Makes a user control message with one number. */
export function userControl(event: number, value: number): RTMPMessage {
  const payload = Buffer.allocUnsafe(6);
  payload.writeUInt16BE(event, 0);
  payload.writeUInt32BE(value >>> 0, 2);
  return control(MESSAGE_TYPE.userControl, payload);
}

/**
 * Reads the number that a control message begins with.
 *
 * @throws ProtocolError with code `RTMP_BAD_MESSAGE`
 */
export function readControlNumber(message: RTMPMessage): number {
  if (message.payload.length < 4) {
    throw rtmpError(
      'RTMP_BAD_MESSAGE',
      `a message of type ${message.type} with ${message.payload.length} bytes, expected 4`,
    );
  }
  return message.payload.readUInt32BE(0);
}

/** A user control message as it was read; the value is undefined where there is none. */
export interface UserControl {
  readonly event: number;
  readonly value: number | undefined;
}

/**
 * Reads a user control message.
 *
 * @throws ProtocolError with code `RTMP_BAD_MESSAGE`
 */
export function readUserControl(payload: Buffer): UserControl {
  if (payload.length < 2) {
    throw rtmpError('RTMP_BAD_MESSAGE', `a user control message of ${payload.length} bytes`);
  }
  return {
    event: payload.readUInt16BE(0),
    value: payload.length < 6 ? undefined : payload.readUInt32BE(2),
  };
}

function control(type: number, payload: Buffer): RTMPMessage {
  return { type, chunkStreamID: CHUNK_STREAM.control, messageStreamID: 0, timestamp: 0, payload };
}

function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value >>> 0, 0);
  return bytes;
}
