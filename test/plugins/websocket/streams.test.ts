import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import { WebSocket } from 'ws';
import type { PeerAddress, StreamHandler } from '../../../src/server/index.ts';
import { startServer } from './support.ts';

/** A protocol that says back what it gets, and closes at "q". */
class Echo implements StreamHandler {
  readonly protocolName = 'echo';
  readonly streams: Duplex[] = [];
  peer: PeerAddress | undefined;

  handleStream(stream: Duplex, peer: PeerAddress): void {
    this.peer = peer;
    this.streams.push(stream);
    stream.on('error', () => undefined);
    stream.on('data', (bytes: Buffer) => {
      if (bytes.includes('q')) stream.end();
      else stream.write(bytes);
    });
  }
}

async function opened(url: string, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols);
  await once(socket, 'open');
  return socket;
}

async function answer(socket: WebSocket): Promise<string> {
  const [data, isBinary] = await once(socket, 'message');
  assert.equal(isBinary, true);
  return String(data);
}

describe('streams inside WebSockets', () => {
  it('are asked for by sub-protocol, on any path', async () => {
    const echo = new Echo();
    await using running = await startServer({ streamHandlers: [echo] });
    const socket = await opened(`${running.url}/no/such/application`, ['other', 'echo']);
    assert.equal(socket.protocol, 'echo');
    socket.send(Buffer.from('hi'));
    assert.equal(await answer(socket), 'hi');
    assert.equal(echo.peer?.remoteAddress, '127.0.0.1');
    assert.equal(echo.peer.secure, false);
    socket.terminate();
  });

  it('are asked for in the address by clients that name no sub-protocol', async () => {
    await using running = await startServer({ streamHandlers: [new Echo()] });
    const socket = await opened(`${running.url}/?protocol=echo`);
    assert.equal(socket.protocol, '');
    socket.send(Buffer.from('hi'));
    assert.equal(await answer(socket), 'hi');
    socket.terminate();
  });

  it('are nothing without a handler', async () => {
    await using running = await startServer();
    const socket = new WebSocket(`${running.url}/?protocol=echo`);
    const [error] = await once(socket, 'error');
    assert.match(String(error), /404/);
  });

  it('are refused to pages of other sites and above the limit of connections', async () => {
    await using running = await startServer({ streamHandlers: [new Echo()], maxConnections: 1 });
    const foreign = new WebSocket(`${running.url}/?protocol=echo`, {
      origin: 'http://elsewhere.example',
    });
    assert.match(String((await once(foreign, 'error'))[0]), /403/);
    const first = await opened(`${running.url}/?protocol=echo`);
    const second = new WebSocket(`${running.url}/?protocol=echo`);
    assert.match(String((await once(second, 'error'))[0]), /503/);
    first.close();
    await once(first, 'close');
    while (running.plugin.connectionCount > 0) await new Promise((r) => setTimeout(r, 5));
    (await opened(`${running.url}/?protocol=echo`)).terminate();
  });

  it('end with 1000 when the protocol ends them, and with 1003 when text is sent', async () => {
    await using running = await startServer({ streamHandlers: [new Echo()] });
    for (const [data, code] of [
      [Buffer.from('q'), 1000],
      ['text', 1003],
    ] as const) {
      const socket = await opened(`${running.url}/?protocol=echo`);
      socket.send(data);
      assert.equal((await once(socket, 'close'))[0], code);
    }
  });

  it('make a peer wait whose bytes nobody reads, and lose none', async () => {
    const echo = new Echo();
    await using running = await startServer({ streamHandlers: [echo] });
    const socket = await opened(`${running.url}/?protocol=echo`);
    let received = 0;
    socket.on('message', (data: Buffer) => {
      received += data.length;
    });
    while (echo.streams.length === 0) await new Promise((r) => setTimeout(r, 5));
    const [stream] = echo.streams;
    stream?.pause();
    const total = 200 * 60_000;
    for (let i = 0; i < 200; i++) socket.send(Buffer.alloc(60_000));
    await new Promise((r) => setTimeout(r, 200));
    assert.ok((stream?.readableLength ?? 0) < 1_000_000);
    stream?.resume();
    while (received < total) await new Promise((r) => setTimeout(r, 10));
    socket.terminate();
  });

  it('are closed with 1001 when the server stops', async () => {
    const running = await startServer({ streamHandlers: [new Echo()] });
    const socket = await opened(`${running.url}/?protocol=echo`);
    const closed = once(socket, 'close');
    await running.stop();
    assert.equal((await closed)[0], 1001);
  });
});
