import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RTMPHandler, RTMPPlugin } from '../../../../src/plugins/rtmp/index.ts';
import { type WebSocketPlugin, WebSocketScope } from '../../../../src/plugins/websocket/index.ts';
import {
  MemoryStore,
  MultiThreadedApplicationAdapter,
  type Scope,
  type SharedObject,
  SharedObjectLimits,
  type SharedObjectSecurity,
  type StoreChanges,
  TCPTransport,
  WebScope,
} from '../../../../src/server/index.ts';
import { event, RawClient, set, USE } from '../../rtmp/RawClient.ts';
import { amf0, utf } from '../../rtmp/wireValues.ts';
import { startServer, TestClient, until } from '../support.ts';
import { JSONTestClient, type Message } from './JSONTestClient.ts';

interface Room extends AsyncDisposable {
  readonly url: string;
  readonly rtmpPort: number;
  readonly scope: WebScope;
  readonly app: MultiThreadedApplicationAdapter;
  readonly plugin: WebSocketPlugin;
  so(name?: string): SharedObject;
}

/** A server that speaks RTMP and WebSocket, with application `chat`. */
async function open(
  options: {
    readonly limits?: Partial<SharedObjectLimits>;
    readonly settings?: Partial<WebSocketPlugin>;
    readonly store?: MemoryStore;
  } = {},
): Promise<Room> {
  const running = await startServer(options.settings);
  const { server } = running;
  Object.assign(server.sharedObjectLimits, new SharedObjectLimits(), options.limits);
  const rtmp = Object.assign(new RTMPPlugin(), { server });
  const transport = Object.assign(new TCPTransport(), {
    host: '127.0.0.1',
    logger: server.logger,
    handlers: [new RTMPHandler(rtmp)],
  });
  await rtmp.start();
  await transport.start();
  const app = new MultiThreadedApplicationAdapter();
  const scope = new WebScope();
  Object.assign(scope, { server, parent: server.globalScope, contextPath: '/chat', handler: app });
  if (options.store !== undefined) scope.store = options.store;
  await scope.start();
  new WebSocketScope(scope).register();
  return {
    url: `${running.url}/chat`,
    rtmpPort: transport.address?.port ?? 0,
    scope,
    app,
    plugin: running.plugin,
    so(name = 's') {
      const so = server.sharedObjects.getSharedObject(scope as Scope, name);
      assert.ok(so);
      return so;
    },
    async [Symbol.asyncDispose]() {
      await transport.stop();
      await scope.stop();
      await rtmp.stop(AbortSignal.timeout(500));
      await running.stop();
    },
  };
}

async function user(room: Room, name = 's', fields: Message = {}): Promise<JSONTestClient> {
  const client = await JSONTestClient.join(room.url);
  const used = await client.ask({ type: 'use', name, ...fields });
  assert.notEqual(used['type'], 'error', JSON.stringify(used));
  return client;
}

const setOp = (key: string, value: unknown, ifVersion?: number): Message =>
  ifVersion === undefined ? { op: 'set', key, value } : { op: 'set', key, value, ifVersion };

function change(...ops: Message[]): Message {
  return { type: 'change', name: 's', ops };
}

