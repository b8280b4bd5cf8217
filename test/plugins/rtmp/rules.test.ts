import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import type { RTMPConnection } from '../../../src/plugins/rtmp/index.ts';
import {
  type Connection,
  MultiThreadedApplicationAdapter,
  type RemoteMethods,
} from '../../../src/server/index.ts';
import { ManualClock } from './ManualClock.ts';
import { event, message, RawClient, set, USE } from './RawClient.ts';
import { startRTMP } from './startRTMP.ts';
import { amf0, utf } from './wireValues.ts';

class App extends MultiThreadedApplicationAdapter {
  static readonly remoteMethods: RemoteMethods = ['echo', 'fail', 'nothing', 'deep', 'huge'];
  readonly events: string[] = [];
  connections: Connection[] = [];
  onConnect: (connection: Connection, params: readonly unknown[]) => boolean | Promise<boolean> =
    () => true;

  override async appConnect(connection: Connection, params: readonly unknown[]): Promise<boolean> {
    this.events.push('appConnect');
    this.connections.push(connection);
    return await this.onConnect(connection, params);
  }

  override appDisconnect(): void {
    this.events.push('appDisconnect');
  }

  echo(...args: unknown[]): unknown {
    return args.length === 1 ? args[0] : args;
  }

  fail(): never {
    class SecretException extends Error {}
    throw new SecretException('no luck today');
  }

  nothing(): void {}

  huge(): string {
    return 'x'.repeat(2 ** 24);
  }

  deep(): unknown {
    let value: unknown[] = [];
    for (let i = 0; i < 1000; i++) value = [value];
    return value;
  }
}

function onlyConnection(app: App): RTMPConnection {
  assert.equal(app.connections.length, 1);
  return app.connections[0] as RTMPConnection;
}

/** Code, level and everything else of a status object. */
type Info = Readonly<Record<string, unknown>>;

