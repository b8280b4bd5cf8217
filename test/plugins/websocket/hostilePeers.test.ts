import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import type { SocketHandler } from '../../../src/server/index.ts';
import {
  clientFrame,
  RawClient,
  RecordingListener,
  startServer,
  TestClient,
  type TestServer,
  until,
} from './support.ts';

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** Reads until the close frame, and gives its code. */
async function closeCode(client: RawClient): Promise<number> {
  for (;;) {
    const { opcode, payload } = await client.readFrame();
    if (opcode === CLOSE) return payload.readUInt16BE();
  }
}

/** The sockets that the server has open. */
function watchSockets({ transport, plugin }: TestServer): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  const watched: SocketHandler = {
    protocolName: 'watched',
    acceptsFirstByte: (byte) => plugin.acceptsFirstByte(byte),
    handleSocket(socket, head) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      plugin.handleSocket(socket, head);
    },
  };
  transport.handlers = [watched];
  return sockets;
}

describe('WebSocketPlugin: hostile peers', () => {
  for (const [what, opcode] of [
    ['pings', PING],
    ['pongs', PONG],
  ] as const) {
    it(`closes with 1008 who floods it with ${what}`, async () => {
      await using server = await startServer({ maxMessagesPerSecond: 20 });
      await server.deployWith('chat', new RecordingListener());
      const client = await RawClient.upgrade(server.port, '/chat');
      client.write(Buffer.concat(Array.from({ length: 100 }, () => clientFrame(opcode, 'x'))));
      assert.equal(await closeCode(client), 1008);
      client.destroy();
    });
  }

  it('answers as many pings as messages are allowed', async () => {
    await using server = await startServer({ maxMessagesPerSecond: 20 });
    await server.deployWith('chat', new RecordingListener());
    const client = await RawClient.upgrade(server.port, '/chat');
    client.write(Buffer.concat(Array.from({ length: 40 }, () => clientFrame(PING, 'x'))));
    for (let at = 0; at < 40; at++) assert.equal((await client.readFrame()).opcode, PONG);
    client.destroy();
  });

  it('closes who sends a message in thousands of crumbs, each of which would be kept', async () => {
    await using server = await startServer();
    await server.deployWith('chat', new RecordingListener());
    const client = await RawClient.upgrade(server.port, '/chat');
    client.socket.setNoDelay();
    const frame = clientFrame(TEXT, 'x'.repeat(60_000));
    let at = 0;
    while (at < frame.length && !client.isEnded) {
      client.write(frame.subarray(at, ++at));
      if (at % 4 === 0) await new Promise(setImmediate);
    }
    assert.ok(at < 30_000, `it took ${at} bytes, one by one`);
    assert.equal(await closeCode(client), 1008);
    client.destroy();
  });

  it('closes who begins a message and never ends it', async () => {
    await using server = await startServer({ pingIntervalMs: 40, idleTimeoutMs: 100 });
    await server.deployWith('chat', new RecordingListener());
    const client = await RawClient.upgrade(server.port, '/chat');
    client.write(clientFrame(TEXT, 'x'.repeat(1000)).subarray(0, 20));
    const timer = setInterval(() => client.write('x'), 10);
    assert.equal(await closeCode(client), 1001);
    clearInterval(timer);
    client.destroy();
  });

  for (const [name, request, status] of [
    [
      'headers that are too large with 431',
      RawClient.request('/chat', [`X-Large: ${'x'.repeat(20_000)}`]),
      431,
    ],
    ['HTTP/1.0 with 400', RawClient.request('/chat').replace('HTTP/1.1', 'HTTP/1.0'), 400],
    ['a path of percent signs with 404', RawClient.request('/chat/%%%'), 404],
    ['a whole address in the request line with 404', RawClient.request('http://x/chat'), 404],
    [
      'two keys with 400',
      RawClient.request('/chat', ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']),
      400,
    ],
    [
      'a hundred sub-protocols with 400',
      RawClient.request('/chat', [
        `Sec-WebSocket-Protocol: ${Array.from({ length: 100 }, (_, at) => `p${at}`).join(', ')}`,
      ]),
      400,
    ],
  ] as const) {
    it(`answers ${name}, and closes`, async () => {
      await using server = await startServer({ closeTimeoutMs: 100 });
      await server.deployWith('chat', new RecordingListener());
      const client = new RawClient(server.port);
      client.write(request);
      const answer = (await client.readToEnd()).toString();
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.equal(server.plugin.connectionCount, 0);
    });
  }

  for (const origin of [
    'http://127.0.0.1.evil.example',
    'http://evil.example#127.0.0.1',
    'http://evil.example?127.0.0.1',
    'http://127.0.0.1@evil.example',
    'http://evil.example\\@127.0.0.1',
    'http://127.0.0.1:5080, http://evil.example',
    'http://127.0.0.1:99999',
    'file://127.0.0.1/x',
    'null',
    '',
  ]) {
    it(`refuses the origin ${JSON.stringify(origin)}`, async () => {
      await using server = await startServer({ closeTimeoutMs: 100 });
      await server.deployWith('chat', new RecordingListener());
      const client = new RawClient(server.port);
      const request = RawClient.request('/chat', [`Origin: ${origin}`]);
      client.write(request.replace('Host: localhost', `Host: 127.0.0.1:${server.port}`));
      assert.match((await client.readToEnd()).toString(), /^HTTP\/1\.1 403 /);
    });
  }

  it('cuts who dribbles a handshake, whatever the pace', async () => {
    await using server = await startServer({ handshakeTimeoutMs: 150, closeTimeoutMs: 100 });
    const client = new RawClient(server.port);
    client.write('GET /chat HTTP/1.1\r\n');
    const timer = setInterval(() => client.write('X-A: b\r\n'), 20);
    assert.match((await client.readToEnd()).toString(), /^HTTP\/1\.1 408 /);
    clearInterval(timer);
    client.destroy();
  });

  it('cuts who does not read its event stream and was told that it ends', async () => {
    await using server = await startServer({
      serverSentEvents: true,
      maxQueueBytes: 100_000,
      closeTimeoutMs: 100,
    });
    const sockets = watchSockets(server);
    const chat = await server.deployWith('chat', new RecordingListener());
    const client = new RawClient(server.port);
    client.write('GET /chat/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n');
    await client.readUntil('event: connection');
    client.socket.pause();
    const scope = server.plugin.getManager(chat).getScope('/chat');
    while (scope?.eventStreams.size === 1) {
      scope.send('x'.repeat(60_000));
      await new Promise(setImmediate);
    }
    await until(() => sockets.size === 0);
    client.destroy();
  });

  it('cuts an event stream that nobody reads', async () => {
    await using server = await startServer({
      serverSentEvents: true,
      pingIntervalMs: 20,
      idleTimeoutMs: 100,
    });
    const sockets = watchSockets(server);
    const chat = await server.deployWith('chat', new RecordingListener());
    const client = new RawClient(server.port);
    client.write('GET /chat/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n');
    await client.readUntil('event: connection');
    client.socket.pause();
    const scope = server.plugin.getManager(chat).getScope('/chat');
    const [stream] = scope?.eventStreams ?? [];
    while (stream?.member.queuedBytes === 0) {
      scope?.send('x'.repeat(60_000));
      await new Promise(setImmediate);
    }
    await until(() => chat.connections.size === 0 && sockets.size === 0);
    client.destroy();
  });

  it('holds what it has not compressed yet to the limit of the queue', async () => {
    await using server = await startServer({
      perMessageDeflate: true,
      deflateThresholdBytes: 0,
      maxQueueBytes: 500_000,
    });
    await server.deployWith('chat', new RecordingListener());
    const client = await TestClient.open(`${server.url}/chat`, [], { perMessageDeflate: true });
    const [connection] = server.plugin.getManager('/chat').connections;
    // Far more in one turn than can be compressed in one.
    for (let at = 0; at < 200; at++) connection?.send(`${at} `.padEnd(50_000, 'abc'));
    assert.ok((connection?.queuedBytes ?? 0) <= 600_000, `${connection?.queuedBytes} wait`);
    assert.equal((await client.closed).code, 1013);
  });
});

describe('WebSocketConnection.close', () => {
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN]) {
    it(`throws at the code ${code}, which may not be sent, and leaves the connection as it is`, async () => {
      await using server = await startServer();
      const listener = new RecordingListener();
      await server.deployWith('chat', listener);
      const client = await TestClient.open(`${server.url}/chat`);
      const [connection] = server.plugin.getManager('/chat').connections;
      assert.throws(() => connection?.close(code), RangeError);
      assert.equal(connection?.isClosing, false);
      client.send('still here');
      await until(() => listener.messages.length === 1);
      client.socket.close();
      await once(client.socket, 'close');
    });
  }
});
