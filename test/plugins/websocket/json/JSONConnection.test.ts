import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JSONProtocol, WebSocketScope } from '../../../../src/plugins/websocket/index.ts';
import {
  ClientRejected,
  type Connection,
  MultiThreadedApplicationAdapter,
  type Scope,
  ServiceUtils,
} from '../../../../src/server/index.ts';
import { RecordingListener, startServer, TestClient, type TestServer, until } from '../support.ts';
import { JSONTestClient, type Message } from './JSONTestClient.ts';

class Recorder extends MultiThreadedApplicationAdapter {
  static readonly remoteMethods = ['echo', 'fail', 'later', 'weird', 'count'];
  readonly events: string[] = [];
  readonly held: (() => void)[] = [];
  connections: Connection[] = [];
  calls = 0;
  onConnect: (connection: Connection, params: readonly unknown[]) => boolean | Promise<boolean> =
    () => true;

  override async appConnect(connection: Connection, params: readonly unknown[]): Promise<boolean> {
    this.events.push(`appConnect ${JSON.stringify(params)}`);
    this.connections.push(connection);
    return await this.onConnect(connection, params);
  }
  override appJoin(): boolean {
    this.events.push('appJoin');
    return true;
  }
  override roomJoin(_client: unknown, room: Scope): boolean {
    this.events.push(`roomJoin ${room.name}`);
    return true;
  }
  override appDisconnect(): void {
    this.events.push('appDisconnect');
  }
  echo(...args: unknown[]): unknown {
    return args;
  }
  fail(): never {
    throw new Error('out of apples');
  }
  count(): number {
    this.calls += 1;
    return this.calls;
  }
  async later(text: string): Promise<string> {
    await new Promise<void>((resolve) => this.held.push(resolve));
    this.calls += 1;
    return text;
  }
  weird(): unknown {
    return () => undefined;
  }
}

async function start(settings: Parameters<typeof startServer>[0] = {}): Promise<{
  running: TestServer;
  app: Recorder;
  scope: Scope;
  url: string;
  /** Resolves when the test is over, as nothing may hold the server up for ever. */
  never: Promise<boolean>;
  [Symbol.asyncDispose]: () => Promise<void>;
}> {
  const running = await startServer(settings);
  const app = new Recorder();
  const scope = await running.deploy('chat', app);
  new WebSocketScope(scope).register();
  let end: (yes: boolean) => void = () => undefined;
  const never = new Promise<boolean>((resolve) => {
    end = resolve;
  });
  return {
    running,
    app,
    scope,
    url: `${running.url}/chat`,
    never,
    async [Symbol.asyncDispose]() {
      end(false);
      await running.stop();
    },
  };
}

function limits(values: Partial<JSONProtocol>): JSONProtocol {
  return Object.assign(new JSONProtocol(), values);
}