describe('RTMP handshake and connect', () => {
  it('rule 36: a plain C1 is answered with version 3 and itself', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.connected(rtmp.port);
    assert.equal(client.s0s1s2[0], 3);
    const c1 = Buffer.alloc(1536, 1).fill(0, 0, 8);
    assert.deepEqual(client.s0s1s2.subarray(1537), c1);
    await client.close();
  });

  it('rule 39: an unfinished handshake is closed in time, with one line', async () => {
    const clock = new ManualClock();
    await using rtmp = await startRTMP({ clock, plugin: { handshakeTimeoutMs: 5000 } });
    const socket = connect(rtmp.port, '127.0.0.1');
    socket.write(Buffer.of(3, 0, 0));
    const closed = once(socket, 'close');
    while (rtmp.plugin.connectionCount === 0) await new Promise((r) => setTimeout(r, 5));
    clock.advance(4999);
    await new Promise((r) => setTimeout(r, 20));
    assert.equal(rtmp.plugin.connectionCount, 1);
    clock.advance(1);
    await closed;
    assert.deepEqual(
      rtmp.log.lines.map((line) => [line.level, line.fields['code']]),
      [['warn', 'RTMP_HANDSHAKE_TIMEOUT']],
    );
  });

  it('rule 40: WindowAckSize, SetPeerBandwidth, StreamBegin(0) and _result come in this order', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.open(rtmp.port);
    client.connect('chat/room1');
    const result = await client.waitType(20);
    assert.deepEqual(
      client.received.map((m) => [m.type, m.cs, m.stream, m.payload.toString('hex')]),
      [
        [5, 2, 0, '00989680'],
        [6, 2, 0, '0098968002'],
        [4, 2, 0, '000000000000'],
      ],
    );
    assert.deepEqual([result.cs, result.stream], [3, 0]);
    await client.close();
  });

  for (const objectEncoding of [0, 3]) {
    it(`rule 41: the answer to encoding ${objectEncoding} has properties and objectEncoding, in AMF0`, async () => {
      await using rtmp = await startRTMP();
      const client = await RawClient.open(rtmp.port);
      client.connect('chat', { objectEncoding });
      const { type, payload } = await client.waitType(20);
      assert.equal(type, 20);
      assert.equal(payload[0], 2);
      client.received.push({ type, payload, cs: 3, stream: 0, time: 0 });
      const [name, transaction, properties, info] = await client.command();
      assert.deepEqual([name, transaction], ['_result', 1]);
      assert.deepEqual(properties, { fmsVer: 'RED5/2,0,40,0', capabilities: 33, mode: 1 });
      assert.deepEqual(info, {
        level: 'status',
        code: 'NetConnection.Connect.Success',
        description: 'Connection succeeded.',
        objectEncoding,
      });
      await client.close();
    });
  }

  for (const app of ['nosuchapp', '', 'other/chat', 'chat/../x', 'chat/\u0000']) {
    it(`rule 42: ${JSON.stringify(app)} is answered with InvalidApp, and closed`, async () => {
      await using rtmp = await startRTMP();
      const client = await RawClient.open(rtmp.port);
      client.connect(app);
      const [name, transaction, object, info] = await client.command();
      assert.deepEqual([name, transaction, object], ['_error', 1, null]);
      assert.equal((info as Info)['code'], 'NetConnection.Connect.InvalidApp');
      assert.equal((info as Info)['level'], 'error');
      await client.closed;
    });
  }

  it('rule 43: appConnect returning false is answered with Rejected, and closed', async () => {
    const app = new App();
    app.onConnect = () => false;
    await using rtmp = await startRTMP({ handler: app });
    const client = await RawClient.open(rtmp.port);
    client.connect('chat');
    const [name, , , info] = await client.command();
    assert.equal(name, '_error');
    assert.deepEqual(info, {
      level: 'error',
      code: 'NetConnection.Connect.Rejected',
      description: '',
    });
    await client.closed;
  });

  it('rules 44 and 45: a reason reaches the client it is for, and no other', async () => {
    const app = new App();
    const reasons: unknown[] = ['you are banned', { until: 5 }, undefined];
    app.onConnect = () => {
      const reason = reasons.shift();
      return reason === undefined ? false : app.rejectClient(reason);
    };
    await using rtmp = await startRTMP({ handler: app });
    const infos: Info[] = [];
    for (let i = 0; i < 3; i++) {
      const client = await RawClient.open(rtmp.port);
      client.connect('chat');
      infos.push((await client.command())[3] as Info);
      await client.closed;
    }
    const rejected = { level: 'error', code: 'NetConnection.Connect.Rejected' };
    assert.deepEqual(infos[0], {
      ...rejected,
      description: 'you are banned',
      application: 'you are banned',
    });
    assert.deepEqual(infos[1]?.['application'], { until: 5 });
    assert.equal(infos[1]?.['code'], rejected.code);
    assert.deepEqual(infos[2], { ...rejected, description: '' });
  });

  for (const [what, object] of [
    ['tcUrl', { app: 'chat' }],
    ['app', { tcUrl: 'rtmp://localhost/chat' }],
    ['a command object', null],
    ['an app that is text', { app: 5, tcUrl: 'rtmp://localhost/chat' }],
  ] as const) {
    it(`rule 46: connect without ${what} is answered, and closed`, async () => {
      await using rtmp = await startRTMP();
      const client = await RawClient.open(rtmp.port);
      client.call('connect', 1, object);
      const [name, transaction, , info] = await client.command();
      assert.deepEqual([name, transaction], ['_error', 1]);
      assert.equal((info as Info)['code'], 'NetConnection.Connect.Failed');
      await client.closed;
    });
  }

  it('rule 47: a second connect is answered with an error and calls nothing', async () => {
    const app = new App();
    await using rtmp = await startRTMP({ handler: app });
    const client = await RawClient.connected(rtmp.port);
    client.connect('chat');
    const [name, transaction] = await client.command();
    assert.deepEqual([name, transaction], ['_error', 1]);
    await client.settled();
    assert.deepEqual(app.events, ['appConnect']);
    await client.close();
  });

  it('rule 48: a command before connect closes the connection', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.open(rtmp.port);
    client.call('createStream', 1, null);
    await client.closed;
    assert.deepEqual(
      rtmp.log.lines.map((line) => line.fields['code']),
      ['RTMP_NOT_CONNECTED'],
    );
  });

  it('a shared-object message before connect is answered with ObjectCreationFailed', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.open(rtmp.port);
    client.so('s', USE);
    const { version, events } = await client.sharedObject();
    assert.deepEqual([version, events], [0, [[7, 'SharedObject.ObjectCreationFailed', 'error']]]);
    await client.close();
  });

  it('a client that never sends connect is closed in time', async () => {
    const clock = new ManualClock();
    await using rtmp = await startRTMP({ clock, plugin: { connectTimeoutMs: 7000 } });
    const client = await RawClient.open(rtmp.port);
    await client.settled();
    clock.advance(7000);
    await client.closed;
    assert.equal(rtmp.log.lines[0]?.fields['code'], 'RTMP_CONNECT_TIMEOUT');
  });

  it('hands the application the parameters, the query, and the arguments after them', async () => {
    const app = new App();
    let params: readonly unknown[] = [];
    app.onConnect = (_connection, given) => {
      params = given;
      return true;
    };
    await using rtmp = await startRTMP({ handler: app });
    const client = await RawClient.open(rtmp.port);
    client.connect('chat/room1?token=x', { flashVer: 'T 1' }, 'user', 5);
    await client.command();
    const connection = onlyConnection(app);
    assert.deepEqual(params, ['user', 5]);
    assert.equal(connection.path, 'chat/room1');
    assert.equal(connection.host, 'localhost');
    assert.equal(connection.scope?.fullPath, '/chat/room1');
    assert.deepEqual(connection.connectParams, {
      app: 'chat/room1?token=x',
      tcUrl: 'rtmp://localhost/chat/room1?token=x',
      flashVer: 'T 1',
      path: 'chat/room1',
      queryString: 'token=x',
    });
    await client.close();
  });

  it('asks the client during appConnect and reads what it sent ahead only after the answer', async () => {
    const app = new App();
    app.onConnect = async (connection) =>
      (await (connection as RTMPConnection).invoke('whoAreYou', [])) === 'me';
    await using rtmp = await startRTMP({ handler: app });
    const client = await RawClient.open(rtmp.port);
    client.connect('chat', { objectEncoding: 3 });
    client.call('echo', 5, null, 'ahead');
    const question = await client.waitType(20);
    assert.ok(question.payload.includes('whoAreYou'));
    client.call('_result', 2, null, 'me');
    assert.deepEqual((await client.command()).slice(0, 2), ['_result', 1]);
    assert.deepEqual(await client.command(), ['_result', 5, null, 'ahead']);
    await client.close();
  });

  it('lets a client that sends very much ahead of the answer wait, and loses nothing', async () => {
    const app = new App();
    let decide: (yes: boolean) => void = () => undefined;
    app.onConnect = () => new Promise((resolve) => (decide = resolve));
    await using rtmp = await startRTMP({ handler: app });
    const client = await RawClient.open(rtmp.port);
    client.connect('chat');
    for (let i = 0; i < 500; i++) client.call('echo', i + 10, null, i);
    while (app.connections.length === 0) await new Promise((r) => setTimeout(r, 5));
    await new Promise((r) => setTimeout(r, 50));
    decide(true);
    await client.command();
    for (let i = 0; i < 500; i++) {
      assert.deepEqual(await client.command(), ['_result', i + 10, null, i]);
    }
    await client.close();
  });

  it('a client that goes while the application thinks is taken out again', async () => {
    const app = new App();
    let decide: (yes: boolean) => void = () => undefined;
    app.onConnect = () => new Promise((resolve) => (decide = resolve));
    await using rtmp = await startRTMP({ handler: app });
    const client = await RawClient.open(rtmp.port);
    client.connect('chat');
    while (app.connections.length === 0) await new Promise((r) => setTimeout(r, 5));
    await client.close();
    while (rtmp.plugin.connectionCount > 0) await new Promise((r) => setTimeout(r, 5));
    decide(true);
    await new Promise((r) => setTimeout(r, 20));
    assert.equal(rtmp.server.connections.size, 0);
    assert.deepEqual(app.events, ['appConnect', 'appDisconnect']);
  });
});

