// The bytes of an RTMP client that publishes or plays, as far as the programs here need them.
const HANDSHAKE = Buffer.alloc(1 + 2 * 1536);
HANDSHAKE[0] = 3;

const text = (t) => Buffer.concat([Buffer.of(0, t.length), Buffer.from(t)]);
const string = (t) => Buffer.concat([Buffer.of(2), text(t)]);

function number(value) {
  const bytes = Buffer.alloc(9);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

/** One message in chunks of a size that was announced before. */
export function message({ type, payload, stream = 0, chunks = 3, time = 0, chunkSize = 128 }) {
  const header = Buffer.alloc(12);
  header[0] = chunks;
  header.writeUIntBE(time, 1, 3);
  header.writeUIntBE(payload.length, 4, 3);
  header[7] = type;
  header.writeUInt32LE(stream, 8);
  const parts = [header, payload.subarray(0, chunkSize)];
  for (let at = chunkSize; at < payload.length; at += chunkSize) {
    parts.push(Buffer.of(0xc0 | chunks), payload.subarray(at, at + chunkSize));
  }
  return Buffer.concat(parts);
}

/** Handshake, connect to `live`, and the first net stream; then `publish` or `play` of `cam`. */
export function opening(what) {
  const object = (fields) =>
    Buffer.concat([
      Buffer.of(3),
      ...Object.entries(fields).flatMap(([key, value]) => [text(key), string(value)]),
      Buffer.of(0, 0, 9),
    ]);
  const tcUrl = 'rtmp://127.0.0.1/live';
  const fields = object({ app: 'live', tcUrl, flashVer: 'LNX 9,0,124,2' });
  const connect = Buffer.concat([string('connect'), number(1), fields]);
  const create = Buffer.concat([string('createStream'), number(2), Buffer.of(5)]);
  const rest = what === 'publish' ? string('live') : number(-2000);
  const begin = Buffer.concat([string(what), number(3), Buffer.of(5), string('cam'), rest]);
  return Buffer.concat([
    HANDSHAKE,
    message({ type: 20, payload: connect }),
    message({ type: 20, payload: create }),
    message({ type: 20, payload: begin, stream: 1, chunks: 8 }),
  ]);
}

/** Puts the messages of a server together, and hands each on: type, time and payload. */
export function reader(onMessage) {
  let bytes = Buffer.alloc(0);
  let shake = 1 + 2 * 1536;
  let chunkSize = 128;
  const states = new Map();
  return (more) => {
    bytes = bytes.length === 0 ? more : Buffer.concat([bytes, more]);
    if (shake > 0) {
      if (bytes.length < shake) return;
      bytes = bytes.subarray(shake);
      shake = 0;
    }
    for (;;) {
      const first = bytes[0];
      if (first === undefined) return;
      const size = [12, 8, 4, 1][first >> 6];
      if (bytes.length < size) return;
      const old = states.get(first & 63) ?? { time: 0, length: 0, type: 0, parts: [], have: 0 };
      const next = { ...old };
      if (size >= 8) next.length = bytes.readUIntBE(4, 3);
      if (size >= 8) next.type = bytes[7];
      if (size === 12) next.time = bytes.readUIntBE(1, 3);
      else if (size === 8 || size === 4) next.time = old.time + bytes.readUIntBE(1, 3);
      const part = Math.min(next.length - next.have, chunkSize);
      if (bytes.length < size + part) return;
      next.parts = [...next.parts, bytes.subarray(size, size + part)];
      next.have += part;
      bytes = bytes.subarray(size + part);
      if (next.have === next.length) {
        const payload = Buffer.concat(next.parts);
        if (next.type === 1) chunkSize = payload.readUInt32BE() & 0x7fffffff;
        onMessage(next.type, next.time, payload);
        next.parts = [];
        next.have = 0;
      }
      states.set(first & 63, next);
    }
  };
}

/** The tags of an FLV file: type, time and payload. */
export function tagsOf(file) {
  const tags = [];
  for (let at = 13; at + 11 < file.length; ) {
    const size = file.readUIntBE(at + 1, 3);
    const time = file.readUIntBE(at + 4, 3) + file[at + 7] * 2 ** 24;
    tags.push({ type: file[at], time, payload: file.subarray(at + 11, at + 11 + size) });
    at += 11 + size + 4;
  }
  return tags;
}

/** Hands on the tags of an FLV stream as its bytes come: type, time and payload. */
export function flvReader(onTag) {
  let bytes = Buffer.alloc(0);
  let skip = 13;
  return (more) => {
    bytes = Buffer.concat([bytes, more]);
    for (;;) {
      const size = bytes.length < skip + 11 ? undefined : bytes.readUIntBE(skip + 1, 3);
      if (size === undefined || bytes.length < skip + 11 + size + 4) return;
      const tag = bytes.subarray(skip, skip + 11 + size);
      onTag(tag[0], tag.readUIntBE(4, 3) + tag[7] * 2 ** 24, tag.subarray(11));
      bytes = bytes.subarray(skip + 11 + size + 4);
      skip = 0;
    }
  };
}
