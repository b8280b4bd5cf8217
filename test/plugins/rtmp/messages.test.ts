import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../../src/base/index.ts';
import { readCommand, writeCommand } from '../../../src/plugins/rtmp/message/Command.ts';
import {
  acknowledgement,
  peerBandwidth,
  readControlNumber,
  readUserControl,
  setChunkSize,
  userControl,
  windowSize,
} from '../../../src/plugins/rtmp/message/controlMessages.ts';
import {
  encodeBatch,
  SharedObjectEncoder,
} from '../../../src/plugins/rtmp/message/SharedObjectEncoder.ts';
import {
  readSharedObjectMessage,
  writeSharedObjectMessage,
} from '../../../src/plugins/rtmp/message/sharedObjectMessage.ts';
import type { SharedObjectBatch, SharedObjectEvent } from '../../../src/server/index.ts';

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

const commandCases = [
  {
    name: 'a call',
    type: 20,
    bytes: '02 0004 65636869 00 4000000000000000 05 02 0001 61 00 3ff0000000000000',
    command: { name: 'echi', transactionID: 2, commandObject: null, args: ['a', 1] },
    encoding: 0,
  },
  {
    name: 'a connect',
    type: 20,
    bytes: '02 0007 636f6e6e656374 00 3ff0000000000000 03 0003 617070 02 0001 61 000009',
    command: { name: 'connect', transactionID: 1, commandObject: { app: 'a' }, args: [] },
    encoding: 0,
  },
  {
    name: 'a call of encoding 3',
    type: 17,
    bytes:
      '00 02 0001 66 00 4000000000000000 05 11 0a0b01 03 61 04 01 01 02 0001 61 11 0a01 00 04 02 01',
    command: { name: 'f', transactionID: 2, commandObject: null, args: [{ a: 1 }, 'a', { a: 2 }] },
    encoding: 3,
  },
] as const;

describe('commands', () => {
  for (const c of commandCases) {
    it(`reads and writes ${c.name}`, () => {
      assert.deepEqual(readCommand(c.type, hex(c.bytes), {}), c.command);
      const { type, payload } = writeCommand(c.command, c.encoding);
      assert.equal(type, c.type);
      assert.equal(payload.toString('hex'), c.bytes.replaceAll(' ', ''));
    });
  }

  it('reads a type 20 whose values are all marked as AMF3, as Red5 writes them', () => {
    const bytes = hex('11 06 0f 5f726573756c74 11 04 02 11 01 11 0a0b01 03 61 04 01 01');
    assert.deepEqual(readCommand(20, bytes, {}), {
      name: '_result',
      transactionID: 2,
      commandObject: null,
      args: [{ a: 1 }],
    });
  });

  it('reads a command that ends after its name', () => {
    const { transactionID, commandObject, args } = readCommand(20, hex('02 0001 66'), {});
    assert.deepEqual([transactionID, commandObject, args], [0, undefined, []]);
  });

  for (const [name, bytes, code] of [
    ['nothing', '', 'AMF_TRUNCATED'],
    ['a name that is no text', '00 0000000000000000', 'RTMP_BAD_MESSAGE'],
    ['an empty name', '02 0000', 'RTMP_BAD_MESSAGE'],
    ['a name of 257 letters', `02 0101 ${'61'.repeat(257)}`, 'RTMP_BAD_MESSAGE'],
    ['a transaction that is no number', '02 0001 66 02 0001 66', 'RTMP_BAD_MESSAGE'],
    ['a value that is cut off', '02 0001 66 00 4000', 'AMF_TRUNCATED'],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.throws(() => readCommand(20, hex(bytes), {}), { name: 'ProtocolError', code });
    });
  }
});

describe('control messages', () => {
  const cases = [
    ['SetChunkSize', setChunkSize(4096), 1, '00001000'],
    ['Acknowledgement', acknowledgement(2 ** 32 + 5), 3, '00000005'],
    ['WindowAckSize', windowSize(10_000_000), 5, '00989680'],
    ['SetPeerBandwidth', peerBandwidth(10_000_000), 6, '0098968002'],
    ['StreamBegin', userControl(0, 1), 4, '000000000001'],
    ['PingRequest', userControl(6, 2 ** 32 + 7), 4, '000600000007'],
  ] as const;
  for (const [name, message, type, payload] of cases) {
    it(`writes ${name} on chunk stream 2`, () => {
      assert.deepEqual(
        [message.type, message.chunkStreamID, message.messageStreamID],
        [type, 2, 0],
      );
      assert.equal(message.payload.toString('hex'), payload);
    });
  }

  it('refuses bodies that are too short', () => {
    const message = { ...setChunkSize(1), payload: hex('000000') };
    assert.throws(() => readControlNumber(message), { code: 'RTMP_BAD_MESSAGE' });
    assert.throws(() => readUserControl(hex('00')), { code: 'RTMP_BAD_MESSAGE' });
  });

  it('reads a user control message without number', () => {
    assert.deepEqual(readUserControl(hex('0020')), { event: 32, value: undefined });
  });
});