describe('using a shared object', () => {
  it('begins with all there is, in order, each with its version', async () => {
    await using room = await open();
    const first = await user(room);
    await first.ask(change(setOp('10', 'a'), setOp('9', { $date: 1 })));
    await first.ask(change(setOp('x', [1])));
    const second = await JSONTestClient.join(room.url);
    const used = await second.ask({ type: 'use', name: 's' });
    assert.deepEqual(used, {
      type: 'snapshot',
      id: 1,
      name: 's',
      epoch: room.so().epoch,
      version: 5,
      attributes: [
        { key: '10', value: 'a', version: 3 },
        { key: '9', value: { $date: 1 }, version: 3 },
        { key: 'x', value: [1], version: 4 },
      ],
    });
    assert.deepEqual(await first.changes('s'), ['3 10="a",9={"$date":1}', '4 x=[1]']);
    assert.deepEqual(await second.changes('s'), []);
  });

  it('tells all of a change, the originator too and before its answer', async () => {
    await using room = await open();
    const a = await user(room);
    const b = await user(room);
    const id = a.sendRequest(change(setOp('x', 1), { op: 'send', method: 'm', args: [2] }));
    const [changes, done] = [await a.next(), await a.next()];
    assert.deepEqual(changes, {
      type: 'changes',
      name: 's',
      version: 4,
      ops: [setOp('x', 1), { op: 'send', method: 'm', args: [2] }],
    });
    assert.deepEqual(done, { type: 'done', id, version: 4 });
    assert.deepEqual(await b.next(), changes);
  });

  it('leaves out what changes nothing', async () => {
    await using room = await open();
    const a = await user(room);
    await a.ask(change(setOp('x', { y: [1] })));
    assert.equal((await a.ask(change(setOp('x', { y: [1] }))))['type'], 'done');
    assert.equal((await a.ask(change({ op: 'remove', key: 'nothing' })))['type'], 'done');
    assert.equal((await a.ask(change(setOp('x', { y: [1] }), setOp('z', 1))))['type'], 'done');
    assert.deepEqual(await a.changes('s'), ['3 x={"y":[1]}', '6 z=1']);
  });

  it('removes by remove, by null and by clear', async () => {
    await using room = await open();
    const a = await user(room);
    const told: string[] = [];
    room.so().addSharedObjectListener({
      onSharedObjectDelete: (_so, key) => told.push(`delete ${key}`),
      onSharedObjectClear: () => told.push('clear'),
    });
    await a.ask(change(setOp('a', 1), setOp('b', 2), setOp('c', 3), setOp('d', 4)));
    await a.ask(change({ op: 'remove', key: 'a' }, setOp('b', null)));
    await a.ask(change({ op: 'clear' }, setOp('e', 5)));
    const [, ...changes] = await a.changes('s');
    assert.deepEqual(changes, ['4 -a,-b', '5 -c,-d,e=5']);
    assert.deepEqual(told, ['delete a', 'delete b', 'clear']);
  });

  it('ends with release, and with an end of the object', async () => {
    await using room = await open();
    const a = await user(room);
    const b = await user(room);
    assert.equal((await b.ask({ type: 'release', name: 's' }))['type'], 'done');
    assert.equal((await b.ask({ type: 'release', name: 'never' }))['type'], 'done');
    await a.ask(change(setOp('x', 1)));
    assert.deepEqual(await b.changes('s'), []);
    assert.equal((await b.ask(change(setOp('x', 2))))['code'], 'SharedObject.NoWriteAccess');
    const { epoch } = room.so();
    room.so().close();
    assert.deepEqual(await a.changes('s'), ['5 x=1', '6 -x']);
    assert.deepEqual(await a.next(), { type: 'closed', name: 's' });
    const again = await a.ask({ type: 'use', name: 's' });
    assert.notEqual(again['epoch'], epoch);
  });

  it('tells listeners of the server, and is told what they change, after the answer to use', async () => {
    await using room = await open();
    room.app.createSharedObject(room.scope, 's', false);
    room.so().acquire();
    let users = 0;
    room.so().addSharedObjectListener({
      onSharedObjectConnect: (so) => so.setAttribute('users', ++users),
      onSharedObjectUpdate: (so, key, value) => {
        if (key === 'x') so.setAttribute('double', Number(value) * 2);
      },
      onSharedObjectDisconnect: (so) => so.setAttribute('users', --users),
    });
    const a = await user(room);
    const b = await JSONTestClient.join(room.url);
    const used = await b.ask({ type: 'use', name: 's' });
    assert.deepEqual(used['attributes'], [{ key: 'users', value: 2, version: used['version'] }]);
    await a.ask(change(setOp('x', 4)));
    assert.deepEqual((await a.changes('s')).map(withoutVersion), ['users=2', 'x=4,double=8']);
    await b.wire.close();
    await until(() => users === 1);
    assert.deepEqual((await a.changes('s')).map(withoutVersion), ['users=1']);
    room.so().release();
  });

  it('keeps the version of a value that is sent again', async () => {
    await using room = await open();
    const a = await user(room);
    await a.ask(change(setOp('x', 1)));
    await a.changes('s');
    room.so().setDirty('x');
    await a.settled();
    assert.deepEqual(await a.next(), {
      type: 'changes',
      name: 's',
      version: 4,
      ops: [{ op: 'set', key: 'x', value: 1, version: 3 }],
    });
    assert.equal((await a.ask(change(setOp('x', 2, 3))))['type'], 'done');
  });
});