describe('RTMP chunks', () => {
  it('rule 49: bytes may be split anywhere', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.connected(rtmp.port);
    const bytes = message(20, amf0('createStream', 2, null));
    for (const byte of bytes) {
      client.stream.write(Buffer.of(byte));
      await new Promise((r) => setImmediate(r));
    }
    assert.deepEqual(await client.command(), ['_result', 2, null, 1]);
    await client.close();
  });

  it('rule 50: a message over the maximum closes the connection at its header', async () => {
    await using rtmp = await startRTMP({ plugin: { maxMessageBytes: 1000 } });
    const client = await RawClient.connected(rtmp.port);
    client.stream.write(Buffer.from('030000000003e91400000000', 'hex'));
    await client.closed;
    assert.equal(rtmp.log.lines[0]?.fields['code'], 'RTMP_MESSAGE_TOO_LARGE');
  });

  for (const size of [0, 0x1000000, 0xffffffff]) {
    it(`rule 51: SetChunkSize ${size} closes the connection`, async () => {
      await using rtmp = await startRTMP();
      const client = await RawClient.connected(rtmp.port);
      const payload = Buffer.alloc(4);
      payload.writeUInt32BE(size);
      client.send(1, payload, 2);
      await client.closed;
      assert.equal(rtmp.log.lines[0]?.fields['code'], 'RTMP_BAD_CHUNK_SIZE');
    });
  }

  it('announces its own chunk size after connecting and uses it', async () => {
    await using rtmp = await startRTMP({ plugin: { outChunkSize: 4096 } });
    const client = await RawClient.connected(rtmp.port);
    assert.equal((await client.waitType(1)).payload.readUInt32BE(), 4096);
    const text = 'x'.repeat(3000);
    client.call('_checkbw', 2, null);
    client.so('s', USE, set('k', text));
    await client.command();
    assert.deepEqual((await client.sharedObject()).events.at(-1), [5, 'k']);
    await client.close();
  });

  it('acknowledges each 128 KiB', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.connected(rtmp.port);
    for (let i = 0; i < 10; i++) client.send(8, Buffer.alloc(30_000), 4, 1);
    const acknowledgement = await client.waitType(3);
    const received = acknowledgement.payload.readUInt32BE();
    assert.ok(received >= 131_072 && received < 131_072 + 66_000, String(received));
    await client.close();
  });

  it('drops a peer after three messages of unknown types in a row, not before', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.connected(rtmp.port);
    for (const type of [99, 100, 8, 99, 100]) client.send(type, Buffer.alloc(3));
    await client.settled();
    for (const type of [99, 100, 101]) client.send(type, Buffer.alloc(3));
    await client.closed;
    assert.equal(rtmp.log.lines[0]?.fields['code'], 'RTMP_UNKNOWN_MESSAGES');
  });
});

