import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  DefaultWebSocketDataListener,
  type WebSocketConnection,
  WebSocketScope,
} from '../../../src/plugins/websocket/index.ts';
import {
  type Client,
  type Connection,
  MultiThreadedApplicationAdapter,
  PluginRegistry,
  Red5,
  type Scope,
} from '../../../src/server/index.ts';
import {
  RawClient,
  RecordingListener,
  refusedStatus,
  startServer,
  TestClient,
  until,
} from './support.ts';

/** Writes down the callbacks of an application. */
class RecordingApplication extends MultiThreadedApplicationAdapter {
  readonly events: string[] = [];
  answer: (connection: Connection) => boolean | Promise<boolean> = () => true;

  override appConnect(connection: Connection): boolean | Promise<boolean> {
    this.events.push(`appConnect ${Red5.getConnectionLocal() === connection}`);
    return this.answer(connection);
  }

  override appJoin(_client: Client, scope: Scope): boolean {
    this.events.push(`appJoin ${scope.name}`);
    return true;
  }

  override roomStart(room: Scope): boolean {
    this.events.push(`roomStart ${room.fullPath}`);
    return true;
  }

  override roomJoin(_client: Client, room: Scope): boolean {
    this.events.push(`roomJoin ${room.fullPath}`);
    return true;
  }

  override roomLeave(_client: Client, room: Scope): void {
    this.events.push(`roomLeave ${room.fullPath}`);
  }

  override roomStop(room: Scope): void {
    this.events.push(`roomStop ${room.fullPath}`);
  }

  override appDisconnect(): void {
    this.events.push('appDisconnect');
  }

  override appStop(): void {
    this.events.push('appStop');
  }
}

