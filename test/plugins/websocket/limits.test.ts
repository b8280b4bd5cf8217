import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DefaultWebSocketDataListener } from '../../../src/plugins/websocket/index.ts';
import {
  clientFrame,
  RawClient,
  RecordingListener,
  refusedStatus,
  startServer,
  TestClient,
  until,
} from './support.ts';

describe('WebSocketPlugin: limits', () => {
  it('closes with 1009 at a message over the limit, in one frame or in several', async () => {
    await using server = await startServer({ maxMessageBytes: 100 });
    const listener = new RecordingListener();
    await server.deployWith('chat', listener);
    const fits = await TestClient.open(`${server.url}/chat`);
    fits.send('a'.repeat(100));
    await until(() => listener.messages.length === 1);
    fits.send('a'.repeat(101));
    assert.equal((await fits.closed).code, 1009);
    const raw = await RawClient.upgrade(server.port, '/chat');
    raw.write(clientFrame(1, 'a'.repeat(60), { fin: false }));
    raw.write(clientFrame(0, 'a'.repeat(60)));
    const { opcode, payload } = await raw.readFrame();
    assert.deepEqual([opcode, payload.readUInt16BE()], [8, 1009]);
    assert.equal(listener.messages.length, 1);
    raw.destroy();
  });

  it('closes with 1008 at more fragments than allowed, empty ones included', async () => {
    await using server = await startServer({ maxFragments: 3 });
    await server.deployWith('chat', new RecordingListener());
    const raw = await RawClient.upgrade(server.port, '/chat');
    raw.write(clientFrame(1, '', { fin: false }));
    for (let n = 0; n < 5; n++) raw.write(clientFrame(0, '', { fin: false }));
    const { opcode, payload } = await raw.readFrame();
    assert.deepEqual([opcode, payload.readUInt16BE()], [8, 1008]);
    raw.destroy();
  });

  it('closes with 1008 who sends more messages than its rate and burst allow', async () => {
    await using server = await startServer({ maxMessagesPerSecond: 5 });
    const listener = new RecordingListener();
    await server.deployWith('chat', listener);
    const client = await TestClient.open(`${server.url}/chat`);
    for (let n = 0; n < 30; n++) client.send('x');
    assert.equal((await client.closed).code, 1008);
    assert.ok(listener.messages.length >= 10 && listener.messages.length <= 11);
  });

  it('closes with 1008 who sends more bytes than its rate and burst allow', async () => {
    await using server = await startServer({ maxBytesPerSecond: 1000 });
    const listener = new RecordingListener();
    await server.deployWith('chat', listener);
    const client = await TestClient.open(`${server.url}/chat`);
    client.send('x'.repeat(1900));
    await until(() => listener.messages.length === 1);
    client.send('x'.repeat(1900));
    assert.equal((await client.closed).code, 1008);
  });

  it('answers connections over the caps with 503, and takes new ones once there is room', async () => {
    await using server = await startServer({ maxConnections: 3, maxConnectionsPerApplication: 2 });
    await server.deployWith('chat', new RecordingListener());
    await server.deployWith('other', new RecordingListener());
    const clients = [
      await TestClient.open(`${server.url}/chat`),
      await TestClient.open(`${server.url}/chat/room`),
    ];
    assert.equal(await refusedStatus(`${server.url}/chat`), 503);
    clients.push(await TestClient.open(`${server.url}/other`));
    assert.equal(await refusedStatus(`${server.url}/other`), 503);
    assert.equal(server.plugin.connectionCount, 3);
    await clients[0]?.close();
    await until(() => server.plugin.connectionCount === 2);
    clients.push(await TestClient.open(`${server.url}/chat`));
    for (const client of clients.slice(1)) await client.close();
  });

  it('answers connections over the cap of an address with 429, counted behind trusted proxies', async () => {
    await using server = await startServer({
      maxConnectionsPerAddress: 1,
      trustedProxies: ['127.0.0.1'],
    });
    const listener = new RecordingListener();
    await server.deployWith('chat', listener);
    const from = (address: string) => ({
      headers: { 'X-Forwarded-For': address, 'X-Forwarded-Proto': 'https' },
    });
    const one = await TestClient.open(`${server.url}/chat`, [], from('203.0.113.1'));
    assert.equal(await refusedStatus(`${server.url}/chat`, [], from('203.0.113.1')), 429);
    const two = await TestClient.open(`${server.url}/chat`, [], from('203.0.113.2'));
    const connections = [...server.plugin.getManager('/chat').connections];
    assert.deepEqual(
      connections.map(({ remoteAddress, secure }) => [remoteAddress, secure]),
      [
        ['203.0.113.1', true],
        ['203.0.113.2', true],
      ],
    );
    await one.close();
    await two.close();
  });

  it('pings who is silent, and keeps who answers', async () => {
    await using server = await startServer({ pingIntervalMs: 20, idleTimeoutMs: 100 });
    await server.deployWith('chat', new RecordingListener());
    const client = await TestClient.open(`${server.url}/chat`);
    let pings = 0;
    client.socket.on('ping', () => {
      pings += 1;
    });
    await until(() => pings >= 8);
    assert.equal(client.socket.readyState, client.socket.OPEN);
    await client.close();
  });

  it('closes who is silent and does not answer', async () => {
    await using server = await startServer({
      pingIntervalMs: 20,
      idleTimeoutMs: 60,
      closeTimeoutMs: 30,
    });
    const listener = new RecordingListener();
    await server.deployWith('chat', listener);
    const raw = await RawClient.upgrade(server.port, '/chat');
    const opcodes: number[] = [];
    for (;;) {
      const { opcode, payload } = await raw.readFrame();
      opcodes.push(opcode);
      if (opcode !== 8) continue;
      assert.equal(payload.readUInt16BE(), 1001);
      break;
    }
    assert.ok(opcodes.includes(9));
    await raw.readToEnd();
    assert.deepEqual(listener.events, ['connect chat', 'disconnect chat']);
    assert.equal(server.plugin.connectionCount, 0);
  });

  it('closes with 1013 who does not read, and the others notice nothing', async () => {
    await using server = await startServer({
      maxQueueBytes: 100_000,
      maxMessagesPerSecond: 0,
      maxBytesPerSecond: 0,
    });
    await server.deployWith('chat', new DefaultWebSocketDataListener());
    const slow = await RawClient.upgrade(server.port, '/chat');
    slow.socket.pause();
    const quick = await TestClient.open(`${server.url}/chat`);
    const text = 'x'.repeat(60_000);
    const manager = server.plugin.getManager('/chat');
    const [stalled] = manager.connections;
    let sent = 0;
    while (stalled?.isClosing === false) {
      quick.send(text);
      sent += 1;
      await quick.received(sent);
    }
    assert.equal(stalled?.isClosing, true);
    assert.ok(stalled.droppedMessages > 0);
    assert.equal(quick.texts.length, sent);
    slow.socket.resume();
    const frames: number[] = [];
    for (;;) {
      const { opcode, payload } = await slow.readFrame();
      frames.push(opcode);
      if (opcode !== 8) continue;
      assert.equal(payload.readUInt16BE(), 1013);
      break;
    }
    assert.ok(frames.length > 1 && frames.length <= sent);
    slow.destroy();
    await quick.close();
  });

  it('drops the oldest messages of who does not read when that is the policy, and goes on later', async () => {
    await using server = await startServer({
      maxQueueBytes: 100_000,
      queuePolicy: 'drop-oldest',
      maxMessagesPerSecond: 0,
      maxBytesPerSecond: 0,
    });
    await server.deployWith('chat', new DefaultWebSocketDataListener());
    const slow = await RawClient.upgrade(server.port, '/chat');
    slow.socket.pause();
    const [stalled] = server.plugin.getManager('/chat').connections;
    const quick = await TestClient.open(`${server.url}/chat`);
    let sent = 0;
    while ((stalled?.droppedMessages ?? 0) < 5) {
      quick.send(`${sent}`.padEnd(60_000, '.'));
      sent += 1;
      await quick.received(sent);
    }
    assert.ok((stalled?.queuedBytes ?? 0) <= 200_000);
    slow.socket.resume();
    const got: number[] = [];
    while (got.at(-1) !== sent - 1)
      got.push(Number.parseInt((await slow.readFrame()).payload.toString(), 10));
    assert.equal(got.length, sent - (stalled?.droppedMessages ?? 0));
    assert.deepEqual(
      got,
      [...got].sort((a, b) => a - b),
    );
    slow.destroy();
    await quick.close();
  });
});