describe('RTMP keep-alive', () => {
  it('rule 52: a PingRequest of a client is answered with its value', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.connected(rtmp.port);
    client.send(4, Buffer.from('000612345678', 'hex'), 2);
    const answer = await client.wait((m) => m.type === 4 && m.payload[1] === 7);
    assert.equal(answer.payload.toString('hex'), '000712345678');
    await client.close();
  });

  it('rule 53: a client that answers pings stays, one that does not is closed', async () => {
    const clock = new ManualClock();
    const app = new App();
    const plugin = { pingIntervalMs: 1000, maxInactivityMs: 10_000 };
    await using rtmp = await startRTMP({ clock, plugin, handler: app });
    const client = await RawClient.connected(rtmp.port);
    for (let second = 0; second < 60; second++) {
      clock.advance(1000);
      const pings = client.received.filter((m) => m.type === 4 && m.payload[1] === 6);
      client.received.length = 0;
      for (const ping of pings) {
        const pong = Buffer.from(ping.payload);
        pong.writeUInt16BE(7);
        client.send(4, pong, 2);
      }
      await new Promise((r) => setTimeout(r, 5));
    }
    assert.equal(client.isClosed, false);
    assert.ok(onlyConnection(app).lastPingTime >= 0);
    clock.advance(13_000);
    await client.closed;
    assert.equal(rtmp.log.lines[0]?.fields['code'], 'RTMP_INACTIVE');
  });
});

