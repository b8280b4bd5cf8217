import { Red5Error } from '../../../base/index.ts';
import { AMF0Reader, AMF0Writer, AMF3Writer, type AMFReadOptions } from '../../../io/index.ts';
import { type RTMPErrorCode, rtmpError } from '../rtmpErrors.ts';
import { MAX_PAYLOAD, MESSAGE_TYPE, type ObjectEncoding } from './messageType.ts';

const AMF3_MARKER = 0x11;
const AMF3_INTEGER = 0x04;
const AMF3_DOUBLE = 0x05;

/** Longest name of a command. */
const MAX_NAME_LENGTH = 256;

/** A call, or the answer to one. */
export interface Command {
  /** `connect`, `_result`, `onStatus`, or the name of a method. */
  readonly name: string;
  /** Ties an answer to its call; 0 wants none. */
  readonly transactionID: number;
  /** What stands before the arguments: the parameters of `connect`, otherwise usually null. */
  readonly commandObject: unknown;
  readonly args: readonly unknown[];
}

/**
 * Reads the body of a command message of either encoding.
 *
 * @throws ProtocolError with code `RTMP_BAD_MESSAGE` or one of AMF's
 */
export function readCommand(type: number, payload: Buffer, options: AMFReadOptions): Command {
  const reader = new AMF0Reader(payload, options);
  if (type === MESSAGE_TYPE.commandAMF3) reader.input.readU8(); // always 0: the format of what follows
  const name = reader.readValue();
  if (typeof name !== 'string' || name === '' || name.length > MAX_NAME_LENGTH) {
    throw rtmpError('RTMP_BAD_MESSAGE', 'a command without a proper name');
  }
  const read = isAllAMF3(payload, reader) ? () => reader.readAMF3Value() : () => reader.readValue();
  const transactionID = reader.remaining === 0 ? 0 : read();
  if (typeof transactionID !== 'number') {
    throw rtmpError('RTMP_BAD_MESSAGE', 'a command whose transaction is not a number');
  }
  const commandObject = reader.remaining === 0 ? undefined : read();
  const args: unknown[] = [];
  while (reader.remaining > 0) args.push(read());
  return { name, transactionID, commandObject, args };
}

/**
 * Whether the marker before the name stands for the whole body: an AMF3 number follows, whose markers no number has in AMF0.
 *
 * Red5's own client writes a marker before each value, others only this one.
 */
function isAllAMF3(payload: Buffer, { input }: AMF0Reader): boolean {
  const next = input.peekU8();
  return payload[0] === AMF3_MARKER && (next === AMF3_INTEGER || next === AMF3_DOUBLE);
}

/** The message type and body of a command. */
export interface CommandBody {
  readonly type: number;
  readonly payload: Buffer;
}

/**
 * Writes a command as its receiver understands it.
 *
 * With encoding 3 names, numbers, booleans and text stay AMF0, as AMF3 allows inside type 17, so that readers that know AMF0
 * only still find name and transaction; everything else is AMF3.
 *
 * @throws Red5Error with code `RTMP_MESSAGE_TOO_LARGE` or one of AMF's
 */
export function writeCommand(command: Command, encoding: ObjectEncoding): CommandBody {
  const writer = new AMF0Writer();
  if (encoding === 3) writer.output.writeU8(0);
  writer.writeValue(command.name);
  writer.writeValue(command.transactionID);
  const amf3 = encoding === 3 ? new AMF3Writer(writer.output) : undefined;
  for (const value of [command.commandObject, ...command.args]) {
    if (amf3 !== undefined && typeof value === 'object' && value !== null) {
      writer.output.writeU8(AMF3_MARKER);
      amf3.writeValue(value);
    } else {
      writer.writeValue(value);
    }
  }
  const payload = writer.toBuffer();
  if (payload.length > MAX_PAYLOAD) {
    const message = `a command of ${payload.length} bytes; at most ${MAX_PAYLOAD} fit into a message`;
    throw new Red5Error('RTMP_MESSAGE_TOO_LARGE' satisfies RTMPErrorCode, message);
  }
  const type = encoding === 3 ? MESSAGE_TYPE.commandAMF3 : MESSAGE_TYPE.commandAMF0;
  return { type, payload };
}