const head = '0003 736f31 00000004 00000000 00000000';

const requestCases = [
  { name: 'USE', bytes: '01 00000000', requests: [{ type: 'use' }] },
  { name: 'RELEASE', bytes: '02 00000000', requests: [{ type: 'release' }] },
  {
    name: 'a change',
    bytes: '03 0000000c 0001 78 00 3ff0000000000000',
    requests: [{ type: 'change', key: 'x', value: 1 }],
  },
  {
    name: 'a change of two attributes in one event',
    bytes: '03 00000008 0001 78 05 0001 79 06',
    requests: [
      { type: 'change', key: 'x', value: null },
      { type: 'change', key: 'y', value: undefined },
    ],
  },
  {
    name: 'a change without value',
    bytes: '03 00000003 0001 78',
    requests: [{ type: 'change', key: 'x', value: null }],
  },
  {
    name: 'a change to an AMF3 value',
    bytes: '03 0000000d 0001 78 11 0a0b01 03 61 06 03 62 01',
    requests: [{ type: 'change', key: 'x', value: { a: 'b' } }],
  },
  {
    name: 'a removal',
    bytes: '0a 00000003 0001 78',
    requests: [{ type: 'remove', key: 'x' }],
  },
  {
    name: 'the removal of "é" (rule 55)',
    bytes: '0a 00000004 0002 c3a9',
    requests: [{ type: 'remove', key: 'é' }],
  },
  {
    name: 'a message to all',
    bytes: '06 00000009 02 0002 6869 02 0001 61',
    requests: [{ type: 'send', method: 'hi', args: ['a'] }],
  },
  {
    name: 'several events in order',
    bytes: '01 00000000 0a 00000003 0001 78',
    requests: [{ type: 'use' }, { type: 'remove', key: 'x' }],
  },
  {
    name: 'unknown events skipped by their length (rule 54)',
    bytes: '0c 00000002 ffff 00 00000000 80 00000001 01 ff 00000000 01 00000000',
    requests: [{ type: 'use' }],
  },
] as const;

describe('shared-object requests', () => {
  for (const c of requestCases) {
    it(`reads ${c.name}`, () => {
      const expected = { name: 'so1', persistent: false, version: 4, requests: c.requests };
      assert.deepEqual(readSharedObjectMessage(19, hex(head + c.bytes), {}), expected);
      assert.deepEqual(readSharedObjectMessage(16, hex(`00${head}${c.bytes}`), {}), expected);
      assert.deepEqual(readSharedObjectMessage(16, hex(`03${head}${c.bytes}`), {}), expected);
    });

    it(`takes ${c.name} cut off anywhere for a protocol error, or for fewer whole events`, () => {
      const bytes = hex(head + c.bytes);
      for (let length = 0; length < bytes.length; length++) {
        try {
          const { requests } = readSharedObjectMessage(19, bytes.subarray(0, length), {});
          assert.deepEqual(requests, c.requests.slice(0, requests.length));
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      }
    });
  }

  it('takes flags 2 for persistent, and nothing else', () => {
    for (const flags of [0, 1, 2, 3]) {
      const bytes = hex(`0001 61 00000001 0000000${flags} 00000000`);
      assert.equal(readSharedObjectMessage(19, bytes, {}).persistent, flags === 2);
    }
  });

  it('reads AMF3 text that refers to an earlier event', () => {
    const bytes = hex(
      `00 ${head} 03 00000007 0001 78 11 06 03 61 03 00000006 0001 79 11 06 00`.replaceAll(' ', ''),
    );
    assert.deepEqual(readSharedObjectMessage(16, bytes, {}).requests, [
      { type: 'change', key: 'x', value: 'a' },
      { type: 'change', key: 'y', value: 'a' },
    ]);
  });

  for (const [name, bytes, code] of [
    ['an event longer than the message', '01 00000001', 'RTMP_BAD_MESSAGE'],
    ['an event of 4,294,967,295 bytes', '03 ffffffff 0001 78', 'RTMP_BAD_MESSAGE'],
    [
      'a value that runs over its event',
      '03 00000004 0001 78 00 3ff0000000000000',
      'RTMP_BAD_MESSAGE',
    ],
    [
      'a message to all whose name is a number',
      '06 00000009 00 3ff0000000000000',
      'RTMP_BAD_MESSAGE',
    ],
    ['more than 10,000 events', '0100000000'.repeat(10_001), 'RTMP_BAD_MESSAGE'],
    ['half an event', '01 0000', 'AMF_TRUNCATED'],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.throws(() => readSharedObjectMessage(19, hex(head + bytes), {}), {
        name: 'ProtocolError',
        code,
      });
    });
  }
});

