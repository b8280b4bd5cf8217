import assert from 'node:assert/strict';
import { ProtocolError } from '../../src/base/index.ts';
import { readAMF0, readAMF3, writeAMF0, writeAMF3 } from '../../src/io/index.ts';
import { BufferBudget } from '../../src/plugins/rtmp/chunk/BufferBudget.ts';
import { ChunkReader } from '../../src/plugins/rtmp/chunk/ChunkReader.ts';
import { encodeMessage } from '../../src/plugins/rtmp/chunk/encodeMessage.ts';
import { ServerHandshake } from '../../src/plugins/rtmp/handshake/ServerHandshake.ts';
import { readDataMessage } from '../../src/plugins/rtmp/media/dataMessage.ts';
import { readAggregate } from '../../src/plugins/rtmp/media/readAggregate.ts';
import { readCommand, writeCommand } from '../../src/plugins/rtmp/message/Command.ts';
import {
  readSharedObjectMessage,
  writeSharedObjectMessage,
} from '../../src/plugins/rtmp/message/sharedObjectMessage.ts';
import {
  createMediaMessage,
  type SharedObjectBatch,
  type SharedObjectEvent,
} from '../../src/server/index.ts';
import { StreamTimeline } from '../../src/server/stream/StreamTimeline.ts';
import { AMF0_VECTORS, AMF3_VECTORS, BAD_AMF0, BAD_AMF3 } from '../io/amfVectors.ts';
import type { FuzzTarget } from './engine.ts';

const LIMITS = { maxMessageBytes: 3000, maxChunkStreams: 4, maxBufferedBytes: 4000 };

function seedsOf(
  vectors: readonly { readonly hex: string }[],
  bad: readonly (readonly string[])[],
): Buffer[] {
  const hex = [...vectors.map((vector) => vector.hex), ...bad.map(([, text]) => text ?? '')];
  return hex
    .map((text) => Buffer.from(text.replaceAll(' ', ''), 'hex'))
    .filter((bytes) => bytes.length < 400);
}

/** The result, or undefined when the bytes were refused as they have to be. */
function orRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** What was read can be written, and writing what is read again changes nothing any more. */
function checkRoundTrip(
  input: Buffer,
  read: (bytes: Buffer) => unknown,
  write: (value: unknown) => Buffer,
): void {
  const rewrite = (bytes: Buffer): Buffer | undefined => {
    const value = orRefused(() => ({ value: read(bytes) }));
    return value === undefined ? undefined : write(value.value);
  };
  // Once for forms that are read but not written, such as an AMF0 ECMA array, and once for what a Map becomes.
  const once = rewrite(input);
  const twice = once === undefined ? undefined : rewrite(once);
  const thrice = twice === undefined ? undefined : rewrite(twice);
  if (thrice !== undefined) assert.deepEqual(thrice, twice);
}

const amf0: FuzzTarget = {
  name: 'amf0',
  seeds: seedsOf(AMF0_VECTORS, BAD_AMF0),
  run: (input) =>
    checkRoundTrip(
      input,
      (bytes) => readAMF0(bytes),
      (value) => writeAMF0(value),
    ),
};

const amf3: FuzzTarget = {
  name: 'amf3',
  seeds: seedsOf(AMF3_VECTORS, BAD_AMF3),
  run: (input) =>
    checkRoundTrip(
      input,
      (bytes) => readAMF3(bytes),
      (value) => writeAMF3(value),
    ),
};

const commands: FuzzTarget = {
  name: 'commands',
  seeds: [0, 3].map(
    (encoding) =>
      writeCommand(
        {
          name: 'a.b',
          transactionID: 2,
          commandObject: { app: 'x', tcUrl: 'rtmp://h/x' },
          args: [1, 'x', [null, true], { a: { b: new Date(0) } }],
        },
        encoding as 0 | 3,
      ).payload,
  ),
  run(input) {
    for (const type of [17, 20]) {
      const command = orRefused(() => readCommand(type, input, {}));
      if (command === undefined) continue;
      assert.ok(command.name.length > 0 && command.name.length <= 256);
      writeCommand(command, 0);
      writeCommand(command, 3);
    }
  },
};

const events: readonly SharedObjectEvent[] = [
  { type: 'change', key: 'x', value: { a: [1, 'x'] } },
  { type: 'send', method: 'm', args: ['a', 1, { b: null }] },
  { type: 'remove', key: 'é' },
];

const sharedObjects: FuzzTarget = {
  name: 'sharedObjects',
  seeds: [
    ...[0, 3].map((encoding) => {
      const batch: SharedObjectBatch = { name: 'so', persistent: false, version: 3, events };
      const bytes = writeSharedObjectMessage(batch, encoding as 0 | 3);
      // What the server tells becomes what a client asks: a change is requested by 3, a removal by 10.
      return Buffer.from(bytes.map((byte) => (byte === 4 ? 3 : byte === 9 ? 10 : byte)));
    }),
    Buffer.from('0003736f310000000000000000000000000100000000', 'hex'),
    Buffer.from('0003736f31000000000000000000000000030000000c000178003ff0000000000000', 'hex'),
    Buffer.from('0003736f310000000000000000000000000a000000030001780c00000002ffff', 'hex'),
    Buffer.from(
      '0003736f31000000000000000000000000060000000902000268690200016102 00000000'.replaceAll(
        ' ',
        '',
      ),
      'hex',
    ),
  ],
  run(input) {
    for (const type of [16, 19]) {
      const message = orRefused(() => readSharedObjectMessage(type, input, {}));
      if (message === undefined) continue;
      assert.ok(message.requests.length <= input.length);
      const changed = message.requests.filter((r) => r.type === 'change' || r.type === 'send');
      for (const encoding of [0, 3] as const) {
        writeSharedObjectMessage({ ...message, events: changed }, encoding);
      }
    }
  },
};

