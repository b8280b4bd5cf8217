import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeAMF0, encodeAMF0 } from './amf0.ts';
import { ChunkReader, type RTMPMessage, writeChunks } from './chunks.ts';
import {
  decodeSharedObjectMessage,
  encodeSharedObjectMessage,
  type SharedObjectMessage,
} from './sharedObjectMessage.ts';

// The test client is what the server is measured by, so it is itself measured: against bytes recorded
// between another client library and a Red5 1.0.10 server.

const head = '000463686174'; // "chat"
const nested = { x: [1, 2, 'three', null, true] };
const recorded: readonly { name: string; body: string; message: SharedObjectMessage }[] = [
  {
    name: 'USE',
    body: `${head}000000000000000000000000 0100000000`,
    message: chat(0, { event: 'USE' }),
  },
  {
    name: 'USE_SUCCESS, CLEAR',
    body: `${head}000000010000000000000000 0b00000000 0800000000`,
    message: chat(1, { event: 'USE_SUCCESS' }, { event: 'CLEAR' }),
  },
  {
    name: 'REQUEST_CHANGE message=hi',
    body: `${head}000000010000000000000000 030000000e00076d6573736167650200026869`,
    message: chat(1, { event: 'REQUEST_CHANGE', key: 'message', value: 'hi' }),
  },
  {
    name: 'SUCCESS message',
    body: `${head}000000020000000000000000 050000000900076d657373616765`,
    message: chat(2, { event: 'SUCCESS', key: 'message' }),
  },
  {
    name: 'state for a second subscriber',
    body: `${head}000000020000000000000000 0b00000000 0800000000 040000000e00076d6573736167650200026869`,
    message: chat(
      2,
      { event: 'USE_SUCCESS' },
      { event: 'CLEAR' },
      { event: 'CHANGE', key: 'message', value: 'hi' },
    ),
  },
  {
    name: 'CHANGE of three keys, one of them nested',
    body:
      `${head}000000040000000000000000 040000000c000170003ff0000000000000 ` +
      '040000002c000171030001780a00000005003ff0000000000000004000000000000000020005746872656505 ' +
      '0101000009 040000000700017202000173',
    message: chat(
      4,
      { event: 'CHANGE', key: 'p', value: 1 },
      { event: 'CHANGE', key: 'q', value: nested },
      { event: 'CHANGE', key: 'r', value: 's' },
    ),
  },
  {
    name: 'SEND onChat("hello", 1, {k: "v"})',
    body: `${head}000000050000000000000000 06000000250200066f6e4368617402000568656c6c6f003ff00000000000000300016b02000176000009`,
    message: chat(5, { event: 'SEND', method: 'onChat', args: ['hello', 1, { k: 'v' }] }),
  },
  {
    name: 'REQUEST_REMOVE n',
    body: `${head}000000010000000000000000 0a0000000300016e`,
    message: chat(1, { event: 'REQUEST_REMOVE', key: 'n' }),
  },
  {
    name: 'REMOVE n',
    body: `${head}000000060000000000000000 090000000300016e`,
    message: chat(6, { event: 'REMOVE', key: 'n' }),
  },
];

describe('shared object messages of the test client', () => {
  for (const row of recorded) {
    const bytes = Buffer.from(row.body.replaceAll(' ', ''), 'hex');
    it(`reads ${row.name} as recorded`, () => {
      assert.deepEqual(decodeSharedObjectMessage(bytes), row.message);
    });
    it(`writes ${row.name} as recorded`, () => {
      assert.equal(encodeSharedObjectMessage(row.message).toString('hex'), bytes.toString('hex'));
    });
  }
});