describe('WebSocketPlugin: handshake', () => {
  it('answers with a correct accept key, then calls each listener once', async () => {
    await using server = await startServer();
    const listeners = [new RecordingListener(), new RecordingListener()];
    await server.deployWith('chat', ...listeners);
    const client = new RawClient(server.port);
    client.write(RawClient.request('/chat'));
    const head = await client.readUntil('\r\n\r\n');
    const accept = createHash('sha1')
      .update('dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11')
      .digest('base64');
    assert.ok(head.startsWith('HTTP/1.1 101 '));
    assert.ok(head.includes(`Sec-WebSocket-Accept: ${accept}\r\n`));
    assert.ok(!head.toLowerCase().includes('sec-websocket-protocol'));
    for (const { events } of listeners) assert.deepEqual(events, ['connect chat']);
    client.destroy();
  });

  it('takes header names in any case', async () => {
    await using server = await startServer();
    await server.deployWith('chat', new RecordingListener());
    const client = new RawClient(server.port);
    client.write(RawClient.request('/chat').replace(/^([\w-]+):/gm, (name) => name.toUpperCase()));
    assert.match(await client.readUntil('\r\n\r\n'), /^HTTP\/1\.1 101 /);
    client.destroy();
  });

  it('delivers what a listener sends in onWSConnect after the 101, in order, also in one segment with the first messages', async () => {
    await using server = await startServer();
    const listener = new RecordingListener();
    listener.onConnect = (connection) => {
      connection.send('one');
      connection.webSocketScope?.send('two');
      connection.send('three');
    };
    await server.deployWith('chat', listener);
    const client = await TestClient.open(`${server.url}/chat`);
    assert.deepEqual(await client.received(3), ['one', 'two', 'three']);
    await client.close();
  });

  it('delivers what the application sends while it decides, once the handshake is answered', async () => {
    await using server = await startServer();
    const application = new RecordingApplication();
    application.answer = async (connection) => {
      (connection as WebSocketConnection).send('early');
      await new Promise(setImmediate);
      return true;
    };
    const scope = await server.deploy('chat', application);
    const listener = new RecordingListener();
    listener.onConnect = (connection) => connection.send('welcome');
    const webSocketScope = new WebSocketScope(scope);
    webSocketScope.addListener(listener);
    server.plugin.getManager(scope).addWebSocketScope(webSocketScope);
    const client = await TestClient.open(`${server.url}/chat`);
    assert.deepEqual(await client.received(2), ['early', 'welcome']);
    await client.close();
  });

  it('loses no message that comes in one segment with the handshake', async () => {
    await using server = await startServer();
    await server.deployWith('chat', new DefaultWebSocketDataListener());
    const client = new RawClient(server.port);
    const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
    client.write(Buffer.concat([Buffer.from(RawClient.request('/chat')), frame]));
    await client.readUntil('\r\n\r\n');
    assert.deepEqual((await client.readFrame()).payload.toString(), 'hi');
    client.destroy();
  });

  it('refuses with the status that fits', async () => {
    await using server = await startServer();
    const application = new RecordingApplication();
    application.answer = (connection) => connection.connectParams['who'] !== 'mallory';
    const scope = await server.deploy('chat', application);
    new WebSocketScope(scope).register();
    await server.deploy('quiet');
    const failing = new RecordingApplication();
    failing.answer = () => {
      throw new Error('broken');
    };
    new WebSocketScope(await server.deploy('broken', failing)).register();
    assert.equal(await refusedStatus(`${server.url}/nothing`), 404);
    assert.equal(await refusedStatus(`${server.url}/`), 404);
    assert.equal(await refusedStatus(`${server.url}/quiet`), 404);
    assert.equal(await refusedStatus(`${server.url}/chat/a%2Fb`), 404);
    assert.equal(await refusedStatus(`${server.url}/chat?who=mallory`), 403);
    assert.equal([403, 500].includes(await refusedStatus(`${server.url}/broken`)), true);
    assert.equal(server.plugin.connectionCount, 0);
    assert.equal(server.server.connections.size, 0);
  });

  it('refuses with the status and words that the application chose', async () => {
    await using server = await startServer();
    const application = new RecordingApplication();
    application.answer = ({ connectParams }) =>
      application.rejectClient({
        status: Number(connectParams['status']),
        description: 'log in\r\nX: y',
      });
    new WebSocketScope(await server.deploy('chat', application)).register();
    const client = new RawClient(server.port);
    client.write(RawClient.request('/chat?status=401'));
    const answer = (await client.readToEnd()).toString();
    assert.match(answer, /^HTTP\/1\.1 401 /);
    assert.ok(answer.endsWith('\r\n\r\nlog in\r\nX: y\n'));
    for (const status of ['200', '1000', 'x']) {
      assert.equal(await refusedStatus(`${server.url}/chat?status=${status}`), 403);
    }
  });

  it('leaves no room behind when the application refuses', async () => {
    await using server = await startServer();
    const application = new RecordingApplication();
    application.answer = () => false;
    const scope = await server.deploy('chat', application);
    new WebSocketScope(scope).register();
    assert.equal(await refusedStatus(`${server.url}/chat/room1`), 403);
    assert.deepEqual(scope.getScopeNames(), []);
  });

  const bad: readonly (readonly [name: string, request: string, status: number])[] = [
    ['another method', RawClient.request('/chat').replace('GET', 'POST'), 405],
    ['version 8', RawClient.request('/chat').replace('Version: 13', 'Version: 8'), 426],
    ['no version', RawClient.request('/chat').replace('Sec-WebSocket-Version: 13\r\n', ''), 426],
    ['a short key', RawClient.request('/chat').replace('ZQ==', '=='), 400],
    ['no key', RawClient.request('/chat').replace(/Sec-WebSocket-Key[^\r]*\r\n/, ''), 400],
    ['another upgrade', RawClient.request('/chat').replace('websocket', 'h2c'), 400],
    ['a malformed protocol', RawClient.request('/chat', ['Sec-WebSocket-Protocol: a,,b']), 400],
    ['a repeated protocol', RawClient.request('/chat', ['Sec-WebSocket-Protocol: a, a']), 400],
    ['no host', RawClient.request('/chat').replace('Host: localhost\r\n', ''), 400],
    ['two hosts', RawClient.request('/chat', ['Host: other.example']), 400],
  ];
  for (const [name, request, status] of bad) {
    it(`answers a handshake with ${name} with ${status}`, async () => {
      await using server = await startServer();
      await server.deployWith('chat', new RecordingListener());
      const client = new RawClient(server.port);
      client.write(request);
      const answer = (await client.readToEnd()).toString();
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      if (status === 426) assert.match(answer, /\r\nSec-WebSocket-Version: 13\r\n/);
    });
  }

  it('answers plain HTTP on its port with 426', async () => {
    await using server = await startServer();
    const response = await fetch(`http://127.0.0.1:${server.port}/chat`);
    assert.equal(response.status, 426);
    assert.equal(response.headers.get('upgrade'), 'websocket');
    await response.text();
  });

  it('agrees on the first offered sub-protocol that a listener speaks, and on none else', async () => {
    await using server = await startServer();
    const listener = new RecordingListener();
    listener.protocol = 'json';
    await server.deployWith('chat', listener);
    const client = await TestClient.open(`${server.url}/chat`, ['chat', 'json']);
    assert.equal(client.socket.protocol, 'json');
    await client.close();
    const raw = new RawClient(server.port);
    raw.write(RawClient.request('/chat', ['Sec-WebSocket-Protocol: chat, other']));
    assert.ok(!(await raw.readUntil('\r\n\r\n')).toLowerCase().includes('sec-websocket-protocol'));
    raw.destroy();
  });

  it('checks the origin by its policy', async () => {
    await using server = await startServer({ allowedOrigins: ['https://a.example'] });
    await server.deployWith('chat', new RecordingListener());
    const client = await TestClient.open(`${server.url}/chat`, [], { origin: 'https://a.example' });
    await client.close();
    for (const origin of ['https://a.example.evil', 'null']) {
      assert.equal(await refusedStatus(`${server.url}/chat`, [], { origin }), 403);
    }
    assert.equal(await refusedStatus(`${server.url}/chat`), 403);
  });

  it('closes a connection that does not finish its handshake in time', async () => {
    await using server = await startServer({ handshakeTimeoutMs: 60 });
    const client = new RawClient(server.port);
    client.write('GET /chat HTTP/1.1\r\nHost: x\r\n');
    assert.match((await client.readToEnd()).toString(), /^HTTP\/1\.1 408 |^$/);
  });

  it('answers with 503 when the application takes too long, and undoes a late yes', async () => {
    await using server = await startServer({ connectTimeoutMs: 30 });
    const application = new RecordingApplication();
    let decide = (_yes: boolean): void => undefined;
    application.answer = () => new Promise((resolve) => (decide = resolve));
    new WebSocketScope(await server.deploy('chat', application)).register();
    assert.equal(await refusedStatus(`${server.url}/chat`), 503);
    decide(true);
    await until(() => application.events.includes('appDisconnect'));
    assert.equal(server.server.connections.size, 0);
  });

  it('forgets a client that goes away while the application decides', async () => {
    await using server = await startServer();
    const application = new RecordingApplication();
    let decide = (_yes: boolean): void => undefined;
    application.answer = () => new Promise((resolve) => (decide = resolve));
    const listener = new RecordingListener();
    const scope = await server.deploy('chat', application);
    const webSocketScope = new WebSocketScope(scope);
    webSocketScope.addListener(listener);
    webSocketScope.register();
    const client = new RawClient(server.port);
    client.write(RawClient.request('/chat'));
    await until(() => application.events.length === 1);
    client.socket.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    decide(true);
    await until(() => server.plugin.connectionCount === 0);
    assert.deepEqual(listener.events, []);
    await until(() => server.server.connections.size === 0);
  });
});