function withoutVersion(line: string): string {
  return line.replace(/^\d+ /, '');
}

describe('one change', () => {
  it('compares versions, and says what is there when they do not hold', async () => {
    await using room = await open();
    const a = await user(room);
    const b = await user(room);
    assert.equal((await a.ask(change(setOp('x', 'a', 0))))['version'], 4);
    const late = await b.ask(change(setOp('y', 1), setOp('x', 'b', 0)));
    assert.deepEqual(late, {
      type: 'error',
      id: 2,
      code: 'SharedObject.VersionMismatch',
      description: 'the attribute has another version',
      op: 1,
      key: 'x',
      version: 4,
      value: 'a',
    });
    assert.equal((await b.ask(change(setOp('x', 'b', 4))))['type'], 'done');
    const gone = await a.ask(change({ op: 'remove', key: 'z', ifVersion: 3 }));
    assert.equal(gone['version'], 0);
    assert.ok(!('value' in gone));
    assert.equal(room.so().hasAttribute('y'), false);
  });

  it('lets exactly one of many win who change the same version', async () => {
    await using room = await open();
    const clients = await Promise.all(Array.from({ length: 8 }, () => user(room)));
    const answers = await Promise.all(
      clients.map((client, index) => client.ask(change(setOp('lock', index, 0)))),
    );
    assert.equal(answers.filter(({ type }) => type === 'done').length, 1);
  });

  it('is all or nothing, whatever is wrong with it', async () => {
    await using room = await open({
      limits: { maxKeys: 3, maxValueBytes: 1000, maxObjectBytes: 1500 },
    });
    const security: SharedObjectSecurity = {
      isWriteAllowed: (_so, key) => key !== 'ro',
      isDeleteAllowed: (_so, key) => key !== 'keep',
      isSendAllowed: async (_so, method) => method !== 'shout',
    };
    room.app.registerSharedObjectSecurity(security);
    const a = await user(room);
    await a.ask(change(setOp('keep', 1)));
    const big = 'x'.repeat(900);
    for (const [code, op, ...ops] of [
      ['SharedObject.NoWriteAccess', 1, setOp('a', 1), setOp('ro', 1)],
      ['SharedObject.NoWriteAccess', 1, setOp('a', 1), { op: 'remove', key: 'keep' }],
      ['SharedObject.NoWriteAccess', 1, setOp('a', 1), { op: 'clear' }],
      ['SharedObject.NoWriteAccess', 1, setOp('a', 1), { op: 'send', method: 'shout' }],
      ['SharedObject.QuotaExceeded', 2, setOp('a', 1), setOp('b', 1), setOp('c', 1)],
      ['SharedObject.QuotaExceeded', 1, setOp('a', big), setOp('b', big)],
      ['SharedObject.QuotaExceeded', 0, setOp('a', 'x'.repeat(1001))],
      ['SharedObject.InvalidValue', 1, setOp('a', 1), setOp('', 1)],
    ] as const) {
      const answer = await a.ask(change(...ops));
      assert.equal(answer['code'], code, JSON.stringify(ops).slice(0, 100));
      assert.equal(answer['op'], op);
      assert.deepEqual(room.so().getAttributeNames(), ['keep']);
    }
    // What was removed in the same step makes room.
    const swap = change(setOp('a', big), setOp('a', null), setOp('b', big), setOp('c', 1));
    assert.equal((await a.ask(swap))['type'], 'done');
    assert.deepEqual(await a.changes('s'), [
      '3 keep=1',
      `12 a=${JSON.stringify(big)},-a,b=${JSON.stringify(big)},c=1`,
    ]);
  });

  it('waits for slow security handlers without losing its place', async () => {
    await using room = await open();
    const a = await user(room);
    const b = await user(room);
    const waiting: (() => void)[] = [];
    room.so().registerSharedObjectSecurity({
      isWriteAllowed: () =>
        new Promise((resolve) => {
          waiting.push(() => resolve(true));
        }),
    });
    const first = a.sendRequest(change(setOp('x', 1)));
    await until(() => waiting.length === 1);
    const second = b.sendRequest(change(setOp('x', 2)));
    await b.settled();
    waiting[0]?.();
    await until(() => waiting.length === 2);
    waiting[1]?.();
    assert.equal((await a.answerTo(first))['version'], 4);
    assert.equal((await b.answerTo(second))['version'], 5);
    assert.deepEqual(await a.changes('s'), ['4 x=1', '5 x=2']);
  });

  it('is refused where the object may not be used, made, or is of the other kind', async () => {
    await using room = await open({ limits: { maxObjectsPerScope: 2 } });
    await user(room, 'kind');
    const client = await JSONTestClient.join(room.url);
    const use = async (name: string, persistent = false) =>
      (await client.ask({ type: 'use', name, persistent }))['code'];
    assert.equal(await use('kind', true), 'SharedObject.BadPersistence');
    assert.equal(await use(''), 'SharedObject.ObjectCreationFailed');
    const nobody = { isConnectionAllowed: () => false, isCreationAllowed: () => false };
    room.app.registerSharedObjectSecurity(nobody);
    assert.equal(await use('kind'), 'SharedObject.NoReadAccess');
    assert.equal(await use('new'), 'SharedObject.ObjectCreationFailed');
    room.app.unregisterSharedObjectSecurity(nobody);
    assert.equal(await use('second'), undefined);
    assert.equal(await use('third'), 'SharedObject.QuotaExceeded');
    const unused = await client.ask({ ...change(setOp('x', 1)), name: 'kind' });
    assert.equal(unused['code'], 'SharedObject.NoWriteAccess');
  });

  it('is answered when it is stored, and told when it could not be', async () => {
    const store = new SlowStore();
    await using room = await open({ store });
    const a = await user(room, 's', { persistent: true });
    const b = await user(room, 's', { persistent: true });
    const first = a.sendRequest(change(setOp('x', 1)));
    await until(() => store.waiting.length === 1);
    await b.settled();
    assert.deepEqual(b.arrived, []);
    store.waiting.shift()?.();
    assert.equal((await a.answerTo(first))['type'], 'done');
    const second = a.sendRequest(change(setOp('x', 2)));
    await until(() => store.waiting.length === 1);
    store.waiting.shift()?.(new Error('disk full'));
    assert.equal((await a.answerTo(second))['code'], 'SharedObject.NotStored');
    assert.deepEqual((await b.changes('s')).map(withoutVersion), ['x=1', 'x=2']);
  });
});

