/** RFC 6455, 5.2: the opcodes a message can have. */
export const OPCODE = { TEXT: 1, BINARY: 2 } as const;

const FIN = 0x80;

/**
 * Makes the one unmasked frame of a text message, header and payload in one buffer.
 *
 * Unpaired surrogates become U+FFFD, so that the payload is always valid UTF-8.
 */
export function encodeTextFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headerLength = headerLengthOf(length);
  const frame = Buffer.allocUnsafe(headerLength + length);
  writeHeader(frame, OPCODE.TEXT, length);
  frame.write(text, headerLength);
  return frame;
}

/** Makes the one unmasked frame of a binary message; the payload is copied. */
export function encodeBinaryFrame(payload: Uint8Array): Buffer {
  const headerLength = headerLengthOf(payload.length);
  const frame = Buffer.allocUnsafe(headerLength + payload.length);
  writeHeader(frame, OPCODE.BINARY, payload.length);
  frame.set(payload, headerLength);
  return frame;
}

/** Whether a frame made here carries a text. */
export function isTextFrame(frame: Buffer): boolean {
  return frame[0] === (FIN | OPCODE.TEXT);
}

/** The payload of a frame made here, without copying. */
export function payloadOf(frame: Buffer): Buffer {
  const length = frame[1];
  if (length === 126) return frame.subarray(4);
  return frame.subarray(length === 127 ? 10 : 2);
}

function headerLengthOf(length: number): number {
  if (length < 126) return 2;
  return length < 0x10000 ? 4 : 10;
}

function writeHeader(frame: Buffer, opcode: number, length: number): void {
  frame[0] = FIN | opcode;
  if (length < 126) {
    frame[1] = length;
  } else if (length < 0x10000) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(Math.floor(length / 0x1_0000_0000), 2);
    frame.writeUInt32BE(length >>> 0, 6);
  }
}
