import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { describe, it } from 'node:test';
import { WebSocketServer } from 'ws';
import {
  encodeBinaryFrame,
  encodeTextFrame,
  isTextFrame,
  payloadOf,
} from '../../../../src/plugins/websocket/frame/encodeFrame.ts';

const payloads: readonly (readonly [name: string, payload: string | Buffer])[] = [
  ['an empty text', ''],
  ['a short text', 'hello'],
  ['a text of 125 bytes', 'a'.repeat(125)],
  ['a text of 126 bytes', 'a'.repeat(126)],
  ['a text of 65535 bytes', 'a'.repeat(65_535)],
  ['a text of 65536 bytes', 'a'.repeat(65_536)],
  ['a text with characters of 2, 3 and 4 bytes', 'ä€😀'.repeat(40)],
  ['a text with an unpaired surrogate', 'a\ud800b'],
  ['a text with NUL', 'a\u0000b'],
  ['empty bytes', Buffer.alloc(0)],
  ['125 bytes', Buffer.alloc(125, 7)],
  ['126 bytes', Buffer.alloc(126, 7)],
  ['65535 bytes', Buffer.alloc(65_535, 7)],
  ['65536 bytes', Buffer.alloc(65_536, 7)],
];

function encode(payload: string | Buffer): Buffer {
  return typeof payload === 'string' ? encodeTextFrame(payload) : encodeBinaryFrame(payload);
}

/** What a plain `ws` server writes for these payloads, seen from a raw socket. */
async function bytesFromWs(sent: readonly (string | Buffer)[], length: number): Promise<Buffer> {
  const server = new WebSocketServer({ port: 0 });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    for (const payload of sent) socket.send(payload);
  });
  const client = connect((server.address() as AddressInfo).port);
  client.write(
    'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  let bytes = Buffer.alloc(0);
  let body = -1;
  for await (const chunk of client) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    if (body < 0) body = bytes.indexOf('\r\n\r\n') + 4;
    if (bytes.length - body >= length) break;
  }
  server.close();
  for (const socket of server.clients) socket.terminate();
  return bytes.subarray(body);
}

describe('encodeFrame', () => {
  for (const [name, payload] of payloads) {
    it(`frames ${name} bit for bit as ws does`, async () => {
      const frame = encode(payload);
      assert.ok(frame.equals(await bytesFromWs([payload], frame.length)));
    });

    it(`finds ${name} in its frame again`, () => {
      const frame = encode(payload);
      assert.equal(isTextFrame(frame), typeof payload === 'string');
      assert.ok(payloadOf(frame).equals(Buffer.from(payload as string)));
    });
  }
});