/** A store that is done when a test says so. */
class SlowStore extends MemoryStore {
  readonly waiting: ((error?: Error) => void)[] = [];

  override write(_collection: string, _changes: StoreChanges): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push((error) => (error === undefined ? resolve() : reject(error)));
    });
  }
}

describe('JSON and RTMP clients of one object', () => {
  it('see each other’s changes, messages and values', async () => {
    await using room = await open();
    const json = await user(room);
    const rtmp = await RawClient.connected(room.rtmpPort);
    rtmp.so('s', USE);
    await rtmp.sharedObject();
    assert.equal(room.scope.connections.size, 2);
    rtmp.so('s', set('x', { n: [1, 'a', null] }));
    assert.deepEqual((await rtmp.sharedObject()).events, [[5, 'x']]);
    rtmp.so('s', event(6, Buffer.concat([amf0('hello'), amf0(5)])));
    await rtmp.sharedObject();
    rtmp.so('s', event(10, utf('x')));
    await rtmp.sharedObject();
    assert.deepEqual((await json.changes('s')).map(withoutVersion), [
      'x={"n":[1,"a",null]}',
      'hello[5]',
      '-x',
    ]);
    await json.ask(change(setOp('y', { deep: [7] }), { op: 'send', method: 'm', args: [1] }));
    const { events } = await rtmp.sharedObject();
    assert.equal(events[0]?.[1], 'y');
    assert.deepEqual(events[1], [6, 'm', 1]);
    await json.ask(change(setOp('y', null)));
    assert.deepEqual((await rtmp.sharedObject()).events, [[9, 'y']]);
    await rtmp.close();
  });
});