describe('RTMP commands', () => {
  it('calls methods of the application and answers on the chunk stream they came on', async () => {
    await using rtmp = await startRTMP({ handler: new App() });
    const client = await RawClient.connected(rtmp.port);
    client.send(20, amf0('echo', 7, null, { a: [1, 'x', true, null] }), 8);
    const answer = await client.waitType(20);
    assert.equal(answer.cs, 8);
    client.received.push(answer);
    assert.deepEqual(await client.command(), ['_result', 7, null, { a: [1, 'x', true, null] }]);
    client.call('nothing', 8, null);
    assert.deepEqual(await client.command(), ['_result', 8, null, null]);
    await client.close();
  });

  it('answers unknown methods and services with an error and stays', async () => {
    await using rtmp = await startRTMP({ handler: new App() });
    const client = await RawClient.connected(rtmp.port);
    for (const method of ['noSuch', 'appStop', 'constructor', '__proto__', 'svc.method', 'a.b.c']) {
      client.call(method, 3, null);
      const [name, transaction, , info] = await client.command();
      assert.deepEqual([name, transaction], ['_error', 3]);
      assert.equal((info as Info)['code'], 'NetConnection.Call.Failed');
    }
    await client.close();
  });

  it('rule 56: what a method throws reaches the client as its message only', async () => {
    await using rtmp = await startRTMP({ handler: new App() });
    const client = await RawClient.connected(rtmp.port);
    client.call('fail', 3, null);
    assert.deepEqual((await client.command())[3], {
      level: 'error',
      code: 'NetConnection.Call.Failed',
      description: 'no luck today',
    });
    await client.close();
  });

  it('tells the class of an error when told to', async () => {
    await using rtmp = await startRTMP({ handler: new App(), plugin: { exposeErrors: true } });
    const client = await RawClient.connected(rtmp.port);
    client.call('fail', 3, null);
    assert.equal(((await client.command())[3] as Info)['application'], 'Error');
    await client.close();
  });

  it('rule 57: infos are anonymous objects in AMF3', async () => {
    await using rtmp = await startRTMP({ handler: new App() });
    const client = await RawClient.connected(rtmp.port, 'chat', { objectEncoding: 3 });
    client.call('fail', 3, null);
    const error = await client.waitType(17);
    const head = amf0('_error', 3, null).toString('hex');
    assert.equal(error.payload.subarray(0, 1 + head.length / 2).toString('hex'), `00${head}`);
    // 0a 0b 01: an object with traits of its own, dynamic, and without a class name.
    const object = error.payload.subarray(1 + head.length / 2);
    assert.equal(object.subarray(0, 4).toString('hex'), '110a0b01');
    client.call('createStream', 4, null);
    await client.command();
    client.send(20, amf0('play', 0, null, 'x'), 8, 1);
    const status = await client.waitType(17);
    assert.ok(status.payload.includes(Buffer.from('110a0b01', 'hex')));
    await client.close();
  });

  it('rule 58: transaction 0 gets no reply', async () => {
    await using rtmp = await startRTMP({ handler: new App() });
    const client = await RawClient.connected(rtmp.port);
    client.call('echo', 0, null, 1);
    client.call('noSuch', 0, null);
    client.call('releaseStream', 0, null, 'x');
    await client.settled();
    await client.settled();
    assert.deepEqual(
      client.received.filter((m) => m.type === 20),
      [],
    );
    await client.close();
  });

  it('rule 59: streams are numbered from 1, and a deleted number is used again', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.connected(rtmp.port);
    const create = async (): Promise<unknown> => {
      client.call('createStream', 4, null);
      return (await client.command())[3];
    };
    assert.deepEqual([await create(), await create()], [1, 2]);
    client.call('deleteStream', 0, null, 1);
    assert.deepEqual([await create(), await create()], [1, 3]);
    await client.close();
  });

  it('refuses more streams than the limit with an error', async () => {
    await using rtmp = await startRTMP({ plugin: { maxStreams: 2 } });
    const client = await RawClient.connected(rtmp.port);
    for (const expected of ['_result', '_result', '_error']) {
      client.call('createStream', 4, null);
      assert.equal((await client.command())[0], expected);
    }
    await client.close();
  });

  it('answers what encoders and players ask for as they expect, and logs nothing', async () => {
    await using rtmp = await startRTMP({ handler: new App() });
    const client = await RawClient.connected(rtmp.port);
    for (const name of ['releaseStream', 'FCPublish', 'FCUnpublish', 'FCSubscribe']) {
      client.call(name, 5, null, 'cam');
      assert.deepEqual(await client.command(), ['_result', 5, null, null]);
    }
    client.call('getStreamLength', 5, null, 'cam');
    assert.deepEqual(await client.command(), ['_result', 5, null, 0]);
    for (const name of ['closeStream', 'receiveAudio', 'receiveVideo', 'onStatus', 'setPeerInfo']) {
      client.call(name, 0, null, true);
    }
    await client.settled();
    assert.deepEqual(rtmp.log.lines, []);
    await client.close();
  });

  for (const [command, code] of [
    ['pause', 'NetStream.Failed'],
    ['seek', 'NetStream.Seek.Failed'],
  ] as const) {
    it(`refuses ${command} with ${code} on its stream, and lives on`, async () => {
      await using rtmp = await startRTMP();
      const client = await RawClient.connected(rtmp.port);
      client.call('createStream', 4, null);
      await client.command();
      client.send(20, amf0(command, 5, null, 'cam', 'live'), 8, 1);
      const status = await client.waitType(20);
      assert.equal(status.stream, 1);
      client.received.push(status);
      const [name, transaction, , info] = await client.command();
      assert.deepEqual([name, transaction], ['onStatus', 0]);
      assert.deepEqual([(info as Info)['code'], (info as Info)['level']], [code, 'error']);
      client.send(9, Buffer.alloc(1000), 6, 1);
      await client.settled();
      await client.close();
    });
  }

  it('answers with an error when a result is longer than a message can be', async () => {
    await using rtmp = await startRTMP({ handler: new App() });
    const client = await RawClient.connected(rtmp.port);
    client.call('huge', 3, null);
    const [name, , , info] = await client.command();
    assert.equal(name, '_error');
    assert.equal((info as Info)['code'], 'NetConnection.Call.Failed');
    await client.settled();
    await client.close();
  });

  it('answers with an error when a result cannot be written', async () => {
    await using rtmp = await startRTMP({ handler: new App() });
    const client = await RawClient.connected(rtmp.port);
    client.call('deep', 3, null);
    const [name, , , info] = await client.command();
    assert.equal(name, '_error');
    assert.equal((info as Info)['description'], 'The result cannot be sent.');
    await client.close();
  });

  it('rule 63: a call of the server ends once: with the result, the error, or the end of the connection', async () => {
    const app = new App();
    await using rtmp = await startRTMP({ handler: app });
    const client = await RawClient.connected(rtmp.port);
    const connection = onlyConnection(app);
    const good = connection.invoke('ask', ['x', { a: 1 }]);
    assert.deepEqual(await client.command(), ['ask', 2, null, 'x', { a: 1 }]);
    client.call('_result', 2, null, 42);
    client.call('_result', 2, null, 43);
    assert.equal(await good, 42);
    const bad = connection.invoke('ask', []);
    assert.equal((await client.command())[1], 3);
    client.call('_error', 3, null, { description: 'busy' });
    await assert.rejects(bad, { code: 'CALL_FAILED', answer: { description: 'busy' } });
    const lost = connection.invoke('ask', []);
    const rejected = assert.rejects(lost, { code: 'NOT_CONNECTED' });
    await client.close();
    await rejected;
    await assert.rejects(connection.invoke('ask', []), { code: 'NOT_CONNECTED' });
  });

  it('notifies a client without wanting an answer', async () => {
    const app = new App();
    await using rtmp = await startRTMP({ handler: app });
    const client = await RawClient.connected(rtmp.port);
    onlyConnection(app).notify('news', ['x']);
    assert.deepEqual(await client.command(), ['news', 0, null, 'x']);
    await client.close();
  });

  it('reads calls of encoding 3', async () => {
    await using rtmp = await startRTMP({ handler: new App() });
    const client = await RawClient.connected(rtmp.port, 'chat', { objectEncoding: 3 });
    const object = Buffer.from('110a0b0103610605686901', 'hex');
    client.send(17, Buffer.concat([Buffer.of(0), amf0('echo', 2, null, object)]));
    const answer = await client.waitType(17);
    client.received.push(answer);
    assert.deepEqual(await client.command(), ['_result', 2, null, { a: 'hi' }]);
    await client.close();
  });

  for (const [what, hex] of [
    ['behind one marker', '11 06096563686f 0407 01 060378 09030106037a'],
    ['behind a marker for each value', '11 06096563686f 11 0407 11 01 11 060378 11 09030106037a'],
    [
      'of which only the name is AMF3',
      '11 06096563686f 00401c000000000000 05 020001 78 0a00000001 020001 7a',
    ],
  ] as const) {
    it(`reads a call of type 20 ${what}`, async () => {
      await using rtmp = await startRTMP({ handler: new App() });
      const client = await RawClient.connected(rtmp.port, 'chat', { objectEncoding: 3 });
      client.send(20, Buffer.from(hex.replaceAll(' ', ''), 'hex'));
      assert.deepEqual(await client.command(), ['_result', 7, null, ['x', ['z']]]);
      await client.close();
    });
  }
});

