/** One RTMP message, put together from its chunks. */
export interface RTMPMessage {
  readonly type: number;
  readonly chunkStream: number;
  readonly streamID: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}

interface ChunkStream {
  timestamp: number;
  delta: number;
  length: number;
  type: number;
  streamID: number;
  extended: boolean;
  parts: Buffer[];
  received: number;
}

/** Puts messages together from bytes that arrive in any pieces. */
export class ChunkReader {
  chunkSize = 128;
  readonly #streams = new Map<number, ChunkStream>();
  #pending: Buffer = Buffer.alloc(0);

  /** Takes bytes and hands over each message they complete. */
  read(bytes: Buffer, onMessage: (message: RTMPMessage) => void): void {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    for (;;) {
      const used = this.#chunk(this.#pending, onMessage);
      if (used === 0) return;
      this.#pending = this.#pending.subarray(used);
    }
  }

  /** Reads one chunk; returns how many bytes it took, 0 when it is not complete yet. */
  #chunk(bytes: Buffer, onMessage: (message: RTMPMessage) => void): number {
    const basic = readBasicHeader(bytes);
    if (!basic) return 0;
    const headerLength = [11, 7, 3, 0][basic.format] as number;
    let at = basic.length;
    if (bytes.length < at + headerLength) return 0;

    const stream = this.#streams.get(basic.id) ?? emptyStream();
    const next = { ...stream };
    let time = 0;
    if (basic.format < 3) time = bytes.readUIntBE(at, 3);
    if (basic.format < 2) {
      next.length = bytes.readUIntBE(at + 3, 3);
      next.type = bytes.readUInt8(at + 6);
    }
    if (basic.format === 0) next.streamID = bytes.readUInt32LE(at + 7);
    at += headerLength;
    if (basic.format < 3) next.extended = time === 0xffffff;
    if (next.extended) {
      if (bytes.length < at + 4) return 0;
      time = bytes.readUInt32BE(at);
      at += 4;
    }
    if (stream.received === 0) {
      if (basic.format === 0) next.timestamp = time;
      else {
        if (basic.format < 3) next.delta = time;
        next.timestamp = stream.timestamp + next.delta;
      }
    }

    const size = Math.min(this.chunkSize, next.length - next.received);
    if (bytes.length < at + size) return 0;
    next.parts = [...stream.parts, bytes.subarray(at, at + size)];
    next.received += size;
    this.#streams.set(basic.id, next);
    if (next.received === next.length) onMessage(this.#complete(basic.id, next));
    return at + size;
  }

  #complete(chunkStream: number, stream: ChunkStream): RTMPMessage {
    const payload = Buffer.concat(stream.parts);
    stream.parts = [];
    stream.received = 0;
    const { type, streamID, timestamp } = stream;
    if (type === 1) this.chunkSize = payload.readUInt32BE(0);
    return { type, chunkStream, streamID, timestamp, payload };
  }
}

function emptyStream(): ChunkStream {
  return {
    timestamp: 0,
    delta: 0,
    length: 0,
    type: 0,
    streamID: 0,
    extended: false,
    parts: [],
    received: 0,
  };
}

function readBasicHeader(
  bytes: Buffer,
): { format: number; id: number; length: number } | undefined {
  const first = bytes[0];
  if (first === undefined) return undefined;
  const format = first >> 6;
  const id = first & 0x3f;
  if (id >= 2) return { format, id, length: 1 };
  if (bytes.length < 2 + id) return undefined;
  const low = bytes.readUInt8(1);
  if (id === 0) return { format, id: low + 64, length: 2 };
  return { format, id: bytes.readUInt8(2) * 256 + low + 64, length: 3 };
}

/** Cuts a message into chunks: a full header first, then continuation chunks. */
export function writeChunks(
  message: Omit<RTMPMessage, 'timestamp'> & { readonly timestamp?: number },
  chunkSize = 128,
): Buffer {
  const header = Buffer.alloc(12);
  header[0] = message.chunkStream; // format 0, ids 2 to 63
  header.writeUIntBE(message.timestamp ?? 0, 1, 3);
  header.writeUIntBE(message.payload.length, 4, 3);
  header[7] = message.type;
  header.writeUInt32LE(message.streamID, 8);
  const parts: Buffer[] = [header, message.payload.subarray(0, chunkSize)];
  for (let at = chunkSize; at < message.payload.length; at += chunkSize) {
    parts.push(Buffer.of(0xc0 | message.chunkStream), message.payload.subarray(at, at + chunkSize));
  }
  return Buffer.concat(parts);
}