const eventCases: readonly {
  name: string;
  event: SharedObjectEvent;
  amf0: string;
  amf3: string;
}[] = [
  { name: 'useSuccess', event: { type: 'useSuccess' }, amf0: '0b 00000000', amf3: '0b 00000000' },
  { name: 'clear', event: { type: 'clear' }, amf0: '08 00000000', amf3: '08 00000000' },
  {
    name: 'change',
    event: { type: 'change', key: 'x', value: { a: 1 } },
    amf0: '04 00000013 0001 78 03 0001 61 00 3ff0000000000000 000009',
    amf3: '04 0000000c 0001 78 11 0a0b01 03 61 04 01 01',
  },
  {
    name: 'success',
    event: { type: 'success', key: 'x' },
    amf0: '05 00000003 0001 78',
    amf3: '05 00000003 0001 78',
  },
  {
    name: 'remove',
    event: { type: 'remove', key: 'x' },
    amf0: '09 00000003 0001 78',
    amf3: '09 00000003 0001 78',
  },
  {
    name: 'send',
    event: { type: 'send', method: 'hi', args: ['a', 5] },
    amf0: '06 00000012 02 0002 6869 02 0001 61 00 4014000000000000',
    amf3: '06 0000000c 02 0002 6869 11 06 03 61 11 04 05',
  },
  {
    name: 'status',
    event: { type: 'status', code: 'C', level: 'error' },
    amf0: '07 0000000a 0001 43 0005 6572726f72',
    amf3: '07 0000000a 0001 43 0005 6572726f72',
  },
];

function batchOf(events: readonly SharedObjectEvent[]): SharedObjectBatch {
  return { name: 'so1', persistent: false, version: 4, events };
}

describe('shared-object changes', () => {
  for (const c of eventCases) {
    it(`writes ${c.name}`, () => {
      const amf0 = writeSharedObjectMessage(batchOf([c.event]), 0);
      assert.equal(amf0.toString('hex'), (head + c.amf0).replaceAll(' ', ''));
      const amf3 = writeSharedObjectMessage(batchOf([c.event]), 3);
      assert.equal(amf3.toString('hex'), `00${head}${c.amf3}`.replaceAll(' ', ''));
    });
  }

  it('writes persistent objects with flags 2', () => {
    const bytes = writeSharedObjectMessage({ ...batchOf([]), persistent: true }, 0);
    assert.equal(bytes.toString('hex'), '0003736f31000000040000000200000000');
  });
});

describe('SharedObjectEncoder', () => {
  it('encodes a batch once per encoding and chunk size', () => {
    const encoder = new SharedObjectEncoder();
    const batch = batchOf([{ type: 'change', key: 'x', value: { a: 1 } }]);
    const amf0 = encoder.encode(batch, 0, 128);
    assert.equal(encoder.encode(batch, 0, 128), amf0);
    assert.notEqual(encoder.encode(batch, 0, 4096), amf0);
    const amf3 = encoder.encode(batch, 3, 128);
    assert.equal(encoder.encode(batch, 3, 128), amf3);
    assert.notDeepEqual(amf3, amf0);
    assert.notEqual(encoder.encode({ ...batch }, 0, 128), amf0);
  });

  it('begins with a full header on chunk stream 3', () => {
    const bytes = encodeBatch(batchOf([]), 0, 128);
    assert.equal(bytes.subarray(0, 12).toString('hex'), '030000000000111300000000');
    assert.equal(encodeBatch(batchOf([]), 3, 128)[7], 16);
  });

  it('makes several messages of what one cannot hold', () => {
    const value = 'x'.repeat(9_000_000);
    const events = ['a', 'b', 'c'].map((key) => ({ type: 'change', key, value }) as const);
    const bytes = encodeBatch(batchOf(events), 0, 0xffffff);
    const lengths: number[] = [];
    for (let at = 0; at < bytes.length; at += 12 + (lengths.at(-1) as number)) {
      lengths.push(bytes.readUIntBE(at + 4, 3));
    }
    assert.equal(lengths.length, 3);
  });
});

describe('message bodies', () => {
  it('make of any bytes a result or a ProtocolError', () => {
    const seeds = [
      ...commandCases.map((c) => hex(c.bytes)),
      ...requestCases.map((c) => hex(head + c.bytes)),
    ];
    const mutated = fc
      .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }))
      .map(([seed, changes]) => {
        const bytes = Buffer.from(seed);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return bytes;
      });
    fc.assert(
      fc.property(mutated, (bytes) => {
        for (const read of [
          () => readCommand(20, bytes, {}),
          () => readCommand(17, bytes, {}),
          () => readSharedObjectMessage(19, bytes, {}),
          () => readSharedObjectMessage(16, bytes, {}),
        ]) {
          try {
            read();
          } catch (error) {
            if (!(error instanceof ProtocolError)) throw error;
          }
        }
      }),
      { numRuns: 3000 },
    );
  });
});
