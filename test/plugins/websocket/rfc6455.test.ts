import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WebSocketDataListener, type WSMessage } from '../../../src/plugins/websocket/index.ts';
import { clientFrame, RawClient, startServer, type TestServer } from './support.ts';

/** Sends each message back to whom it came from. */
class EchoListener extends WebSocketDataListener {
  override onWSConnect(): void {}
  override onWSMessage(message: WSMessage): void {
    const { connection, messageType, messageAsString, payload } = message;
    connection.send(messageType === 'text' ? messageAsString : payload);
  }
  override onWSDisconnect(): void {}
}

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

type Expected = readonly [opcode: number, payload: string | Buffer];

interface Case {
  readonly name: string;
  readonly frames: readonly Buffer[];
  /** The frames that come back; a close frame is its code. */
  readonly back: readonly Expected[];
}

function code(value: number, reason = ''): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(value);
  payload.write(reason, 2);
  return payload;
}

const closes = (value: number): Expected => [CLOSE, code(value)];
const end = clientFrame(CLOSE, code(1000));
const ended: Expected = [CLOSE, code(1000)];

const cases: readonly Case[] = [
  // Framing
  ...[0, 1, 125, 126, 127, 128, 65_535].map((size) => ({
    name: `echoes a text of ${size} bytes`,
    frames: [clientFrame(TEXT, 'a'.repeat(size)), end],
    back: [[TEXT, 'a'.repeat(size)], ended] as const,
  })),
  ...[0, 125, 126, 65_535, 65_536].map((size) => ({
    name: `echoes ${size} bytes`,
    frames: [clientFrame(BINARY, Buffer.alloc(size, 0xfe)), end],
    back: [[BINARY, Buffer.alloc(size, 0xfe)], ended] as const,
  })),
  // Pings
  ...[0, 1, 125].map((size) => ({
    name: `answers a ping of ${size} bytes with the same pong`,
    frames: [clientFrame(PING, 'p'.repeat(size)), end],
    back: [[PONG, 'p'.repeat(size)], ended] as const,
  })),
  {
    name: 'answers ten pings in order',
    frames: [...Array.from({ length: 10 }, (_, n) => clientFrame(PING, `${n}`)), end],
    back: [...Array.from({ length: 10 }, (_, n): Expected => [PONG, `${n}`]), ended],
  },
  { name: 'ignores a pong nobody asked for', frames: [clientFrame(PONG, 'x'), end], back: [ended] },
  {
    name: 'closes with 1002 at a ping of 126 bytes',
    frames: [clientFrame(PING, 'p'.repeat(126))],
    back: [closes(1002)],
  },
  {
    name: 'closes with 1002 at a fragmented ping',
    frames: [clientFrame(PING, 'p', { fin: false })],
    back: [closes(1002)],
  },
  // Reserved bits and opcodes, masks
  ...[1, 2, 3, 4, 5, 6, 7].map((rsv) => ({
    name: `closes with 1002 at reserved bits ${rsv}`,
    frames: [clientFrame(TEXT, 'x', { rsv })],
    back: [closes(1002)],
  })),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => ({
    name: `closes with 1002 at opcode ${opcode}`,
    frames: [clientFrame(opcode, 'x')],
    back: [closes(1002)],
  })),
  {
    name: 'closes with 1002 at an unmasked frame',
    frames: [clientFrame(TEXT, 'x', { masked: false })],
    back: [closes(1002)],
  },
  // Fragmentation
  {
    name: 'joins a text in three fragments with a ping between them',
    frames: [
      clientFrame(TEXT, 'one ', { fin: false }),
      clientFrame(PING, 'p'),
      clientFrame(0, 'two ', { fin: false }),
      clientFrame(0, 'three'),
      end,
    ],
    back: [[PONG, 'p'], [TEXT, 'one two three'], ended],
  },
  {
    name: 'joins empty fragments',
    frames: [
      clientFrame(TEXT, '', { fin: false }),
      clientFrame(0, '', { fin: false }),
      clientFrame(0, ''),
      end,
    ],
    back: [[TEXT, ''], ended],
  },
  {
    name: 'takes bytes in fragments for bytes',
    frames: [clientFrame(BINARY, 'a', { fin: false }), clientFrame(0, 'b'), end],
    back: [[BINARY, 'ab'], ended],
  },
  {
    name: 'closes with 1002 at a continuation of nothing',
    frames: [clientFrame(0, 'x')],
    back: [closes(1002)],
  },
  {
    name: 'closes with 1002 at a continuation after the end',
    frames: [clientFrame(TEXT, 'x'), clientFrame(0, 'y')],
    back: [[TEXT, 'x'], closes(1002)],
  },
  {
    name: 'closes with 1002 at a new message within another',
    frames: [clientFrame(TEXT, 'x', { fin: false }), clientFrame(TEXT, 'y')],
    back: [closes(1002)],
  },
  // UTF-8
  {
    name: 'echoes characters of one to four bytes',
    frames: [clientFrame(TEXT, 'aä€😀\u{10ffff}\u0000'), end],
    back: [[TEXT, 'aä€😀\u{10ffff}\u0000'], ended],
  },
  {
    name: 'joins a character that was split between fragments',
    frames: [
      clientFrame(TEXT, Buffer.from([0xe2, 0x82]), { fin: false }),
      clientFrame(0, Buffer.from([0xac])),
      end,
    ],
    back: [[TEXT, '€'], ended],
  },
  ...['80', 'c080', 'e08080', 'eda080', 'edbfbf', 'f4908080', 'f8888080', 'ff', 'c3', '61e282'].map(
    (hex) => ({
      name: `closes with 1007 at the bytes ${hex} as text`,
      frames: [clientFrame(TEXT, Buffer.from(hex, 'hex'))],
      back: [closes(1007)],
    }),
  ),
  {
    name: 'echoes the same bytes as bytes',
    frames: [clientFrame(BINARY, Buffer.from('eda080', 'hex')), end],
    back: [[BINARY, Buffer.from('eda080', 'hex')], ended],
  },
  // Closing
  { name: 'answers a close without code', frames: [clientFrame(CLOSE)], back: [[CLOSE, '']] },
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map(
    (value) => ({
      name: `answers a close with ${value} with the same code`,
      frames: [clientFrame(CLOSE, code(value))],
      back: [closes(value)],
    }),
  ),
  {
    name: 'answers a close with a reason with the same reason',
    frames: [clientFrame(CLOSE, code(1000, 'bye ü'))],
    back: [[CLOSE, code(1000, 'bye ü')]],
  },
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535].map((value) => ({
    name: `closes with 1002 at a close with ${value}`,
    frames: [clientFrame(CLOSE, code(value))],
    back: [closes(1002)],
  })),
  {
    name: 'closes with 1002 at a close of one byte',
    frames: [clientFrame(CLOSE, 'x')],
    back: [closes(1002)],
  },
  {
    name: 'closes with 1002 at a close of 126 bytes',
    frames: [clientFrame(CLOSE, code(1000, 'x'.repeat(124)))],
    back: [closes(1002)],
  },
  {
    name: 'closes with 1007 at a reason that is no UTF-8',
    frames: [clientFrame(CLOSE, Buffer.from([3, 232, 0xff]))],
    back: [closes(1007)],
  },
  {
    name: 'takes nothing after a close',
    frames: [end, clientFrame(TEXT, 'late'), clientFrame(PING)],
    back: [ended],
  },
  {
    name: 'answers what came before a close, then the close',
    frames: [clientFrame(TEXT, '1'), clientFrame(TEXT, '2'), end],
    back: [[TEXT, '1'], [TEXT, '2'], ended],
  },
  // Limits
  {
    name: 'closes with 1009 at a message that announces more than is allowed',
    frames: [Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0])],
    back: [closes(1009)],
  },
  {
    name: 'closes with 1009 at a length beyond 53 bits',
    frames: [Buffer.from([0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0])],
    back: [closes(1009)],
  },
];

