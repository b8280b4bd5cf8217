import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { WebSocketConnection, WebSocketScope } from '../../../src/plugins/websocket/index.ts';
import { RawClient, RecordingListener, startServer, type TestServer, until } from './support.ts';

const TEXT = 1;
const CLOSE = 8;

/** A client that stops to read right after its handshake, and what the server knows of it. */
async function stalled(server: TestServer, path: string) {
  const client = await RawClient.upgrade(server.port, path);
  client.socket.pause();
  const find = () =>
    [...server.plugin.getManager('/chat').connections].find(
      ({ remotePort }) => remotePort === client.socket.localPort,
    );
  await until(() => find() !== undefined);
  return { client, connection: find() as WebSocketConnection };
}

/** Sends until the operating system takes no more, so that everything from then on waits in the server. */
async function fill(connection: WebSocketConnection, bytes = 60_000): Promise<string[]> {
  const sent: string[] = [];
  while (connection.queuedBytes === 0) {
    const text = `fill ${sent.length} `.padEnd(bytes, '.');
    connection.send(text);
    sent.push(text);
    await new Promise(setImmediate);
  }
  return sent;
}

/** Reads until the close frame, or as many texts as asked for. */
async function readTexts(client: RawClient, count = Number.POSITIVE_INFINITY) {
  client.socket.resume();
  const texts: string[] = [];
  while (texts.length < count) {
    const { opcode, payload } = await client.readFrame();
    if (opcode === CLOSE) return { texts, code: payload.readUInt16BE() };
    if (opcode === TEXT) texts.push(payload.toString());
  }
  return { texts, code: undefined };
}

function scopeOf({ webSocketScope }: WebSocketConnection): WebSocketScope {
  assert.ok(webSocketScope);
  return webSocketScope;
}

describe('queuePolicy coalesce', () => {
  const settings = { queuePolicy: 'coalesce', maxQueueBytes: 200_000 } as const;

  it('keeps the newest message of a key for who does not read, and everything without a key', async () => {
    await using server = await startServer(settings);
    await server.deployWith('chat', new RecordingListener());
    const { client, connection } = await stalled(server, '/chat/r');
    const room = scopeOf(connection);
    const filled = await fill(connection);
    // Ten times what may wait, all about the same.
    for (let at = 0; at < 40; at++) {
      room.send(`score ${at} `.padEnd(50_000, '.'), { key: 'score' });
      if (at % 10 === 0) room.send(`said ${at}`);
      if (at === 15) connection.send('private', { key: 'yours' });
      await new Promise(setImmediate);
    }
    assert.equal(connection.isClosing, false);
    assert.equal(connection.droppedMessages, 39);
    assert.ok(connection.queuedBytes <= settings.maxQueueBytes);
    const expected = ['said 0', 'said 10', 'private', 'said 20', 'said 30', 'score 39'];
    const { texts } = await readTexts(client, filled.length + expected.length);
    assert.deepEqual(texts.slice(0, filled.length), filled);
    assert.deepEqual(
      texts.slice(filled.length).map((text) => text.replace(/[ .]+$/, '')),
      expected,
    );
    client.destroy();
  });

  it('has room, application and private messages replace each other by key', async () => {
    await using server = await startServer(settings);
    await server.deployWith('chat', new RecordingListener());
    const { client, connection } = await stalled(server, '/chat/r');
    const filled = await fill(connection);
    server.plugin.getManager('/chat').send('from the application', { key: 'k' });
    scopeOf(connection).send('from the room', { key: 'k' });
    await new Promise(setImmediate);
    connection.send('for you', { key: 'k' });
    connection.send('end');
    await new Promise(setImmediate);
    assert.equal(connection.droppedMessages, 2);
    const { texts } = await readTexts(client, filled.length + 2);
    assert.deepEqual(texts.slice(filled.length), ['for you', 'end']);
    client.destroy();
  });

  it('closes with 1013 when what cannot be replaced is too much', async () => {
    await using server = await startServer(settings);
    await server.deployWith('chat', new RecordingListener());
    const { client, connection } = await stalled(server, '/chat/r');
    await fill(connection);
    for (let at = 0; !connection.isClosing; at++) {
      connection.send(`${at}`.padEnd(30_000, '.'), { key: `own key ${at}` });
      await new Promise(setImmediate);
    }
    assert.equal((await readTexts(client)).code, 1013);
    client.destroy();
  });

  it('loses nothing for who reads, whatever the keys', async () => {
    await using server = await startServer(settings);
    await server.deployWith('chat', new RecordingListener());
    const client = await RawClient.upgrade(server.port, '/chat/r');
    const [connection] = server.plugin.getManager('/chat').connections;
    assert.ok(connection);
    for (let at = 0; at < 100; at++) scopeOf(connection).send(`${at}`, { key: 'k' });
    const { texts } = await readTexts(client, 100);
    assert.deepEqual(
      texts,
      Array.from({ length: 100 }, (_, at) => `${at}`),
    );
    client.destroy();
  });
});

describe('maxTotalQueueBytes', () => {
  it('closes the slowest client with 1013, and the others lose nothing', async () => {
    await using server = await startServer({
      maxQueueBytes: 10_000_000,
      maxTotalQueueBytes: 1_000_000,
    });
    await server.deployWith('chat', new RecordingListener());
    const most = await stalled(server, '/chat/most');
    const less = await stalled(server, '/chat/less');
    const filled = await fill(less.connection);
    await fill(most.connection);
    const lines = Array.from({ length: 3 }, (_, at) => `line ${at}`.padEnd(50_000, '.'));
    for (const line of lines) scopeOf(less.connection).send(line);
    while (!most.connection.isClosing) {
      scopeOf(most.connection).send('x'.repeat(50_000));
      await new Promise(setImmediate);
      assert.ok(server.plugin.queuedBytes <= 1_000_000 + 50_004);
    }
    assert.equal(less.connection.isClosing, false);
    assert.ok(server.plugin.queuedBytes <= 900_000);
    assert.equal((await readTexts(most.client)).code, 1013);
    const { texts } = await readTexts(less.client, filled.length + lines.length);
    assert.deepEqual(texts, [...filled, ...lines]);
    await until(() => server.plugin.queuedBytes === 0);
    most.client.destroy();
    less.client.destroy();
  });

  it('drops what waits for the slowest, but its newest message, when the policy is to drop', async () => {
    await using server = await startServer({
      queuePolicy: 'drop-oldest',
      maxQueueBytes: 10_000_000,
      maxTotalQueueBytes: 1_000_000,
    });
    await server.deployWith('chat', new RecordingListener());
    const { client, connection } = await stalled(server, '/chat/r');
    const filled = await fill(connection);
    let sent = 0;
    while (connection.droppedMessages === 0) {
      connection.send(`${sent++}`.padEnd(50_000, '.'));
      await new Promise(setImmediate);
    }
    connection.send('end');
    await new Promise(setImmediate);
    const left = sent - connection.droppedMessages;
    assert.equal(left, 1);
    const { texts } = await readTexts(client, filled.length + 2);
    assert.equal(Number.parseInt(texts.at(-2) ?? '', 10), sent - 1);
    assert.equal(texts.at(-1), 'end');
    client.destroy();
  });

  it('has nothing waiting when slow clients have gone', async () => {
    await using server = await startServer();
    await server.deployWith('chat', new RecordingListener());
    const { client, connection } = await stalled(server, '/chat/r');
    await fill(connection);
    connection.send('one more');
    await until(() => server.plugin.queuedBytes > 0);
    client.destroy();
    await until(() => server.plugin.queuedBytes === 0);
  });
});