describe('WebSocketPlugin: paths and scopes', () => {
  const spellings = [
    '/chat/room1/room2',
    '/chat?scope=room1/room2',
    '/chat?scope=room1%2Froom2',
    '/chat/room1?scope=room2',
    '/chat/room1/room2/',
  ];
  for (const spelling of spellings) {
    it(`${spelling} leads to the room that RTMP's chat/room1/room2 leads to`, async () => {
      await using server = await startServer();
      const listener = new RecordingListener();
      const chat = await server.deployWith('chat', listener);
      const client = await TestClient.open(`${server.url}${spelling}`);
      const room = chat.getChildScope('room1')?.getChildScope('room2');
      assert.equal(room?.connections.size, 1);
      assert.deepEqual(listener.events, ['connect chat/room1/room2']);
      const [connection] = server.plugin.getManager('/chat').connections;
      assert.equal(connection?.scope, room);
      assert.equal(connection?.webSocketScope?.path, '/chat/room1/room2');
      await client.close();
    });
  }

  it('uses another name for the scope parameter where the scope says so', async () => {
    await using server = await startServer();
    const chat = await server.deploy('chat');
    const webSocketScope = new WebSocketScope(chat);
    webSocketScope.scopeParameter = 'room';
    webSocketScope.register();
    const client = await TestClient.open(`${server.url}/chat?room=a&scope=b`);
    assert.deepEqual(chat.getScopeNames(), ['a']);
    await client.close();
  });

  it('makes clients members of their room with all callbacks, and the room goes with its last client', async () => {
    await using server = await startServer();
    const application = new RecordingApplication();
    const listener = new RecordingListener();
    const scope = await server.deploy('chat', application);
    const webSocketScope = new WebSocketScope(scope);
    webSocketScope.addListener(listener);
    const manager = server.plugin.getManager(scope);
    const scopes: string[] = [];
    manager.addListener({
      scopeCreated: ({ path }) => scopes.push(`created ${path}`),
      scopeAdded: ({ path }) => scopes.push(`added ${path}`),
      scopeRemoved: ({ path }) => scopes.push(`removed ${path}`),
      connectionAdded: ({ path }) => scopes.push(`connection added ${path}`),
      connectionRemoved: ({ path }) => scopes.push(`connection removed ${path}`),
    });
    manager.addWebSocketScope(webSocketScope);
    const client = await TestClient.open(`${server.url}/chat/room1`);
    assert.equal(manager.getScope('room1'), manager.getScope('/chat/room1'));
    assert.ok(manager.getScope('room1'));
    await client.close();
    await until(() => application.events.includes('roomStop /chat/room1'));
    assert.deepEqual(application.events, [
      'roomStart /chat/room1',
      'appConnect true',
      'appJoin chat',
      'roomJoin /chat/room1',
      'roomLeave /chat/room1',
      'appDisconnect',
      'roomStop /chat/room1',
    ]);
    assert.deepEqual(scopes, [
      'added default',
      'created /chat/room1',
      'added /chat/room1',
      'connection added /chat/room1',
      'connection removed /chat/room1',
      'removed /chat/room1',
    ]);
    assert.equal(manager.getScope('room1'), undefined);
    assert.deepEqual(scope.getScopeNames(), []);
  });

  it('keeps rooms apart', async () => {
    await using server = await startServer();
    await server.deployWith('chat', new DefaultWebSocketDataListener());
    const [a1, a2, b, top] = await Promise.all(
      ['/chat/a', '/chat/a', '/chat/b', '/chat'].map((path) => TestClient.open(server.url + path)),
    );
    assert.ok(a1 && a2 && b && top);
    a1.send('to a');
    b.send('to b');
    top.send('to all above');
    assert.deepEqual(await a1.received(1), ['to a']);
    assert.deepEqual(await a2.received(1), ['to a']);
    assert.deepEqual(await b.received(1), ['to b']);
    assert.deepEqual(await top.received(1), ['to all above']);
    server.plugin.getManager('/chat').send('to everybody');
    for (const client of [a1, a2, b, top]) {
      assert.equal((await client.received(2)).at(-1), 'to everybody');
      assert.equal(client.texts.length, 2);
      await client.close();
    }
  });

  it('serves a path by its own scope in addition to those for all paths', async () => {
    await using server = await startServer();
    const everywhere = new RecordingListener();
    const chat = await server.deployWith('chat', everywhere);
    const here = new RecordingListener();
    const lobby = new WebSocketScope(chat);
    lobby.path = 'lobby';
    lobby.addListener(here);
    lobby.register();
    const client = await TestClient.open(`${server.url}/chat/lobby`);
    const other = await TestClient.open(`${server.url}/chat/other`);
    assert.deepEqual(here.events, ['connect chat/lobby']);
    assert.deepEqual(everywhere.events, ['connect chat/lobby', 'connect chat/other']);
    await client.close();
    await until(() => here.events.length === 2);
    assert.equal(server.plugin.getManager(chat).getScope('lobby'), lobby);
    await other.close();
    const top = await TestClient.open(`${server.url}/chat`);
    const again = await TestClient.open(`${server.url}/chat/lobby`);
    await again.close();
    await until(() => lobby.connections.size === 0);
    assert.equal(server.plugin.getManager(chat).getScope('/chat')?.connections.size, 1);
    await top.close();
  });

  it('lets listeners added later serve the paths that are already there', async () => {
    await using server = await startServer();
    const chat = await server.deployWith('chat', new RecordingListener());
    const client = await TestClient.open(`${server.url}/chat/room1`);
    const late = new RecordingListener();
    server.plugin.getManager(chat).getScope('default')?.addListener(late);
    client.send('hello');
    await until(() => late.events.includes('message hello'));
    await client.close();
  });

  it('keeps a scope that was made beforehand, and its listeners', async () => {
    await using server = await startServer();
    const chat = await server.deployWith('chat');
    chat.createChildScope('room1');
    const room = chat.getChildScope('room1');
    assert.ok(room);
    const listener = new RecordingListener();
    const manager = server.plugin.getManager(room);
    const made = manager.makeScope(room);
    made.addListener(listener);
    const client = await TestClient.open(`${server.url}/chat/room1`);
    await client.close();
    await until(() => listener.events.length === 2);
    assert.equal(manager.getScope('room1'), made);
    await chat.removeChildScope('room1');
    await until(() => manager.getScope('room1') === undefined);
    assert.equal(manager.removeWebSocketScope(made), false);
  });
});