/** The ways in which the same bytes may arrive. */
const deliveries: readonly (readonly [
  name: string,
  send: (raw: RawClient, bytes: Buffer) => Promise<void>,
])[] = [
  ['in one segment', async (raw, bytes) => raw.write(bytes)],
  [
    'byte by byte',
    async (raw, bytes) => {
      // Single bytes of what is short; a long payload is cut after its header only.
      for (let at = 0; at < Math.min(bytes.length, 40); at++) {
        raw.write(bytes.subarray(at, at + 1));
        await new Promise(setImmediate);
      }
      raw.write(bytes.subarray(40));
    },
  ],
];

async function check(
  raw: RawClient,
  { frames, back }: Case,
  send: (raw: RawClient, bytes: Buffer) => Promise<void>,
) {
  await send(raw, Buffer.concat(frames));
  for (const [opcode, payload] of back) {
    const frame = await raw.readFrame();
    assert.equal(frame.opcode, opcode);
    assert.deepEqual([frame.fin, frame.rsv], [true, 0]);
    assert.deepEqual(frame.payload, Buffer.from(payload as string));
  }
  raw.socket.end();
  assert.equal((await raw.readToEnd()).length, 0);
}

for (const secure of [false, true]) {
  describe(`RFC 6455 over ${secure ? 'wss' : 'ws'}`, () => {
    let server: TestServer;

    before(async () => {
      server = await startServer({ maxMessageBytes: 131_072 }, { secure });
      await server.deployWith('echo', new EchoListener());
    });
    after(() => server.stop());

    for (const [way, send] of deliveries) {
      for (const one of cases) {
        it(`${one.name}, ${way}`, async () => {
          await check(await RawClient.upgrade(server.port, '/echo', secure), one, send);
        });
      }
    }
  });
}