describe('joining with red5.json', () => {
  it('makes a member of the room, with all callbacks and what join passed', async () => {
    await using it = await start();
    const client = await JSONTestClient.open(`${it.url}/room1`);
    assert.equal(it.app.events.length, 0, 'the application is not asked before join');
    const joined = await client.joins({ args: ['anna', { $date: 5 }] });
    assert.equal(joined['path'], 'chat/room1');
    assert.equal(joined['restored'], false);
    assert.deepEqual(it.app.events, [
      'appConnect ["anna","1970-01-01T00:00:00.005Z"]',
      'appJoin',
      'roomJoin room1',
    ]);
    assert.equal(it.scope.getChildScope('room1')?.connections.size, 1);
    assert.equal(joined['client'], it.app.connections[0]?.client?.id);
    await client.wire.close();
    await until(() => it.app.events.includes('appDisconnect'));
    assert.equal(it.running.plugin.connectionCount, 0);
  });

  it('is refused with code, words and reason of the application, then closed', async () => {
    await using it = await start();
    it.app.onConnect = () => {
      throw new ClientRejected({ retry: false, at: new Date(7) });
    };
    const client = await JSONTestClient.open(it.url);
    const refused = await client.joins();
    assert.equal(refused['code'], 'NetConnection.Connect.Rejected');
    assert.deepEqual(refused['application'], { retry: false, at: { $date: 7 } });
    assert.equal((await client.wire.closed).code, 1008);
    assert.equal(it.scope.connections.size, 0);
  });

  it('has to come in time', async () => {
    await using it = await start({ connectTimeoutMs: 50 });
    const client = await JSONTestClient.open(it.url);
    assert.deepEqual(await client.wire.closed, { code: 1008, reason: 'not joined in time' });
    const slow = await JSONTestClient.open(it.url);
    it.app.onConnect = () => it.never;
    slow.send({ type: 'join', version: 1 });
    assert.equal((await slow.wire.closed).code, 1008);
  });

  it('comes first, once, in a version that is known', async () => {
    await using it = await start();
    const client = await JSONTestClient.open(it.url);
    for (const message of [
      { type: 'call', id: 1, method: 'echo' },
      { type: 'join', version: 2 },
      { type: 'join' },
    ]) {
      client.send(message);
      assert.equal((await client.next())['code'], 'JSON.BadMessage');
    }
    await client.joins();
    client.send({ type: 'join', version: 1 });
    assert.equal((await client.next())['code'], 'JSON.BadMessage');
    assert.equal(it.scope.connections.size, 1);
  });

  it('lets messages that were sent ahead wait for the answer', async () => {
    await using it = await start();
    const client = await JSONTestClient.open(it.url);
    client.send({ type: 'join', version: 1 });
    client.send({ type: 'call', id: 1, method: 'echo', args: [1] });
    assert.equal((await client.next())['type'], 'joined');
    assert.deepEqual(await client.next(), { type: 'result', id: 1, value: [1] });
    const flood = await JSONTestClient.open(it.url);
    it.app.onConnect = () => it.never;
    flood.send({ type: 'join', version: 1 });
    for (let id = 1; id <= 33; id += 1) flood.send({ type: 'call', id, method: 'echo' });
    assert.equal((await flood.wire.closed).code, 1008);
  });

  it('is left with an answer that comes after the callbacks, and 1000', async () => {
    await using it = await start();
    const client = await JSONTestClient.join(it.url);
    assert.deepEqual(await client.ask({ type: 'leave' }), { type: 'done', id: 1 });
    assert.ok(it.app.events.includes('appDisconnect'));
    assert.equal((await client.wire.closed).code, 1000);
  });

  it('ends with 1001 when the application stops, and says so to those who wait', async () => {
    await using it = await start();
    const client = await JSONTestClient.join(it.url);
    it.app.onConnect = () => it.never;
    const waiting = await JSONTestClient.open(it.url);
    waiting.send({ type: 'join', version: 1 });
    await until(() => it.app.connections.length === 2);
    await it.running.plugin.removeManager(it.scope);
    assert.equal((await client.wire.closed).code, 1001);
    assert.equal((await waiting.next())['code'], 'NetConnection.Connect.AppShutdown');
    assert.equal((await waiting.wire.closed).code, 1001);
  });
});

describe('who may speak red5.json', () => {
  const listener = () => {
    const echo = new RecordingListener();
    echo.protocol = 'chat';
    return echo;
  };

  it('is decided by the plugin and by each scope of the path', async () => {
    for (const [settings, ofApp, ofRoom, protocol] of [
      [{}, true, true, 'red5.json'],
      [{ json: limits({ enabled: false }) }, true, true, 'chat'],
      [{}, false, true, 'chat'],
      [{}, true, false, 'chat'],
    ] as const) {
      await using running = await startServer(settings);
      const scope = await running.deploy('chat');
      const all = Object.assign(new WebSocketScope(scope), {
        listeners: [listener()],
        jsonClients: ofApp,
      });
      all.register();
      const room = Object.assign(new WebSocketScope(scope), { path: 'room', jsonClients: ofRoom });
      room.register();
      const client = await TestClient.open(`${running.url}/chat/room`, ['red5.json', 'chat']);
      assert.equal(client.socket.protocol, protocol);
      await client.close();
    }
  });

  it('changes nothing for others: listeners and texts are theirs alone', async () => {
    await using running = await startServer();
    const heard = listener();
    const scope = await running.deployWith('chat', heard);
    const classic = await TestClient.open(`${running.url}/chat`, ['chat']);
    const json = await JSONTestClient.join(`${running.url}/chat`);
    await json.ask({ type: 'call', method: 'nothing' });
    running.plugin.getManager(scope).send('to all');
    running.plugin.getManager(scope).getScope('/chat')?.send('to the path');
    classic.send('{"type":"join","version":1}');
    await until(() => heard.messages.length === 1);
    assert.deepEqual(await classic.received(2), ['to all', 'to the path']);
    await json.settled();
    assert.deepEqual(json.arrived, []);
    assert.deepEqual(heard.events, ['connect chat', 'message {"type":"join","version":1}']);
    assert.equal(scope.connections.size, 2);
  });
});