describe('RTMP shared objects', () => {
  it('rule 35: AMF0 and AMF3 clients see the same values', async () => {
    await using rtmp = await startRTMP();
    const old = await RawClient.connected(rtmp.port);
    const young = await RawClient.connected(rtmp.port, 'chat', { objectEncoding: 3 });
    old.so('s', USE);
    young.so('s', USE);
    assert.deepEqual((await old.sharedObject()).events, [[11], [8]]);
    const answer = await young.waitType(16);
    assert.equal(answer.payload[0], 0);
    // The young one sets {a: [1, "x"]} in AMF3, in a message of type 16.
    const value = Buffer.from('110a0b010361090501040106037801', 'hex');
    const body = Buffer.concat([
      utf('s'),
      Buffer.alloc(12),
      event(3, Buffer.concat([utf('k'), value])),
    ]);
    young.send(16, Buffer.concat([Buffer.of(0), body]));
    assert.deepEqual((await young.sharedObject()).events, [[5, 'k']]);
    const change = await old.waitType(19);
    old.received.push(change);
    assert.deepEqual((await old.sharedObject()).events, [[4, 'k', { a: [1, 'x'] }]]);
    old.so('s', set('j', { b: [2, 'y'] }));
    const back = await young.waitType(16);
    young.received.push(back);
    assert.deepEqual((await young.sharedObject()).events, [[4, 'j', { b: [2, 'y'] }]]);
    await old.close();
    await young.close();
  });

  it('rule 54: unknown events are skipped', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.connected(rtmp.port);
    client.so('s', USE, event(12, Buffer.alloc(5)), event(200), set('x', 1));
    assert.deepEqual((await client.sharedObject()).events, [[11], [8], [5, 'x']]);
    await client.close();
  });

  it('rule 55: the attribute "é" can be removed', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.connected(rtmp.port);
    client.so('s', USE, set('é', 1));
    client.so('s', event(10, utf('é')));
    await client.sharedObject();
    assert.deepEqual((await client.sharedObject()).events, [[9, 'é']]);
    await client.close();
  });

  it('sends each change to all but its author, in order', async () => {
    await using rtmp = await startRTMP();
    const [a, b] = [await RawClient.connected(rtmp.port), await RawClient.connected(rtmp.port)];
    a.so('s', USE);
    b.so('s', USE);
    await a.sharedObject();
    await b.sharedObject();
    for (let i = 0; i < 200; i++) a.so('s', set('x', i));
    let version = 0;
    for (let i = 0; i < 200; i++) {
      const seen = await b.sharedObject();
      assert.deepEqual(seen.events, [[4, 'x', i]]);
      assert.ok(seen.version > version);
      version = seen.version;
      assert.deepEqual((await a.sharedObject()).events, [[5, 'x']]);
    }
    await a.close();
    await b.close();
  });
});