describe('WebSocketPlugin: connections', () => {
  it('know who and where they are', async () => {
    await using server = await startServer();
    const listener = new RecordingListener();
    await server.deployWith('chat', listener);
    const client = await TestClient.open(`${server.url}/chat/r?id=a%20b&flag`, [], {
      origin: 'http://127.0.0.1:5080',
      headers: { 'X-Thing': 'yes', 'User-Agent': 'test' },
    });
    const [connection] = server.plugin.getManager('/chat').connections;
    assert.ok(connection);
    assert.equal(connection.type, 'websocket');
    assert.equal(connection.host, '127.0.0.1');
    assert.equal(connection.path, 'chat/r');
    assert.equal(connection.secure, false);
    assert.equal(connection.remoteAddress, '127.0.0.1');
    assert.equal(connection.origin, 'http://127.0.0.1:5080');
    assert.equal(connection.userAgent, 'test');
    assert.equal(connection.headers['x-thing'], 'yes');
    assert.deepEqual({ ...connection.querystringParameters }, { id: 'a b', flag: '' });
    assert.equal(connection.extensions, '');
    assert.equal(connection.isConnected, true);
    assert.equal(connection.id, connection.sessionID);
    connection.setAttribute('name', 'Ann');
    assert.equal(connection.getAttribute('name'), 'Ann');
    client.send('12345');
    await until(() => connection.receivedMessages === 1);
    assert.equal(connection.receivedBytes, 5);
    connection.send('reply');
    connection.send(Buffer.from([1, 2]));
    await client.received(1);
    await until(() => client.binaries.length === 1);
    assert.deepEqual(client.binaries, [Buffer.from([1, 2])]);
    assert.equal(connection.sentMessages, 2);
    assert.equal(connection.sentBytes, 7 + 4);
    await client.close();
    await until(() => !connection.isConnected);
  });

  it('hand over text and bytes so that both can be told apart and read again', async () => {
    await using server = await startServer();
    const listener = new RecordingListener();
    await server.deployWith('chat', listener);
    const client = await TestClient.open(`${server.url}/chat`);
    client.send(' text ');
    client.send(Buffer.from([0, 255]));
    await until(() => listener.messages.length === 2);
    const [text, bytes] = listener.messages;
    assert.ok(text && bytes);
    for (let read = 0; read < 2; read++) {
      assert.equal(text.messageType, 'text');
      assert.equal(text.messageAsString, ' text ');
      assert.equal(bytes.messageType, 'binary');
      assert.deepEqual(bytes.payload, Buffer.from([0, 255]));
    }
    assert.equal(text.path, 'chat');
    assert.ok(text.timeStamp <= Date.now());
    await client.close();
  });

  it('are kept when a listener fails, and so are the other listeners', async () => {
    await using server = await startServer();
    const first = new RecordingListener();
    first.onMessage = () => {
      throw new Error('broken');
    };
    const second = new RecordingListener();
    second.onMessage = () => Promise.reject(new Error('broken later'));
    const third = new RecordingListener();
    third.onMessage = (message) => message.connection.send('still here');
    await server.deployWith('chat', first, second, third);
    const client = await TestClient.open(`${server.url}/chat`);
    client.send('1');
    client.send('2');
    assert.deepEqual(await client.received(2), ['still here', 'still here']);
    await client.close();
  });

  it('are no current connection in listeners, where static forms mean their server', async () => {
    await using server = await startServer();
    const listener = new RecordingListener();
    const seen: unknown[] = [];
    listener.onMessage = async () => {
      seen.push(Red5.getConnectionLocal());
      await new Promise(setImmediate);
      seen.push(Red5.getConnectionLocal(), PluginRegistry.getPlugin('WebSocketPlugin'));
    };
    await server.deployWith('chat', listener);
    const client = await TestClient.open(`${server.url}/chat`);
    client.send('x');
    await until(() => seen.length === 3);
    assert.deepEqual(seen.slice(0, 2), [undefined, undefined]);
    assert.equal(seen[2], server.plugin);
    await client.close();
  });

  it('close with the code and reason given, after what was sent', async () => {
    await using server = await startServer();
    const listener = new RecordingListener();
    listener.onMessage = ({ connection, messageAsString }) => {
      connection.webSocketScope?.send('last words');
      if (messageAsString === 'long') connection.close(4001, 'ü'.repeat(200));
      else connection.close({ kind: 'rejected', description: 'go' });
      connection.close();
      connection.send('too late');
    };
    await server.deployWith('chat', listener);
    const one = await TestClient.open(`${server.url}/chat`);
    one.send('short');
    assert.deepEqual(await one.closed, { code: 1008, reason: 'go' });
    assert.deepEqual(one.texts, ['last words']);
    const two = await TestClient.open(`${server.url}/chat`);
    two.send('long');
    assert.deepEqual(await two.closed, { code: 4001, reason: 'ü'.repeat(61) });
    await until(() => listener.events.filter((event) => event === 'disconnect chat').length === 2);
  });

  it('fire onWSDisconnect once when the peer just vanishes', async () => {
    await using server = await startServer();
    const listener = new RecordingListener();
    const chat = await server.deployWith('chat', listener);
    const client = await TestClient.open(`${server.url}/chat`);
    client.socket.terminate();
    await until(() => chat.connections.size === 0);
    assert.deepEqual(listener.events, ['connect chat', 'disconnect chat']);
    assert.equal(server.plugin.connectionCount, 0);
  });
});

