import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../../src/base/index.ts';
import { BufferBudget } from '../../../src/plugins/rtmp/chunk/BufferBudget.ts';
import { ChunkReader } from '../../../src/plugins/rtmp/chunk/ChunkReader.ts';
import { encodeMessage } from '../../../src/plugins/rtmp/chunk/encodeMessage.ts';
import type { RTMPMessage } from '../../../src/plugins/rtmp/chunk/RTMPMessage.ts';

const LIMITS = { maxMessageBytes: 100_000, maxChunkStreams: 4, maxBufferedBytes: 150_000 };

function reader(budget = new BufferBudget(1_000_000)): ChunkReader {
  return new ChunkReader(LIMITS, budget);
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

function drain(from: ChunkReader): RTMPMessage[] {
  const messages: RTMPMessage[] = [];
  for (let m = from.next(); m !== undefined; m = from.next()) {
    messages.push({ ...m, payload: Buffer.from(m.payload) });
  }
  return messages;
}

/** Messages that the bytes hold when they come in pieces of `size`. */
function readInPieces(bytes: Buffer, size: number, chunkSize = 128): RTMPMessage[] {
  const chunks = reader();
  chunks.setChunkSize(chunkSize);
  const messages: RTMPMessage[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    chunks.push(bytes.subarray(at, at + size));
    messages.push(...drain(chunks));
  }
  return messages;
}

function message(part: Partial<RTMPMessage>): RTMPMessage {
  return {
    type: 20,
    chunkStreamID: 3,
    messageStreamID: 0,
    timestamp: 0,
    payload: Buffer.alloc(0),
    ...part,
  };
}

const a128 = 'aa'.repeat(128);

const vectors: readonly { name: string; bytes: string; messages: readonly RTMPMessage[] }[] = [
  {
    name: 'a full header',
    bytes: '03 000010 000002 14 01000000 abcd',
    messages: [message({ timestamp: 16, messageStreamID: 1, payload: hex('abcd') })],
  },
  {
    name: 'an empty message',
    bytes: '03 000000 000000 14 00000000',
    messages: [message({})],
  },
  {
    name: 'a header without stream, one with time only, one without anything',
    bytes: '03 000010 000001 14 01000000 aa  43 000005 000001 08 bb  83 000007 cc  c3 dd',
    messages: [
      message({ timestamp: 16, messageStreamID: 1, payload: hex('aa') }),
      message({ timestamp: 21, messageStreamID: 1, type: 8, payload: hex('bb') }),
      message({ timestamp: 28, messageStreamID: 1, type: 8, payload: hex('cc') }),
      message({ timestamp: 35, messageStreamID: 1, type: 8, payload: hex('dd') }),
    ],
  },
  {
    name: 'no header after a full one, which repeats its time as difference',
    bytes: '03 000010 000001 14 00000000 aa  c3 bb',
    messages: [
      message({ timestamp: 16, payload: hex('aa') }),
      message({ timestamp: 32, payload: hex('bb') }),
    ],
  },
  {
    name: 'a message of two chunks',
    bytes: `03 000000 000081 14 00000000 ${a128} c3 bb`,
    messages: [message({ payload: hex(`${a128} bb`) })],
  },
  {
    name: 'two messages whose chunks alternate',
    bytes: `03 000000 000081 14 00000000 ${a128} 04 000000 000001 09 01000000 ee c3 bb`,
    messages: [
      message({ type: 9, chunkStreamID: 4, messageStreamID: 1, payload: hex('ee') }),
      message({ payload: hex(`${a128} bb`) }),
    ],
  },
  {
    name: 'chunk streams 64, 319, 320 and 65599',
    bytes:
      '00 00 000000 000001 14 00000000 aa  00 ff 000000 000001 14 00000000 bb' +
      '01 0001 000000 000001 14 00000000 cc  01 ffff 000000 000001 14 00000000 dd',
    messages: [
      message({ chunkStreamID: 64, payload: hex('aa') }),
      message({ chunkStreamID: 319, payload: hex('bb') }),
      message({ chunkStreamID: 320, payload: hex('cc') }),
      message({ chunkStreamID: 65_599, payload: hex('dd') }),
    ],
  },
  {
    name: 'an extended time stamp, repeated in each chunk',
    bytes: `03 ffffff 000081 14 00000000 01000000 ${a128} c3 01000000 bb`,
    messages: [message({ timestamp: 0x1000000, payload: hex(`${a128} bb`) })],
  },
  {
    name: 'an extended time stamp that old encoders do not repeat',
    bytes: `03 ffffff 000101 14 00000000 01000000 ${a128} c3 ${a128} c3 bb 03 000000 000001 14 00000000 cc`,
    messages: [
      message({ timestamp: 0x1000000, payload: hex(`${a128} ${a128} bb`) }),
      message({ payload: hex('cc') }),
    ],
  },
  {
    name: 'an extended time stamp that a message without header repeats',
    bytes: '03 ffffff 000001 14 00000000 01000000 aa c3 01000000 bb',
    messages: [
      message({ timestamp: 0x1000000, payload: hex('aa') }),
      message({ timestamp: 0x2000000, payload: hex('bb') }),
    ],
  },
  {
    name: 'a time stamp of exactly 0xffffff',
    bytes: '03 ffffff 000001 14 00000000 00ffffff aa',
    messages: [message({ timestamp: 0xffffff, payload: hex('aa') })],
  },
  {
    name: 'an extended difference that passes 32 bits',
    bytes: '03 ffffff 000001 14 00000000 ffffffff aa  83 ffffff 01000001 bb',
    messages: [
      message({ timestamp: 0xffffffff, payload: hex('aa') }),
      message({ timestamp: 0x1000000, payload: hex('bb') }),
    ],
  },
  {
    name: 'a new header in the middle of a message, which forgets it',
    bytes: `03 000000 000081 14 00000000 ${a128} 03 000000 000001 14 00000000 cc`,
    messages: [message({ payload: hex('cc') })],
  },
];

describe('ChunkReader', () => {
  for (const vector of vectors) {
    it(`reads ${vector.name}, however the bytes are cut`, () => {
      const bytes = hex(vector.bytes);
      for (let size = 1; size <= bytes.length; size++) {
        assert.deepEqual(readInPieces(bytes, size), vector.messages, `pieces of ${size}`);
      }
    });
  }

  it('goes on after a basic header split at any byte (rule 49)', () => {
    for (const [head, id] of [
      ['00 05', 69],
      ['01 0500', 69],
    ] as const) {
      const bytes = hex(`${head} 000000 000001 14 00000000 aa`);
      for (let cut = 1; cut < bytes.length; cut++) {
        const chunks = reader();
        chunks.push(bytes.subarray(0, cut));
        assert.deepEqual(drain(chunks), []);
        chunks.push(bytes.subarray(cut));
        assert.deepEqual(drain(chunks), [message({ chunkStreamID: id, payload: hex('aa') })]);
      }
    }
  });

  it('uses a new chunk size from the next chunk on', () => {
    const chunks = reader();
    chunks.push(
      hex(`03 000000 000002 14 00000000 aabb 03 000000 000003 14 00000000 aa c3 bb c3 cc`),
    );
    assert.equal(chunks.next()?.payload.length, 2);
    chunks.setChunkSize(1);
    assert.deepEqual(chunks.next()?.payload, hex('aabbcc'));
  });

  it('refuses a chunk size of 0 or above 16,777,215 (rule 51)', () => {
    for (const size of [0, 0x1000000, 0x80000001, 0xffffffff]) {
      assert.throws(() => reader().setChunkSize(size), { code: 'RTMP_BAD_CHUNK_SIZE' });
    }
    reader().setChunkSize(1);
    reader().setChunkSize(0xffffff);
  });

  it('forgets the unfinished message of an aborted chunk stream', () => {
    const budget = new BufferBudget(1_000_000);
    const chunks = reader(budget);
    chunks.push(hex(`03 000000 000081 14 00000000 ${a128}`));
    assert.equal(chunks.next(), undefined);
    assert.equal(budget.used, 129);
    chunks.abort(3);
    chunks.abort(77);
    assert.equal(budget.used, 0);
    chunks.push(hex('03 000000 000001 14 00000000 cc'));
    assert.deepEqual(drain(chunks), [message({ payload: hex('cc') })]);
  });

  it('refuses a message over the limit from its header alone (rule 50)', () => {
    const budget = new BufferBudget(1_000_000);
    const chunks = reader(budget);
    chunks.push(hex('03 000000 0186a1 14 00000000'));
    assert.throws(() => chunks.next(), { code: 'RTMP_MESSAGE_TOO_LARGE' });
    assert.equal(budget.used, 0);
  });

  it('refuses more chunk streams than the limit', () => {
    const chunks = reader();
    for (let id = 3; id <= 7; id++) chunks.push(hex(`0${id} 000000 000000 14 00000000`));
    assert.throws(() => drain(chunks), { code: 'RTMP_TOO_MANY_CHUNK_STREAMS' });
  });

  it('takes memory for what arrived, not for what was announced', () => {
    const budget = new BufferBudget(1_000_000);
    const chunks = reader(budget);
    for (let id = 3; id <= 6; id++) chunks.push(hex(`0${id} 000000 0186a0 14 00000000 ${a128}`));
    assert.equal(chunks.next(), undefined);
    assert.equal(budget.used, 4 * 4096);
    chunks.close();
    assert.equal(budget.used, 0);
  });

  it('refuses unfinished messages that together pass the limit of a connection', () => {
    const chunks = reader();
    chunks.setChunkSize(90_000);
    chunks.push(hex(`03 000000 0186a0 14 00000000 ${'aa'.repeat(90_000)}`));
    chunks.push(hex(`04 000000 0186a0 14 00000000 ${'aa'.repeat(90_000)}`));
    assert.throws(() => drain(chunks), { code: 'RTMP_BUFFER_FULL' });
  });

  it('refuses unfinished messages when those of other connections used up the memory', () => {
    const chunks = reader(new BufferBudget(100));
    chunks.push(hex(`03 000000 000081 14 00000000 ${a128}`));
    assert.throws(() => drain(chunks), { code: 'RTMP_BUFFER_FULL' });
  });

  for (const format of ['43', '83', 'c3']) {
    it(`refuses a chunk stream that begins with header ${format}`, () => {
      const chunks = reader();
      chunks.push(hex(`${format} 000000 000001 14 00000000`));
      assert.throws(() => drain(chunks), { code: 'RTMP_BAD_CHUNK' });
    });
  }

  it('gives every message back that encodeMessage cut, in pieces of any size', () => {
    const anyMessage = fc.record(
      {
        type: fc.integer({ min: 0, max: 255 }),
        chunkStreamID: fc.constantFrom(2, 3, 63, 64, 319, 320, 65_599),
        messageStreamID: fc.integer({ min: 0, max: 0xffffffff }),
        timestamp: fc.constantFrom(0, 1, 0xfffffe, 0xffffff, 0x1000000, 0xffffffff),
        payload: fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(
        fc.array(anyMessage, { maxLength: 3 }),
        fc.constantFrom(1, 2, 127, 128, 129, 4096),
        fc.integer({ min: 1, max: 700 }),
        (messages, chunkSize, pieces) => {
          const bytes = Buffer.concat(messages.map((m) => encodeMessage(m, chunkSize)));
          assert.deepEqual(readInPieces(bytes, pieces, chunkSize), messages);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('makes of any bytes messages or a ProtocolError, the same however they are cut, within its memory', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.integer({ min: 1, max: 50 }),
        (data, size) => {
          const bytes = Buffer.from(data);
          assert.deepEqual(outcome(bytes, size), outcome(bytes, bytes.length + 1));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

/** The messages, and the code of the error that ended them if there was one. */
function outcome(bytes: Buffer, size: number): unknown[] {
  const budget = new BufferBudget(1_000_000);
  const chunks = reader(budget);
  const found: unknown[] = [];
  try {
    for (let at = 0; at < bytes.length; at += size) {
      chunks.push(bytes.subarray(at, at + size));
      for (let m = chunks.next(); m !== undefined; m = chunks.next()) {
        found.push({ ...m, payload: Buffer.from(m.payload) });
      }
      assert.ok(budget.used <= LIMITS.maxBufferedBytes);
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    found.push(error.code);
  }
  chunks.close();
  assert.equal(budget.used, 0);
  return found;
}

describe('encodeMessage', () => {
  const cases = [
    {
      name: 'a short message',
      message: message({ timestamp: 5, messageStreamID: 1, payload: hex('abcd') }),
      bytes: '03 000005 000002 14 01000000 abcd',
    },
    {
      name: 'an empty message',
      message: message({}),
      bytes: '03 000000 000000 14 00000000',
    },
    {
      name: 'a message of exactly one chunk',
      message: message({ payload: hex(a128) }),
      bytes: `03 000000 000080 14 00000000 ${a128}`,
    },
    {
      name: 'a message of three chunks',
      message: message({ payload: hex(`${a128}${a128}cc`) }),
      bytes: `03 000000 000101 14 00000000 ${a128} c3 ${a128} c3 cc`,
    },
    {
      name: 'a time stamp of more than 24 bits in each chunk',
      message: message({ timestamp: 0x1000000, payload: hex(`${a128}cc`) }),
      bytes: `03 ffffff 000081 14 00000000 01000000 ${a128} c3 01000000 cc`,
    },
    {
      name: 'chunk stream 64',
      message: message({ chunkStreamID: 64, payload: hex(`${a128}cc`) }),
      bytes: `0000 000000 000081 14 00000000 ${a128} c000 cc`,
    },
    {
      name: 'chunk stream 320',
      message: message({ chunkStreamID: 320, payload: hex(`${a128}cc`) }),
      bytes: `01 0001 000000 000081 14 00000000 ${a128} c1 0001 cc`,
    },
  ];
  for (const c of cases) {
    it(`writes ${c.name}`, () => {
      assert.equal(encodeMessage(c.message, 128).toString('hex'), c.bytes.replaceAll(' ', ''));
    });
  }
});