describe('AMF0 of the test client', () => {
  it('writes and reads the recorded unknown call', () => {
    const bytes = '0200066e6f7375636800400000000000000005003ff000000000000002000178';
    assert.equal(encodeAMF0('nosuch', 2, null, 1, 'x').toString('hex'), bytes);
    assert.deepEqual(decodeAMF0(Buffer.from(bytes, 'hex')), ['nosuch', 2, null, 1, 'x']);
  });

  it('reads the recorded ECMA array', () => {
    const bytes = Buffer.from('080000000000016b02000176000009', 'hex');
    assert.deepEqual(decodeAMF0(bytes), [{ k: 'v' }]);
  });

  it('reads what it writes', () => {
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.double({ noNaN: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.string({ minLength: 1 }), tie('value'), {
          maxKeys: 4,
          noNullPrototype: true,
        }),
      ),
    }));
    fc.assert(
      fc.property(value, (any) => {
        assert.deepEqual(decodeAMF0(encodeAMF0(any)), [any]);
      }),
    );
  });
});

describe('chunks of the test client', () => {
  it('reads the recorded answers to connect: window, bandwidth, stream begin, a result in two chunks', () => {
    const bytes = Buffer.from(
      '0200000000000405000000000098968042000000000005060098968002420000000000060400000000000003' +
        '0000000000e214000000000200075f726573756c74003ff0000000000000050300056c6576656c0200067374' +
        '617475730004636f646502001d4e6574436f6e6e656374696f6e2e436f6e6e6563742e53756363657373000b' +
        '6465736372697074696f6e020015436f6e6e656374696f6e207375636365656465642e00046d6f6465003ff0' +
        '00000000000000c30c6361706162696c69746965730040408000000000000006666d7356657202000d524544' +
        '352f312c302c31302c30000464617461080000000000047479706502000472656435000776657273696f6e02' +
        '000a342c302c302c31313231000009000009',
      'hex',
    );
    const messages = readAll([bytes]);
    assert.deepEqual(
      messages.map(({ type, chunkStream }) => [type, chunkStream]),
      [
        [5, 2],
        [6, 2],
        [4, 2],
        [20, 3],
      ],
    );
    const [name, transaction, , info] = decodeAMF0(messages[3]?.payload ?? Buffer.alloc(0));
    assert.deepEqual([name, transaction], ['_result', 1]);
    assert.deepEqual(info, {
      level: 'status',
      code: 'NetConnection.Connect.Success',
      description: 'Connection succeeded.',
      mode: 1,
      capabilities: 33,
      fmsVer: 'RED5/1,0,10,0',
      data: { type: 'red5', version: '4,0,0,1121' },
    });
  });

  it('keeps the type of a message whose header says only what differs', () => {
    // Two pings of one recording: a header with length and type, then one without anything.
    const bytes = Buffer.from('42000000000006040006026d272cc20006026d2eff', 'hex');
    assert.deepEqual(
      readAll([bytes]).map(({ type, payload }) => [type, payload.toString('hex')]),
      [
        [4, '0006026d272c'],
        [4, '0006026d2eff'],
      ],
    );
  });

  it('reads what it writes, in any pieces', () => {
    const message = fc.record(
      {
        type: fc.integer({ min: 4, max: 20 }),
        chunkStream: fc.integer({ min: 2, max: 63 }),
        streamID: fc.integer({ min: 0, max: 9 }),
        payload: fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 5 }),
        fc.integer({ min: 1, max: 50 }),
        (all, size) => {
          const bytes = Buffer.concat(all.map((one) => writeChunks(one)));
          const pieces: Buffer[] = [];
          for (let at = 0; at < bytes.length; at += size)
            pieces.push(bytes.subarray(at, at + size));
          assert.deepEqual(
            readAll(pieces).map(({ timestamp, ...rest }) => rest),
            all,
          );
        },
      ),
    );
  });
});

function chat(
  version: number,
  ...events: SharedObjectMessage['events'][number][]
): SharedObjectMessage {
  return { name: 'chat', version, persistent: false, events };
}

function readAll(pieces: readonly Buffer[]): RTMPMessage[] {
  const reader = new ChunkReader();
  const messages: RTMPMessage[] = [];
  for (const piece of pieces) reader.read(piece, (message) => messages.push(message));
  return messages;
}