describe('calls of clients', () => {
  it('are answered with the result', async () => {
    await using it = await start();
    const client = await JSONTestClient.join(it.url);
    const args = [1, 'a', null, [true], { x: { $date: 3 } }, { $bytes: 'AQID' }];
    assert.deepEqual(await client.ask({ type: 'call', method: 'echo', args }), {
      type: 'result',
      id: 1,
      value: args,
    });
  });

  it('are answered with what went wrong, without a stack, and others go on', async () => {
    await using it = await start();
    const client = await JSONTestClient.join(it.url);
    for (const [method, reason, description] of [
      ['fail', 'THREW', /^out of apples$/],
      ['nothing', 'METHOD_NOT_FOUND', /nothing/],
      ['shop.buy', 'SERVICE_NOT_FOUND', /shop/],
      ['appConnect', 'METHOD_NOT_FOUND', /appConnect/],
      ['weird', 'RESULT', /cannot be sent/],
    ] as const) {
      const answer = await client.ask({ type: 'call', method });
      assert.equal(answer['code'], 'NetConnection.Call.Failed');
      assert.equal(answer['reason'], reason);
      assert.match(String(answer['description']), description);
      assert.deepEqual(Object.keys(answer).toSorted(), [
        'code',
        'description',
        'id',
        'reason',
        'type',
      ]);
    }
  });

  it('wait for each other only as the application wants, within a limit', async () => {
    await using it = await start({ json: limits({ maxPendingCalls: 2 }) });
    const client = await JSONTestClient.join(it.url);
    const first = client.sendRequest({ type: 'call', method: 'later', args: ['a'] });
    const second = client.sendRequest({ type: 'call', method: 'later', args: ['b'] });
    const third = await client.ask({ type: 'call', method: 'echo' });
    assert.equal(third['reason'], 'TOO_MANY_CALLS');
    it.app.held[1]?.();
    assert.equal((await client.answerTo(second))['value'], 'b');
    assert.equal((await client.ask({ type: 'call', method: 'echo' }))['type'], 'result');
    it.app.held[0]?.();
    assert.equal((await client.answerTo(first))['value'], 'a');
  });

  it('without an id are carried out and not answered', async () => {
    await using it = await start();
    const client = await JSONTestClient.join(it.url);
    client.send({ type: 'call', method: 'count' });
    client.send({ type: 'call', method: 'fail' });
    assert.equal((await client.ask({ type: 'call', method: 'count' }))['value'], 2);
    assert.deepEqual(client.arrived, []);
  });
});

