import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, it } from 'node:test';
import { RTMPTHandler } from '../../../src/plugins/rtmp/index.ts';
import {
  type Connection,
  MultiThreadedApplicationAdapter,
  Red5,
  TCPTransport,
} from '../../../src/server/index.ts';
import { RawClient, set, USE } from './RawClient.ts';
import { startRTMP } from './startRTMP.ts';
import type { Received } from './WireChunks.ts';
import { amf0 } from './wireValues.ts';

/** What Flash Player 32 sends with `connect`, but for the address. */
const PARAMETERS = {
  flashVer: 'WIN 32,0,0,465',
  swfUrl: 'http://example.com/app.swf',
  pageUrl: 'http://example.com/page.html?a=b',
  fpad: false,
  capabilities: 239,
  audioCodecs: 3575,
  videoCodecs: 252,
  videoFunction: 1,
};

class App extends MultiThreadedApplicationAdapter {
  static readonly remoteMethods = ['say', 'callMe'];
  readonly params: Readonly<Record<string, unknown>>[] = [];
  readonly args: unknown[][] = [];
  readonly said: unknown[] = [];

  override appConnect(connection: Connection, args: unknown[]): boolean {
    this.params.push(connection.connectParams);
    this.args.push(args);
    return true;
  }

  say(text: unknown): void {
    this.said.push(text);
  }

  async callMe(): Promise<unknown> {
    const connection = Red5.getConnectionLocal();
    return await (connection as unknown as { invoke(m: string, a: unknown[]): unknown }).invoke(
      'who',
      [],
    );
  }
}

/** A command as Flash sends it: of type 17 with encoding 3. */
function call(client: RawClient, encoding: number, ...values: unknown[]): void {
  if (encoding === 0) client.send(20, amf0(...values));
  else client.send(17, Buffer.concat([Buffer.of(0), amf0(...values)]));
}

function isCommand({ type }: Received): boolean {
  return type === 17 || type === 20;
}

for (const objectEncoding of [0, 3]) {
  describe(`Flash Player with objectEncoding ${objectEncoding}`, () => {
    const connectParams = { ...PARAMETERS, objectEncoding };

    it('is told its encoding, and the application where the SWF and the page are from', async () => {
      const handler = new App();
      await using rtmp = await startRTMP({ handler });
      const client = await RawClient.open(rtmp.port);
      client.connect('chat?token=x', connectParams, 'bob', 7);
      const [name, , , info] = await client.command();
      assert.equal(name, '_result');
      assert.equal((info as Record<string, unknown>)['objectEncoding'], objectEncoding);
      const [params] = handler.params;
      for (const [key, value] of Object.entries(PARAMETERS)) assert.equal(params?.[key], value);
      assert.equal(params?.['queryString'], 'token=x');
      assert.deepEqual(handler.args, [['bob', 7]]);
      await client.settled();
      assert.deepEqual(client.received.filter(isCommand), [], 'no method is called unasked');
      await client.close();
    });

    it('calls without responder, announces its address and subscribes, and nothing is answered or logged', async () => {
      const handler = new App();
      await using rtmp = await startRTMP({ handler });
      const client = await RawClient.connected(rtmp.port, 'chat', connectParams);
      call(client, objectEncoding, 'setPeerInfo', 0, null, '192.168.0.2:1935', '[::1]:1935');
      call(client, objectEncoding, 'say', 0, null, 'hello');
      call(client, objectEncoding, 'FCSubscribe', 0, null, 'cam');
      call(client, objectEncoding, 'noSuchMethod', 0, null);
      await client.settled();
      assert.deepEqual(handler.said, ['hello']);
      assert.deepEqual(client.received.filter(isCommand), []);
      assert.deepEqual(rtmp.log.lines, []);
      await client.close();
    });

    it('answers a call of the server that came out of its own', async () => {
      await using rtmp = await startRTMP({ handler: new App() });
      const client = await RawClient.connected(rtmp.port, 'chat', connectParams);
      call(client, objectEncoding, 'callMe', 5, null);
      const [name, transaction] = await client.command();
      assert.equal(name, 'who');
      call(client, objectEncoding, '_result', transaction, null, 'me');
      assert.deepEqual(await client.command(), ['_result', 5, null, 'me']);
      await client.close();
    });

    it('finds its shared object again after it lost the connection, whatever version it knows', async () => {
      await using rtmp = await startRTMP();
      const first = await RawClient.connected(rtmp.port, 'chat', connectParams);
      const other = await RawClient.connected(rtmp.port, 'chat', connectParams);
      first.so('s', USE, set('x', 1));
      await first.sharedObject();
      other.so('s', USE, set('y', 2));
      const { version } = await other.sharedObject();
      await first.close();
      other.so('s', set('x', 3));
      await other.sharedObject();

      const again = await RawClient.connected(rtmp.port, 'chat', connectParams);
      const use = Buffer.concat([Buffer.from('\0\x01s'), Buffer.alloc(12), USE]);
      use.writeUInt32BE(version, 3);
      again.send(19, use);
      const { events } = await again.sharedObject();
      assert.deepEqual(events.slice(0, 2), [[11], [8]]);
      assert.deepEqual(
        events.slice(2).toSorted(([, a], [, b]) => String(a).localeCompare(String(b))),
        [
          [4, 'x', 3],
          [4, 'y', 2],
        ],
      );
      await again.close();
      await other.close();
    });
  });
}

describe('Flash Player behind a proxy', () => {
  it('asks for an address to tunnel to, is told that there is none, and opens a tunnel where it is', async () => {
    await using rtmp = await startRTMP();
    const handler = new RTMPTHandler(rtmp.plugin);
    const transport = new TCPTransport();
    Object.assign(transport, { host: '127.0.0.1', handlers: [handler], logger: rtmp.log });
    handler.start();
    await transport.start();
    const port = transport.address?.port ?? 0;
    assert.equal((await post(port, '/fcs/ident2')).status, 404);
    const opened = await post(port, '/open/1');
    assert.equal(opened.status, 200);
    assert.equal(opened.type, 'application/x-fcs');
    const id = opened.body.trim();
    assert.equal((await post(port, `/idle/${id}/0`)).body, '\x01');
    assert.equal((await post(port, `/close/${id}/1`)).status, 200);
    assert.equal((await post(port, `/idle/${id}/2`)).status, 404);
    await transport.stop();
    handler.stop();
  });
});

async function post(
  port: number,
  path: string,
): Promise<{ status: number; type: string | undefined; body: string }> {
  return await new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, method: 'POST' }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'],
          body,
        }),
      );
    });
    sent.on('error', reject);
    sent.setHeader('Content-Type', 'application/x-fcs');
    sent.end('\0');
  });
}