describe('WebSocketPlugin: compression', () => {
  it('is off by default', async () => {
    await using server = await startServer();
    await server.deployWith('chat', new RecordingListener());
    const client = await TestClient.open(`${server.url}/chat`, [], { perMessageDeflate: true });
    assert.equal(client.socket.extensions, '');
    await client.close();
  });

  it('is agreed on when it is on, and rooms may have clients with and without it', async () => {
    await using server = await startServer({ perMessageDeflate: true, deflateThresholdBytes: 100 });
    await server.deployWith('chat', new DefaultWebSocketDataListener());
    const small = await TestClient.open(`${server.url}/chat`, [], { perMessageDeflate: true });
    const plain = await TestClient.open(`${server.url}/chat`);
    assert.equal(small.socket.extensions, 'permessage-deflate');
    const texts = ['short', 'a'.repeat(5000), 'end', 'ü'.repeat(3000), 'last'];
    for (const text of texts) plain.send(text);
    assert.deepEqual(await plain.received(5), texts);
    assert.deepEqual(await small.received(5), texts);
    small.send('b'.repeat(5000));
    assert.equal((await plain.received(6)).at(-1), 'b'.repeat(5000));
    await small.close();
    await plain.close();
  });

  for (const [offer, answer] of [
    [
      'permessage-deflate; client_max_window_bits',
      'permessage-deflate; client_max_window_bits=12; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12',
    ],
    // The memory for a window of a client's choice is not given.
    ['permessage-deflate', undefined],
    ['permessage-deflate; server_max_window_bits=8; client_max_window_bits', undefined],
    [
      'permessage-deflate; server_max_window_bits=8, permessage-deflate; client_max_window_bits=15; server_max_window_bits="13"',
      'permessage-deflate; client_max_window_bits=12; server_max_window_bits=12; server_no_context_takeover; client_no_context_takeover',
    ],
    ['x-webkit-deflate-frame', undefined],
  ] as const) {
    it(`answers the offer "${offer}" with ${answer ?? 'none'}`, async () => {
      await using server = await startServer({ perMessageDeflate: true });
      await server.deployWith('chat', new RecordingListener());
      const client = new RawClient(server.port);
      client.write(RawClient.request('/chat', [`Sec-WebSocket-Extensions: ${offer}`]));
      const head = await client.readUntil('\r\n\r\n');
      assert.match(head, /^HTTP\/1\.1 101 /);
      assert.equal(/sec-websocket-extensions: (.*)\r/i.exec(head)?.[1], answer);
      client.destroy();
    });
  }

  it('does not let a small message grow over the limit', async () => {
    await using server = await startServer({ perMessageDeflate: true, maxMessageBytes: 10_000 });
    await server.deployWith('chat', new RecordingListener());
    const client = await TestClient.open(`${server.url}/chat`, [], { perMessageDeflate: true });
    client.send('a'.repeat(1_000_000));
    assert.equal((await client.closed).code, 1009);
  });
});