describe('messages that are none', () => {
  const cases: readonly [string, string, string][] = [
    ['no JSON', '{', 'JSON.BadMessage'],
    ['no object', '[1]', 'JSON.BadMessage'],
    ['null', 'null', 'JSON.BadMessage'],
    ['no type', '{"id":9}', 'JSON.BadMessage'],
    ['an unknown type', '{"type":"toString","id":9}', 'JSON.BadMessage'],
    ['no id', '{"type":"use","name":"x"}', 'JSON.BadMessage'],
    ['a fractional id', '{"type":"use","name":"x","id":1.5}', 'JSON.BadMessage'],
    ['no method', '{"type":"call","id":9}', 'JSON.BadMessage'],
    ['args that are no list', '{"type":"call","id":9,"method":"m","args":{}}', 'JSON.BadMessage'],
    ['no operations', '{"type":"change","id":9,"name":"x","ops":[]}', 'JSON.BadMessage'],
    [
      'an unknown operation',
      '{"type":"change","id":9,"name":"x","ops":[{"op":"x"}]}',
      'JSON.BadMessage',
    ],
    [
      'a set without value',
      '{"type":"change","id":9,"name":"x","ops":[{"op":"set","key":"k"}]}',
      'JSON.BadMessage',
    ],
    ['half a known state', '{"type":"use","id":9,"name":"x","since":3}', 'JSON.BadMessage'],
    [
      'an unknown special value',
      '{"type":"call","id":9,"method":"m","args":[{"$x":1}]}',
      'JSON.BadValue',
    ],
    [
      'a value too deep',
      `{"type":"call","id":9,"method":"m","args":[${'['.repeat(65)}${']'.repeat(65)}]}`,
      'JSON.BadValue',
    ],
    [
      'nesting without end',
      `{"type":"call","id":9,"method":"m","args":[${'['.repeat(30_000)}${']'.repeat(30_000)}]}`,
      'JSON.BadValue',
    ],
  ];
  for (const [name, text, code] of cases) {
    it(`are answered with ${code} and hurt nothing: ${name}`, async () => {
      await using it = await start();
      const client = await JSONTestClient.join(it.url);
      client.wire.send(text);
      const answer = await client.next();
      assert.equal(answer['type'], 'error');
      assert.equal(answer['code'], code);
      assert.equal(answer['id'], text.includes('"id":9') ? 9 : undefined);
      assert.doesNotMatch(String(answer['description']), /\n| at /);
      assert.equal((await client.ask({ type: 'call', method: 'count' }))['value'], 1);
    });
  }

  it('are refused in binary frames too', async () => {
    await using it = await start();
    const client = await JSONTestClient.join(it.url);
    client.wire.send(Buffer.from('{"type":"ping"}'));
    assert.equal((await client.next())['code'], 'JSON.BadMessage');
  });

  it('close the connection when they are too many or too large', async () => {
    await using it = await start({ maxMessagesPerSecond: 5, maxMessageBytes: 1000 });
    const fast = await JSONTestClient.join(it.url);
    for (let count = 0; count < 12; count += 1) fast.send({ type: 'ping' });
    assert.equal((await fast.wire.closed).code, 1008);
    const large = await JSONTestClient.join(it.url);
    large.send({ type: 'call', id: 1, method: 'x'.repeat(1000) });
    assert.equal((await large.wire.closed).code, 1009);
  });
});

describe('calls of the server', () => {
  /** Answers calls until the connection ends. */
  async function serve(client: JSONTestClient, answer: (call: Message) => Message): Promise<void> {
    const call = await client.next(({ type }) => type === 'call');
    client.send({ ...answer(call), id: call['id'] });
  }

  it('reach all in a scope, with their answers', async () => {
    await using it = await start();
    const one = await JSONTestClient.join(`${it.url}/r`);
    const two = await JSONTestClient.join(`${it.url}/r`);
    const asked = ServiceUtils.invokeOnAllScopeConnections(it.scope, 'ready', [new Date(4)]);
    await serve(one, (call) => ({ type: 'result', value: { saw: call['args'] } }));
    await serve(two, () => ({ type: 'error', description: 'not yet', value: 7 }));
    const [first, second] = (await asked).map(({ result }) => result);
    assert.deepEqual(first, { status: 'fulfilled', value: { saw: [new Date(4)] } });
    assert.equal(second?.status, 'rejected');
    assert.match(String(second?.reason), /not yet/);
    assert.equal((second as unknown as { reason: { answer: unknown } }).reason.answer, 7);
  });

  it('may be made while the application decides', async () => {
    await using it = await start();
    it.app.onConnect = async (connection) =>
      (await ServiceUtils.invokeOnConnection('word', [], connection)) === 'open sesame';
    const client = await JSONTestClient.open(it.url);
    client.send({ type: 'join', version: 1 });
    await serve(client, () => ({ type: 'result', value: 'open sesame' }));
    assert.equal((await client.next())['type'], 'joined');
  });

  it('fail when the client goes, takes too long, or has too many', async () => {
    await using it = await start({ json: limits({ callTimeoutMs: 30, maxPendingCalls: 1 }) });
    const client = await JSONTestClient.join(it.url);
    const [connection] = it.app.connections;
    const first = ServiceUtils.invokeOnConnection('a', [], connection);
    await assert.rejects(
      ServiceUtils.invokeOnConnection('b', [], connection) ?? Promise.resolve(),
      {
        code: 'CALL_LIMIT',
      },
    );
    await assert.rejects(first ?? Promise.resolve(), { code: 'CALL_TIMED_OUT' });
    const last = ServiceUtils.invokeOnConnection('c', [], connection);
    await Promise.all([
      assert.rejects(last ?? Promise.resolve(), { code: 'NOT_CONNECTED' }),
      client.cut(),
    ]);
    assert.equal(ServiceUtils.notifyOnConnection('d', [], connection), true);
  });

  it('want no answer when they notify', async () => {
    await using it = await start();
    const client = await JSONTestClient.join(it.url);
    ServiceUtils.notifyOnAllScopeConnections(it.scope, 'news', ['x']);
    assert.deepEqual(await client.next(), { type: 'call', method: 'news', args: ['x'] });
    client.send({ type: 'result', id: 55, value: 1 });
    await client.settled();
    assert.deepEqual(client.arrived, []);
  });
});