const chunks: FuzzTarget = {
  name: 'chunks',
  seeds: [
    Buffer.from('0300001000000214010000 00abcd'.replaceAll(' ', ''), 'hex'),
    Buffer.from(
      '030000100000011401000000aa43000005000001 08bb83000007ccc3dd'.replaceAll(' ', ''),
      'hex',
    ),
    Buffer.from(
      '0000000000000001140000 0000aa01000100000000000114000000 00aa'.replaceAll(' ', ''),
      'hex',
    ),
    Buffer.from('02000000000004010000000000000010', 'hex'),
    ...[0, 0xffffff, 0xffffffff].map((timestamp) =>
      encodeMessage(
        {
          type: 20,
          chunkStreamID: 3,
          messageStreamID: 1,
          timestamp,
          payload: Buffer.alloc(300, 'x'),
        },
        128,
      ),
    ),
  ],
  run(input) {
    const whole = readChunks(input, input.length + 1);
    assert.deepEqual(readChunks(input, 1 + (input.length % 7)), whole);
  },
};

/** Messages as text, and the code of the error that ended them. */
function readChunks(input: Buffer, pieces: number): string[] {
  const budget = new BufferBudget(10_000);
  const reader = new ChunkReader(LIMITS, budget);
  const found: string[] = [];
  try {
    for (let at = 0; at < input.length; at += pieces) {
      reader.push(input.subarray(at, at + pieces));
      for (let m = reader.next(); m !== undefined; m = reader.next()) {
        found.push(
          `${m.type} ${m.chunkStreamID} ${m.messageStreamID} ${m.timestamp} ${m.payload.toString('latin1')}`,
        );
        if (m.type === 1 && m.payload.length >= 4) reader.setChunkSize(m.payload.readUInt32BE());
        if (m.type === 2 && m.payload.length >= 4) reader.abort(m.payload.readUInt32BE());
      }
      assert.ok(budget.used <= LIMITS.maxBufferedBytes);
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    found.push(error.code);
  }
  reader.close();
  assert.equal(budget.used, 0);
  return found;
}

const handshake: FuzzTarget = {
  name: 'handshake',
  seeds: [Buffer.from('03', 'hex'), Buffer.alloc(40, 3), Buffer.from('030000000000000000', 'hex')],
  run(input) {
    // Inputs are short, so each is a beginning and all that follows is filled up.
    const bytes = Buffer.concat([input, Buffer.alloc(1 + 2 * 1536, input.at(-1) ?? 3)]);
    const pieces = 1 + ((input.at(0) ?? 0) + input.length) * 11;
    const server = new ServerHandshake(0);
    let replied = 0;
    orRefused(() => {
      for (let at = 0; at < bytes.length; at += pieces) {
        const { reply, rest } = server.receive(bytes.subarray(at, at + pieces));
        replied += reply?.length ?? 0;
        if (rest === undefined) continue;
        assert.equal(replied, 1 + 2 * 1536);
        return;
      }
    });
    assert.ok(replied === 0 || replied === 1 + 2 * 1536);
  },
};

const onMetaData = writeCommand(
  {
    name: '@setDataFrame',
    transactionID: 0,
    commandObject: 'onMetaData',
    args: [{ width: 320, x: [1] }],
  },
  0,
).payload;

const media: FuzzTarget = {
  name: 'media',
  seeds: [
    onMetaData,
    Buffer.from('0900000100138800000000170000000c08000001001390000000002f0000000c', 'hex'),
    ...['1700000000', '90687663310102', '9f00ff019561763031', 'a6016f70757300', 'af001210'].map(
      (hex) => Buffer.from(hex, 'hex'),
    ),
  ],
  run(input) {
    for (const type of ['audio', 'video', 'data'] as const) {
      const message = createMediaMessage(type, 0, input);
      assert.ok(!(message.isKeyFrame && message.isSequenceHeader));
      assert.ok(message.headerKey.length < 20);
    }
    orRefused(() => {
      const parts = readAggregate(0xffff_fff0, input);
      const bytes = parts.reduce((sum, part) => sum + part.payload.length, 0);
      assert.ok(bytes <= input.length);
    });
    for (const isAMF3 of [false, true]) {
      const body = orRefused(() => readDataMessage(input, isAMF3, {}));
      if (body === undefined) continue;
      // What players are sent is AMF0 that begins with a name.
      assert.equal(typeof readAMF0(body), 'string');
    }
    const timeline = new StreamTimeline();
    const last = { audio: 0, video: 0 };
    for (let at = 0; at + 5 <= input.length; at += 5) {
      const type = input.readUInt8(at) % 2 === 0 ? 'audio' : 'video';
      const time = timeline.place(type, input.readUInt32BE(at + 1));
      assert.ok(time >= last[type] && time <= timeline.latest);
      last[type] = time;
    }
  },
};

/** Everything that takes bytes from the network. */
export const TARGETS: readonly FuzzTarget[] = [
  amf0,
  amf3,
  commands,
  sharedObjects,
  chunks,
  handshake,
  media,
];