describe('the end of RTMP connections', () => {
  it('tells clients that the application shuts down', async () => {
    const app = new App();
    const rtmp = await startRTMP({ handler: app });
    const client = await RawClient.connected(rtmp.port);
    await rtmp[Symbol.asyncDispose]();
    const [name, , , info] = await client.command();
    assert.equal(name, 'onStatus');
    assert.equal((info as Info)['code'], 'NetConnection.Connect.AppShutdown');
    await client.closed;
    assert.deepEqual(app.events, ['appConnect', 'appDisconnect']);
  });

  it('sends everything queued before it closes', async () => {
    const app = new App();
    await using rtmp = await startRTMP({ handler: app });
    const client = await RawClient.connected(rtmp.port);
    const connection = onlyConnection(app);
    connection.notify('last', ['word']);
    connection.close({ kind: 'rejected', description: 'enough' });
    connection.close();
    assert.deepEqual(await client.command(), ['last', 0, null, 'word']);
    assert.equal(((await client.command())[3] as Info)['description'], 'enough');
    await client.closed;
  });

  it('closes without a word on "disconnect"', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.connected(rtmp.port);
    client.call('disconnect', 5, null);
    await client.closed;
    assert.deepEqual(rtmp.log.lines, []);
  });

  it('refuses peers above the limit', async () => {
    await using rtmp = await startRTMP({ plugin: { maxConnections: 1 } });
    const client = await RawClient.connected(rtmp.port);
    const second = await RawClient.open(rtmp.port);
    await second.closed;
    await client.settled();
    await client.close();
  });

  it('refuses RTMPE with one line', async () => {
    await using rtmp = await startRTMP();
    const socket = connect(rtmp.port, '127.0.0.1');
    socket.write(Buffer.of(6));
    await once(socket, 'close');
    assert.deepEqual(
      rtmp.log.lines.map((line) => line.fields['code']),
      ['RTMPE_NOT_SUPPORTED'],
    );
  });
});
