import { rtmpError } from '../rtmpErrors.ts';
import type { BufferBudget } from './BufferBudget.ts';
import {
  type ChunkLimits,
  EXTENDED_TIMESTAMP,
  INITIAL_CHUNK_SIZE,
  MAX_CHUNK_SIZE,
} from './chunkLimits.ts';
import type { RTMPMessage } from './RTMPMessage.ts';

/** Bytes of the message header for each of the four formats. */
const MESSAGE_HEADER_BYTES = [11, 7, 3, 0] as const;

/** An unfinished message starts with this much memory and grows with what really arrives. */
const FIRST_BUFFER_BYTES = 4096;

const EMPTY: Buffer = Buffer.alloc(0);

/** What is remembered of a chunk stream: its last header, and the message that is not complete. */
interface ChunkStream {
  readonly id: number;
  type: number;
  messageStreamID: number;
  timestamp: number;
  /** What a message without header adds to the time. */
  delta: number;
  extended: boolean;
  /** The four bytes of the last header that had them. */
  extendedField: number;
  /** Length of the current message. */
  length: number;
  buffer: Buffer;
  /** Bytes of the current message in `buffer`. */
  received: number;
  /** Between the first and the last chunk of a message. */
  open: boolean;
}

/**
 * Puts chunks together to messages, from bytes in pieces of any size.
 *
 * Pull, not push: {@link push} takes bytes, {@link next} gives one message at a time, so that a message that changes the
 * chunk size takes effect before the next one, and so that reading can pause between any two messages.
 */
export class ChunkReader {
  readonly #limits: ChunkLimits;
  readonly #budget: BufferBudget;
  readonly #streams = new Map<number, ChunkStream>();
  #chunkSize = INITIAL_CHUNK_SIZE;
  #input: Buffer = EMPTY;
  #position = 0;
  #buffered = 0;
  /** The chunk whose payload is being read. */
  #current: ChunkStream | undefined;
  /** Payload bytes of that chunk that have not arrived. */
  #chunkLeft = 0;

  /** @param budget - memory for unfinished messages, shared by all connections */
  constructor(limits: ChunkLimits, budget: BufferBudget) {
    this.#limits = limits;
    this.#budget = budget;
  }

  /** Bytes that unfinished messages hold. */
  get bufferedBytes(): number {
    return this.#buffered;
  }