describe('WebSocketPlugin: stopping', () => {
  it('closes all of an application with 1001 and fires onWSDisconnect before appStop', async () => {
    await using server = await startServer();
    const application = new RecordingApplication();
    const scope = await server.deploy('chat', application);
    const listener = new RecordingListener();
    const webSocketScope = new WebSocketScope(scope);
    webSocketScope.addListener(listener);
    webSocketScope.register();
    const clients = await Promise.all(
      ['/chat', '/chat/a'].map((path) => TestClient.open(server.url + path)),
    );
    let atStop: string[] = [];
    application.appStop = () => {
      atStop = [...listener.events];
    };
    await scope.stop();
    for (const client of clients) assert.equal((await client.closed).code, 1001);
    assert.deepEqual(atStop.slice().sort(), [
      'connect chat',
      'connect chat/a',
      'disconnect chat',
      'disconnect chat/a',
    ]);
    assert.equal(await refusedStatus(`${server.url}/chat`), 404);
  });

  it('stops the listeners of an application that does not say goodbye', async () => {
    await using server = await startServer();
    const listener = new RecordingListener();
    const scope = await server.deployWith('chat', listener);
    await scope.stop();
    await until(() => listener.events.includes('stop'));
    assert.throws(() => server.plugin.getManager('/chat'), { code: 'NO_APPLICATION' });
  });

  it('manager.stop closes with 1001, tells and stops the listeners, and can be called twice', async () => {
    await using server = await startServer();
    const listener = new RecordingListener();
    await server.deployWith('chat', listener);
    const client = await TestClient.open(`${server.url}/chat`);
    const manager = server.plugin.getManager('/chat');
    await manager.stop();
    await manager.stop();
    assert.deepEqual(await client.closed, { code: 1001, reason: 'application stops' });
    assert.deepEqual(listener.events, ['connect chat', 'disconnect chat', 'stop']);
    assert.equal(await refusedStatus(`${server.url}/chat`), 404);
    assert.equal(await server.plugin.removeManager('/chat'), manager);
    assert.equal(await server.plugin.removeManager('/chat'), undefined);
  });

  it('stops with clients that do not answer the close frame', async () => {
    const server = await startServer({ closeTimeoutMs: 50 });
    await server.deployWith('chat', new RecordingListener());
    const client = await RawClient.upgrade(server.port, '/chat');
    await server.stop();
    const frame = await client.readFrame();
    assert.equal(frame.opcode, 8);
    assert.equal(frame.payload.readUInt16BE(), 1001);
  });

  it('is safe without start and twice', async () => {
    const server = await startServer();
    await server.stop();
    await server.plugin.stop();
  });

  it('refuses settings that mean nothing before it starts', async () => {
    const queuePolicy = 'wait' as 'close';
    await assert.rejects(() => startServer({ queuePolicy }), { code: 'BAD_QUEUE_POLICY' });
    const trustedProxies = ['proxy.example'];
    await assert.rejects(() => startServer({ trustedProxies }), { code: 'BAD_PROXY_ADDRESS' });
  });

  it('refuses a scope without application', async () => {
    await using server = await startServer();
    assert.throws(() => server.plugin.getManager('/nothing'), { code: 'NO_APPLICATION' });
  });
});