describe('a session', () => {
  it('answers a repeated call from memory and does not make it again', async () => {
    await using it = await start();
    const first = await JSONTestClient.join(it.url);
    assert.equal((await first.ask({ type: 'call', method: 'count' }))['value'], 1);
    await first.cut();
    const again = await JSONTestClient.open(it.url);
    assert.equal((await again.joins({ session: first.session }))['restored'], true);
    assert.equal((await again.ask({ type: 'call', id: 1, method: 'count' }))['value'], 1);
    assert.equal((await again.ask({ type: 'call', id: 2, method: 'count' }))['value'], 2);
  });

  it('answers a call that is still being made once, to the connection that asks again', async () => {
    await using it = await start();
    const first = await JSONTestClient.join(it.url);
    first.sendRequest({ type: 'call', method: 'later', args: ['a'] });
    first.sendRequest({ type: 'call', method: 'later', args: ['b'] });
    await until(() => it.app.held.length === 2);
    const again = await JSONTestClient.open(it.url);
    await again.joins({ session: first.session });
    assert.equal((await first.wire.closed).code, 1008, 'the older connection is closed');
    it.app.held[0]?.();
    await again.settled();
    assert.deepEqual(again.arrived, [], 'nothing that was not asked for here');
    const one = again.sendRequest({ type: 'call', id: 1, method: 'later', args: ['a'] });
    const two = again.sendRequest({ type: 'call', id: 2, method: 'later', args: ['b'] });
    assert.equal((await again.answerTo(one))['value'], 'a');
    it.app.held[1]?.();
    assert.equal((await again.answerTo(two))['value'], 'b');
    assert.equal(it.app.calls, 2);
    assert.equal(it.app.held.length, 2);
  });

  it('says that an answer is lost rather than make a call again', async () => {
    await using it = await start({ json: limits({ maxSessionBytes: 200 }) });
    const first = await JSONTestClient.join(it.url);
    for (let count = 0; count < 3; count += 1) await first.ask({ type: 'call', method: 'count' });
    await first.cut();
    const again = await JSONTestClient.join(it.url, { session: first.session });
    const lost = await again.ask({ type: 'call', id: 1, method: 'count' });
    assert.equal(lost['code'], 'JSON.OutcomeUnknown');
    assert.equal(it.app.calls, 3);
  });

  it('ends with leave, is of one path, and gives way for want of room', async () => {
    const restored = async (it: Awaited<ReturnType<typeof start>>, session: string, path = '') => {
      const client = await JSONTestClient.open(it.url + path);
      return (await client.joins({ session }))['restored'];
    };
    await using it = await start();
    const left = await JSONTestClient.join(it.url);
    await left.ask({ type: 'leave' });
    assert.equal(await restored(it, left.session), false);
    const elsewhere = await JSONTestClient.join(it.url);
    assert.equal(await restored(it, elsewhere.session, '/room'), false);
    assert.equal(await restored(it, elsewhere.session), true);
    await using small = await start({ json: limits({ maxIdleSessionBytes: 1500 }) });
    const oldest = await JSONTestClient.join(small.url);
    await oldest.cut();
    const newest = await JSONTestClient.join(small.url);
    await newest.cut();
    await until(() => small.scope.connections.size === 0);
    assert.equal(await restored(small, oldest.session), false);
    assert.equal(await restored(small, newest.session), true);
  });
});