  /** Appends bytes; the buffer must not be changed afterwards. */
  push(bytes: Buffer): void {
    this.#input =
      this.#position === this.#input.length
        ? bytes
        : Buffer.concat([this.#input.subarray(this.#position), bytes]);
    this.#position = 0;
  }

  /**
   * The next complete message, or undefined when more bytes are needed.
   *
   * @throws ProtocolError when the bytes are no chunks or a limit is passed; the reader is of no use after that
   */
  next(): RTMPMessage | undefined {
    for (;;) {
      if (this.#current === undefined && !this.#readHeader()) return undefined;
      const stream = this.#current as ChunkStream;
      const available = this.#input.length - this.#position;
      if (this.#isWholeMessageHere(stream, available)) {
        const payload = this.#take(stream.length);
        this.#current = undefined;
        return this.#complete(stream, payload);
      }
      const part = Math.min(available, this.#chunkLeft);
      this.#append(stream, part);
      this.#chunkLeft -= part;
      if (this.#chunkLeft > 0) return undefined;
      this.#current = undefined;
      if (stream.received === stream.length) {
        const payload = stream.buffer.subarray(0, stream.length);
        this.#drop(stream);
        return this.#complete(stream, payload);
      }
    }
  }

  /**
   * Changes the size of the chunks that follow.
   *
   * @throws ProtocolError with code `RTMP_BAD_CHUNK_SIZE`
   */
  setChunkSize(bytes: number): void {
    if (bytes < 1 || bytes > MAX_CHUNK_SIZE) {
      throw rtmpError('RTMP_BAD_CHUNK_SIZE', `chunk size ${bytes}`);
    }
    this.#chunkSize = bytes;
  }

  /** Forgets the unfinished message of a chunk stream. */
  abort(chunkStreamID: number): void {
    const stream = this.#streams.get(chunkStreamID);
    if (stream !== undefined) this.#drop(stream);
  }

  /** Gives all memory back; the reader is of no use after that. */
  close(): void {
    for (const stream of this.#streams.values()) this.#drop(stream);
    this.#streams.clear();
    this.#input = EMPTY;
    this.#position = 0;
    this.#current = undefined;
  }

  /** Returns false when the header is not complete yet. */
  #readHeader(): boolean {
    const input = this.#input;
    const start = this.#position;
    const available = input.length - start;
    const first = input[start];
    if (first === undefined) return false;
    const format = first >>> 6;
    const low = first & 0x3f;
    const basicBytes = low === 0 ? 2 : low === 1 ? 3 : 1;
    const headerBytes = basicBytes + (MESSAGE_HEADER_BYTES[format] as number);
    if (available < headerBytes) return false;
    const id = basicBytes === 1 ? low : readChunkStreamID(input, start + 1, basicBytes - 1);
    const known = this.#streams.get(id);
    const at = start + basicBytes;
    const extended =
      format === 3 ? known?.extended === true : input.readUIntBE(at, 3) === EXTENDED_TIMESTAMP;
    if (available < (extended ? headerBytes + 4 : headerBytes)) return false;
    const field = extended ? input.readUInt32BE(start + headerBytes) : 0;
    const stream = known ?? this.#open(id, format);
    // Old encoders leave the field out of the chunks that continue a message.
    const isLeftOut = stream.open && format === 3 && field !== stream.extendedField;
    this.#position = start + (extended && !isLeftOut ? headerBytes + 4 : headerBytes);
    if (format !== 3) {
      this.#begin(stream, format, extended ? field : input.readUIntBE(at, 3), at);
      stream.extended = extended;
      stream.extendedField = field;
    } else if (!stream.open) {
      stream.timestamp = (stream.timestamp + stream.delta) >>> 0;
    }
    stream.open = true;
    this.#current = stream;
    this.#chunkLeft = Math.min(stream.length - stream.received, this.#chunkSize);
    return true;
  }

  #open(id: number, format: number): ChunkStream {
    if (format !== 0) {
      throw rtmpError('RTMP_BAD_CHUNK', `chunk stream ${id} begins with format ${format}`);
    }
    if (this.#streams.size >= this.#limits.maxChunkStreams) {
      throw rtmpError('RTMP_TOO_MANY_CHUNK_STREAMS', `more than ${this.#limits.maxChunkStreams}`);
    }
    const stream: ChunkStream = {
      id,
      type: 0,
      messageStreamID: 0,
      timestamp: 0,
      delta: 0,
      extended: false,
      extendedField: 0,
      length: 0,
      buffer: EMPTY,
      received: 0,
      open: false,
    };
    this.#streams.set(id, stream);
    return stream;
  }

  /** Takes over a message header of format 0, 1 or 2; a message that was not complete is forgotten. */
  #begin(stream: ChunkStream, format: number, time: number, at: number): void {
    this.#drop(stream);
    // After format 0 the time itself is what a header without time repeats (RTMP 1.0, 5.3.1.2.4).
    stream.delta = time;
    stream.timestamp = format === 0 ? time : (stream.timestamp + time) >>> 0;
    if (format === 2) return;
    const length = this.#input.readUIntBE(at + 3, 3);
    if (length > this.#limits.maxMessageBytes) {
      throw rtmpError(
        'RTMP_MESSAGE_TOO_LARGE',
        `a message of ${length} bytes where ${this.#limits.maxMessageBytes} are allowed`,
      );
    }
    stream.length = length;
    stream.type = this.#input.readUInt8(at + 6);
    if (format === 0) stream.messageStreamID = this.#input.readUInt32LE(at + 7);
  }

  /** Whether a message that is one chunk can be handed on without a copy. */
  #isWholeMessageHere(stream: ChunkStream, available: number): boolean {
    return stream.received === 0 && this.#chunkLeft === stream.length && available >= stream.length;
  }

  #take(length: number): Buffer {
    const start = this.#position;
    this.#position = start + length;
    return this.#input.subarray(start, this.#position);
  }

  #append(stream: ChunkStream, length: number): void {
    const end = stream.received + length;
    if (end > stream.buffer.length) this.#grow(stream, end);
    this.#take(length).copy(stream.buffer, stream.received);
    stream.received = end;
  }

  #grow(stream: ChunkStream, needed: number): void {
    const wanted = Math.max(needed, stream.buffer.length * 2, FIRST_BUFFER_BYTES);
    const size = Math.min(wanted, stream.length);
    const more = size - stream.buffer.length;
    if (this.#buffered + more > this.#limits.maxBufferedBytes) {
      throw rtmpError(
        'RTMP_BUFFER_FULL',
        `unfinished messages of more than ${this.#limits.maxBufferedBytes} bytes`,
      );
    }
    if (!this.#budget.take(more)) {
      throw rtmpError(
        'RTMP_BUFFER_FULL',
        `unfinished messages of all connections: more than ${this.#budget.maxBytes} bytes`,
      );
    }
    this.#buffered += more;
    const buffer = Buffer.allocUnsafe(size);
    stream.buffer.copy(buffer, 0, 0, stream.received);
    stream.buffer = buffer;
  }

  #drop(stream: ChunkStream): void {
    this.#buffered -= stream.buffer.length;
    this.#budget.release(stream.buffer.length);
    stream.buffer = EMPTY;
    stream.received = 0;
    stream.open = false;
  }

  #complete(stream: ChunkStream, payload: Buffer): RTMPMessage {
    stream.open = false;
    return {
      type: stream.type,
      chunkStreamID: stream.id,
      messageStreamID: stream.messageStreamID,
      timestamp: stream.timestamp,
      payload,
    };
  }
}

function readChunkStreamID(input: Buffer, at: number, bytes: number): number {
  return 64 + (bytes === 1 ? input.readUInt8(at) : input.readUInt16LE(at));
}
