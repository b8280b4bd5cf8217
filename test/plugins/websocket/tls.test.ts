import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { connect as connectTLS } from 'node:tls';
import {
  clientFrame,
  RawClient,
  RecordingListener,
  refusedStatus,
  startServer,
  TestClient,
  until,
} from './support.ts';

const secure = { secure: true };

describe('WebSocketPlugin behind TLS', () => {
  it('knows that a connection is secure, and from where', async () => {
    await using server = await startServer({}, secure);
    await server.deployWith('chat', new RecordingListener());
    const client = await TestClient.open(`${server.url}/chat/r?id=7`);
    const [connection] = server.plugin.getManager('/chat').connections;
    assert.equal(connection?.secure, true);
    assert.equal(connection.remoteAddress, '127.0.0.1');
    assert.ok(connection.remotePort > 0);
    assert.deepEqual({ ...connection.querystringParameters }, { id: '7' });
    await client.close();
  });

  it('takes https pages of the same origin for that, and http ones for strangers', async () => {
    await using server = await startServer({ allowedOrigins: ['same-origin'] }, secure);
    await server.deployWith('chat', new RecordingListener());
    const origin = `127.0.0.1:${server.port}`;
    const client = await TestClient.open(`${server.url}/chat`, [], { origin: `https://${origin}` });
    await client.close();
    const foreign = { origin: `http://${origin}`, rejectUnauthorized: false };
    assert.equal(await refusedStatus(`${server.url}/chat`, [], foreign), 403);
  });

  it('sends to a room of connections with and without TLS in one order', async () => {
    await using server = await startServer({}, secure);
    const listener = new RecordingListener();
    listener.onMessage = ({ connection, messageAsString }) =>
      connection.webSocketScope?.send(messageAsString);
    await server.deployWith('chat', listener);
    // TLS and plain connections may share a port.
    server.transport.handlers = [...server.transport.handlers, server.plugin];
    const hidden = await TestClient.open(`${server.url}/chat/r`);
    const plain = await TestClient.open(`ws://127.0.0.1:${server.port}/chat/r`);
    const texts = Array.from({ length: 200 }, (_, at) => `${at} ${'x'.repeat(at * 7)}`);
    for (const [at, text] of texts.entries()) (at % 2 ? hidden : plain).send(text);
    await hidden.received(texts.length);
    await plain.received(texts.length);
    assert.deepEqual(hidden.texts, plain.texts);
    assert.deepEqual([...hidden.texts].sort(), [...texts].sort());
    await hidden.close();
    await plain.close();
  });

  it('loses no message that comes in one record with the handshake', async () => {
    await using server = await startServer({}, secure);
    const listener = new RecordingListener();
    await server.deployWith('chat', listener);
    const client = new RawClient(server.port, true);
    client.write(
      Buffer.concat([
        Buffer.from(RawClient.request('/chat')),
        clientFrame(1, 'a'),
        clientFrame(1, 'b'),
      ]),
    );
    await until(() => listener.messages.length === 2);
    client.destroy();
  });

  it('closes who does not read, and the others notice nothing', async () => {
    await using server = await startServer({ maxQueueBytes: 100_000, closeTimeoutMs: 100 }, secure);
    await server.deployWith('chat', new RecordingListener());
    const reader = await TestClient.open(`${server.url}/chat`);
    const stalled = await TestClient.open(`${server.url}/chat`);
    stalled.socket.pause();
    const manager = server.plugin.getManager('/chat');
    let sent = 0;
    while (manager.connections.size > 1) {
      manager.send('x'.repeat(50_000));
      sent += 1;
      await reader.received(sent);
    }
    stalled.socket.resume();
    await stalled.closed;
    assert.equal(reader.texts.length, sent);
    await reader.close();
  });

  it('tells clients with 1001 when the application stops, and when the server does', async () => {
    const server = await startServer({}, secure);
    const listener = new RecordingListener();
    const scope = await server.deployWith('chat', listener);
    await server.deployWith('other', listener);
    const first = await TestClient.open(`${server.url}/chat`);
    const second = await TestClient.open(`${server.url}/other`);
    await scope.stop();
    assert.equal((await first.closed).code, 1001);
    await server.stop();
    assert.equal((await second.closed).code, 1001);
  });

  it('cuts a peer that begins TLS, or is silent inside it, when the server stops', async () => {
    const server = await startServer({}, secure);
    const half = connect(server.port, '127.0.0.1');
    half.on('error', () => undefined);
    half.write(Buffer.from('16030102', 'hex'));
    const silent = connectTLS({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
    silent.on('error', () => undefined);
    await once(silent, 'secureConnect');
    // A third one that is answered shows that the server has seen the first two.
    await TestClient.open(`${server.url}/nothing`).catch(() => undefined);
    const closed = [half, silent].map((socket) => new Promise((done) => socket.on('close', done)));
    await server.stop();
    half.resume();
    silent.resume();
    await Promise.all(closed);
  });
});
