import { AMF0Reader, AMF0Writer, AMF3Writer, type AMFReadOptions } from '../../../io/index.ts';
import type {
  SharedObjectBatch,
  SharedObjectEvent,
  SharedObjectRequest,
} from '../../../server/index.ts';
import { rtmpError } from '../rtmpErrors.ts';
import { MESSAGE_TYPE, type ObjectEncoding } from './messageType.ts';

const AMF3_MARKER = 0x11;
const PERSISTENT = 2;
const EVENT_HEADER_BYTES = 5;

/** Events of one message; the message size bounds them anyway, but each costs more than its bytes. */
const MAX_EVENTS = 10_000;

/** Numbers of the events, in both directions. */
const EVENT = {
  use: 1,
  release: 2,
  requestChange: 3,
  change: 4,
  success: 5,
  send: 6,
  status: 7,
  clear: 8,
  remove: 9,
  requestRemove: 10,
  useSuccess: 11,
} as const;

/** What a client wants of one shared object. */
export interface SharedObjectMessage {
  readonly name: string;
  readonly persistent: boolean;
  /** The last version the client knows. */
  readonly version: number;
  readonly requests: readonly SharedObjectRequest[];
}

/**
 * Reads the body of a shared-object message of either encoding. Events that are not known are skipped by their length.
 *
 * @throws ProtocolError with code `RTMP_BAD_MESSAGE` or one of AMF's
 */
export function readSharedObjectMessage(
  type: number,
  payload: Buffer,
  options: AMFReadOptions,
): SharedObjectMessage {
  const reader = new AMF0Reader(payload, options);
  if (type === MESSAGE_TYPE.sharedObjectAMF3) reader.input.readU8(); // always 0 or 3
  const name = reader.readKey();
  const version = reader.input.readU32();
  const persistent = reader.input.readU32() === PERSISTENT;
  reader.input.skip(4);
  const requests: SharedObjectRequest[] = [];
  for (let events = 0; reader.remaining > 0; events++) {
    if (events === MAX_EVENTS) {
      throw rtmpError('RTMP_BAD_MESSAGE', `more than ${MAX_EVENTS} shared-object events`);
    }
    readEvent(reader, requests);
  }
  return { name, persistent, version, requests };
}

function readEvent(reader: AMF0Reader, requests: SharedObjectRequest[]): void {
  const event = reader.input.readU8();
  const length = reader.input.readU32();
  if (length > reader.remaining) {
    throw rtmpError('RTMP_BAD_MESSAGE', `an event of ${length} bytes, ${reader.remaining} left`);
  }
  const end = reader.input.position + length;
  switch (event) {
    case EVENT.use:
      requests.push({ type: 'use' });
      break;
    case EVENT.release:
      requests.push({ type: 'release' });
      break;
    case EVENT.requestChange:
      readChanges(reader, end, requests);
      break;
    case EVENT.requestRemove:
      requests.push({ type: 'remove', key: reader.readKey() });
      break;
    case EVENT.send:
      requests.push(readSend(reader, end));
      break;
  }
  if (reader.input.position > end) {
    throw rtmpError('RTMP_BAD_MESSAGE', 'a shared-object event runs over its length');
  }
  reader.input.position = end;
}

/** One event may set several attributes; a name without value sets null. */
function readChanges(reader: AMF0Reader, end: number, requests: SharedObjectRequest[]): void {
  do {
    const key = reader.readKey();
    const value = reader.input.position < end ? reader.readValue() : null;
    requests.push({ type: 'change', key, value });
  } while (reader.input.position < end);
}

function readSend(reader: AMF0Reader, end: number): SharedObjectRequest {
  const method = reader.readValue();
  if (typeof method !== 'string') {
    throw rtmpError('RTMP_BAD_MESSAGE', 'a shared-object message whose name is not text');
  }
  const args: unknown[] = [];
  while (reader.input.position < end) args.push(reader.readValue());
  return { type: 'send', method, args };
}

/** Writes what changed as the body of one message, in the encoding of its receivers. */
export function writeSharedObjectMessage(
  batch: SharedObjectBatch,
  encoding: ObjectEncoding,
): Buffer {
  const body = new EventWriter(encoding);
  body.writeHeader(batch);
  for (const event of batch.events) body.writeEvent(event);
  return body.toBuffer();
}

class EventWriter {
  readonly #writer = new AMF0Writer();
  readonly #amf3: AMF3Writer | undefined;

  constructor(encoding: ObjectEncoding) {
    this.#amf3 = encoding === 3 ? new AMF3Writer(this.#writer.output) : undefined;
  }

  writeHeader(batch: SharedObjectBatch): void {
    const { output } = this.#writer;
    if (this.#amf3 !== undefined) output.writeU8(0);
    this.#writer.writeKey(batch.name);
    output.writeU32(batch.version);
    output.writeU32(batch.persistent ? PERSISTENT : 0);
    output.writeU32(0);
  }

  writeEvent(event: SharedObjectEvent): void {
    const { output } = this.#writer;
    const at = output.length;
    output.writeU8(EVENT[event.type]);
    output.writeU32(0);
    this.#writeData(event);
    output.patchU32(at + 1, output.length - at - EVENT_HEADER_BYTES);
  }

  toBuffer(): Buffer {
    return this.#writer.toBuffer();
  }

  #writeData(event: SharedObjectEvent): void {
    switch (event.type) {
      case 'change':
        this.#writer.writeKey(event.key);
        this.#writeValue(event.value);
        break;
      case 'success':
      case 'remove':
        this.#writer.writeKey(event.key);
        break;
      case 'send':
        this.#writer.writeValue(event.method);
        for (const arg of event.args) this.#writeValue(arg);
        break;
      case 'status':
        this.#writer.writeKey(event.code);
        this.#writer.writeKey(event.level);
        break;
      case 'useSuccess':
      case 'clear':
        break;
    }
  }

  #writeValue(value: unknown): void {
    if (this.#amf3 === undefined) {
      this.#writer.writeValue(value);
      return;
    }
    this.#writer.output.writeU8(AMF3_MARKER);
    this.#amf3.writeValue(value);
  }
}