describe('a change for many', () => {
  it('is one frame that all get in the order of the server, whoever made it', async () => {
    await using room = await open();
    const clients = await Promise.all(Array.from({ length: 30 }, () => user(room)));
    await Promise.all(
      clients.flatMap((client, number) =>
        [1, 2, 3].map((round) => client.ask(change(setOp(`k${number}`, round)))),
      ),
    );
    const seen = await Promise.all(clients.map((client) => client.changes('s')));
    for (const lines of seen) {
      // Those who were there for all of it have seen the same.
      assert.deepEqual(lines, seen[0]);
      assert.equal(lines.length, 90);
    }
  });

  it('is encoded once for all', async () => {
    await using room = await open();
    const clients = await Promise.all(Array.from({ length: 20 }, () => user(room)));
    let reads = 0;
    class Counted {
      readonly own = 1;
    }
    const counted = Object.freeze(
      Object.defineProperty(new Counted(), 'x', { get: () => ++reads, enumerable: true }),
    );
    const so = room.so();
    const connections = [...so.subscribers] as unknown as { sentMessages: number }[];
    const before = connections.map(({ sentMessages }) => sentMessages);
    so.setAttribute('a', counted);
    const readsOfCopy = reads;
    await Promise.all(clients.map((client) => client.settled()));
    assert.equal(reads, readsOfCopy, 'nothing is encoded later');
    assert.ok(readsOfCopy <= 2, `read ${readsOfCopy} times: for its size, and to be sent`);
    assert.deepEqual(
      connections.map(({ sentMessages }, index) => sentMessages - (before[index] ?? 0)),
      clients.map(() => 2),
      'the change and the pong',
    );
    for (const client of clients) assert.equal((await client.changes('s')).length, 1);
  });

  it('reaches a slow reader as a whole, or closes it, also where others drop messages', async () => {
    await using room = await open({
      settings: { queuePolicy: 'drop-oldest', maxQueueBytes: 100_000 },
      limits: { maxHistoryChanges: 0 },
    });
    const slow = await user(room);
    slow.wire.socket.pause();
    room.so().acquire();
    for (let round = 0; round < 400; round += 1) {
      room.so().setAttribute('x', `${round}`.padEnd(40_000, '.'));
      if (round % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => room.scope.connections.size === 0);
    slow.wire.socket.resume();
    await slow.wire.closed;
    const versions = slow.arrived.map((message) => Number(message['version']));
    assert.deepEqual(
      versions,
      versions.map((_, index) => 3 + index),
    );
    room.so().release();
  });

  it('may follow an object that is larger than all that otherwise may wait', async () => {
    await using room = await open({
      settings: { maxQueueBytes: 100_000 },
      limits: { maxObjectBytes: 40_000_000 },
    });
    room.app.createSharedObject(room.scope, 's', false);
    room.so().acquire();
    for (let key = 0; key < 150; key += 1) {
      room.so().setAttribute(`k${key}`, 'x'.repeat(120_000));
    }
    const client = await JSONTestClient.join(room.url);
    client.wire.socket.pause();
    const id = client.sendRequest({ type: 'use', name: 's' });
    await until(() => room.so().subscribers.size === 1);
    for (let round = 0; round < 50; round += 1) {
      room.so().setAttribute('small', round);
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.wire.socket.resume();
    assert.equal(((await client.answerTo(id))['attributes'] as unknown[]).length, 150);
    assert.equal((await client.changes('s')).length, 50);
    room.so().release();
  });

  it('reaches clients that compress, in the same order', async () => {
    await using room = await open({
      settings: { perMessageDeflate: true, deflateThresholdBytes: 1 },
    });
    const plain = await user(room);
    const wire = await TestClient.open(room.url, ['red5.json'], { perMessageDeflate: true });
    assert.equal(wire.socket.extensions, 'permessage-deflate');
    const packed = new JSONTestClient(wire);
    await packed.joins();
    await packed.ask({ type: 'use', name: 's' });
    for (let round = 0; round < 20; round += 1) {
      (round % 2 === 0 ? plain : packed).sendRequest(change(setOp('x', 'x'.repeat(round))));
    }
    await plain.settled();
    await packed.settled();
    await until(() => room.so().version === 23);
    const seen = await packed.changes('s');
    assert.equal(seen.length, 20);
    assert.deepEqual(await plain.changes('s'), seen);
  });

  it('is not seen by WebSocket clients that did not ask for it', async () => {
    await using room = await open();
    const classic = await TestClient.open(room.url);
    const json = await user(room);
    await json.ask(change(setOp('x', 1)));
    await classic.close();
    assert.deepEqual(classic.texts, []);
  });
});

describe('coming back', () => {
  async function back(
    room: Room,
    before: JSONTestClient,
    since: number,
    epoch: string = room.so().epoch,
  ): Promise<[JSONTestClient, Message]> {
    const client = await JSONTestClient.open(room.url);
    await client.joins({ session: before.session });
    return [client, await client.ask({ type: 'use', name: 's', epoch, since })];
  }

  it('gives exactly what was missed, removals and messages included', async () => {
    await using room = await open();
    const a = await user(room);
    const b = await user(room);
    await a.ask(change(setOp('x', 1), setOp('y', 1)));
    const [seen] = await b.changes('s');
    assert.match(seen ?? '', /^4 /);
    await b.cut();
    await a.ask(change({ op: 'remove', key: 'x' }));
    await a.ask(change({ op: 'send', method: 'm', args: [] }, setOp('z', 2)));
    await a.ask(change(setOp('z', 2)));
    const [again, resumed] = await back(room, b, 4);
    assert.equal(resumed['type'], 'resumed');
    assert.equal(resumed['version'], room.so().version);
    assert.deepEqual(
      (resumed['changes'] as Message[]).map(({ version }) => version),
      [5, 6],
    );
    await a.ask(change(setOp('w', 1)));
    assert.deepEqual((await again.changes('s')).map(withoutVersion), ['w=1']);
    const [, nothing] = await back(room, again, Number(room.so().version));
    assert.deepEqual(nothing['changes'], []);
  });

  it('gives all, marked as such, when the history does not reach back or the object is another', async () => {
    for (const limits of [{ maxHistoryChanges: 3 }, { maxHistoryBytes: 200 }, {}] as const) {
      await using room = await open({ limits });
      const a = await user(room);
      for (let round = 0; round < 6; round += 1) await a.ask(change(setOp('x', round)));
      const isKept = Object.keys(limits).length === 0;
      const [, old] = await back(room, a, 3);
      assert.equal(old['type'], isKept ? 'resumed' : 'snapshot');
      const b = await user(room);
      for (const [since, epoch] of [
        [room.so().version + 100, room.so().epoch],
        [room.so().version, 'another'],
      ] as const) {
        const [, snapshot] = await back(room, b, since, epoch);
        assert.equal(snapshot['type'], 'snapshot');
        assert.equal(snapshot['missed'], true);
        assert.equal((snapshot['attributes'] as unknown[]).length, 1);
      }
    }
  });

  it('carries out a change that was sent twice once, and one that never came', async () => {
    await using room = await open();
    const a = await user(room);
    const first = await a.ask(change(setOp('n', 1), { op: 'send', method: 'm', args: [] }));
    await a.cut();
    const [again] = await back(room, a, 0, 'x');
    const version = room.so().version;
    assert.deepEqual(
      await again.ask({ ...change(setOp('n', 1), { op: 'send', method: 'm' }), id: first['id'] }),
      first,
    );
    assert.equal(room.so().version, version);
    assert.equal(room.so().statistics.totalSends, 1);
    assert.equal((await again.ask({ ...change(setOp('n', 2)), id: 3 }))['type'], 'done');
    assert.equal(room.so().getAttribute('n'), 2);
  });

  it('carries out a change whose connection ended while it waited', async () => {
    await using room = await open();
    const a = await user(room);
    const other = await user(room);
    room.so().beginUpdate();
    const id = a.sendRequest(change(setOp('n', 1)));
    await a.settled();
    await a.cut();
    await until(() => room.scope.connections.size === 1);
    room.so().endUpdate();
    await other.settled();
    assert.equal(room.so().hasAttribute('n'), false);
    const [again] = await back(room, a, 0, 'x');
    assert.equal((await again.ask({ ...change(setOp('n', 1)), id }))['type'], 'done');
    assert.equal(room.so().getAttribute('n'), 1);
  });
});
