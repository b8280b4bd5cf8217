import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  MemoryStore,
  Red5,
  type SharedObject,
  type SharedObjectListener,
  type SharedObjectRequest,
  type SharedObjectSecurity,
  type WebScope,
} from '../../../src/server/index.ts';
import { settle } from '../support/ManualClock.ts';
import type { TestConnection } from '../support/TestConnection.ts';
import { RecordingAdapter, startTestServer, type TestServer } from '../support/testServer.ts';

const use: SharedObjectRequest = { type: 'use' };
const release: SharedObjectRequest = { type: 'release' };
const set = (key: string, value: unknown): SharedObjectRequest => ({ type: 'change', key, value });
const remove = (key: string): SharedObjectRequest => ({ type: 'remove', key });
const send = (method: string, ...args: unknown[]): SharedObjectRequest => ({
  type: 'send',
  method,
  args,
});

/** A server with A and B subscribed to `s` of `/chat`, and nothing in their boxes. */
interface Pair extends AsyncDisposable {
  readonly s: TestServer;
  readonly a: TestConnection;
  readonly b: TestConnection;
  readonly so: SharedObject;
  ask(from: TestConnection, ...requests: SharedObjectRequest[]): void | Promise<void>;
}

async function pair(persistent = false): Promise<Pair> {
  const s = await startTestServer({ handler: new RecordingAdapter() });
  const a = await s.connect('chat');
  const b = await s.connect('chat');
  const ask = (from: TestConnection, ...requests: SharedObjectRequest[]): void | Promise<void> =>
    from.ask(s.server, 's', requests, persistent);
  await ask(a, use);
  await ask(b, use);
  a.take();
  b.take();
  const so = s.server.sharedObjects.getSharedObject(s.application, 's') as SharedObject;
  return { s, a, b, so, ask, [Symbol.asyncDispose]: () => s[Symbol.asyncDispose]() };
}

describe('shared objects, rules of Red5', () => {
  it('1: the first use of an object answers useSuccess and clear', async () => {
    await using s = await startTestServer();
    const a = await s.connect();
    await a.ask(s.server, 's', [use]);
    assert.deepEqual(a.take(), ['v2 useSuccess, clear']);
  });

  it('2: a later use answers all attributes in the same message, and nobody else hears of it', async () => {
    await using p = await pair();
    await p.ask(p.a, set('x', 1), set('y', [2]));
    p.a.take();
    p.b.take();
    const c = await p.s.connect();
    await p.ask(c, use);
    assert.deepEqual(c.take(), ['v5 useSuccess, clear, change x=1, change y=[2]']);
    assert.deepEqual([...p.a.take(), ...p.b.take()], []);
  });

  it('3: a set answers success to its client and change to others, with the next version', async () => {
    await using p = await pair();
    await p.ask(p.a, set('x', 1));
    assert.deepEqual(p.a.take(), ['v4 success x']);
    assert.deepEqual(p.b.take(), ['v4 change x=1']);
  });

  it('4: a set of an equal value is answered and sent to nobody', async () => {
    await using p = await pair();
    await p.ask(p.a, set('x', { n: [1, { m: 'deep' }] }));
    p.a.take();
    p.b.take();
    await p.ask(p.a, set('x', { n: [1, { m: 'deep' }] }));
    assert.deepEqual(p.a.take(), ['v5 success x']);
    assert.deepEqual(p.b.take(), []);
  });

  it('5: three changes in one message are one message to each', async () => {
    await using p = await pair();
    await p.ask(p.a, set('x', 2), set('y', { a: 1 }), set('z', [1]));
    assert.deepEqual(p.a.take(), ['v4 success x, success y, success z']);
    assert.deepEqual(p.b.take(), ['v4 change x=2, change y={"a":1}, change z=[1]']);
  });

  it('6: a message goes to all, the sender included', async () => {
    await using p = await pair();
    await p.ask(p.a, send('chat', 'hi', 5));
    assert.deepEqual(p.a.take(), ['v4 send chat["hi",5]']);
    assert.deepEqual(p.b.take(), ['v4 send chat["hi",5]']);
  });

  it('7 and 9: a remove is answered with remove, and sent to others if there was something', async () => {
    await using p = await pair();
    await p.ask(p.a, set('x', 1));
    p.a.take();
    p.b.take();
    await p.ask(p.a, remove('x'), remove('absent'));
    assert.deepEqual(p.a.take(), ['v5 remove x, remove absent']);
    assert.deepEqual(p.b.take(), ['v5 remove x']);
  });

  it('8: a set to null removes', async () => {
    await using p = await pair();
    await p.ask(p.a, set('x', 1));
    p.a.take();
    p.b.take();
    await p.ask(p.a, set('x', null), set('absent', undefined));
    assert.deepEqual(p.a.take(), ['v5 success x, success absent']);
    assert.deepEqual(p.b.take(), ['v5 remove x']);
    assert.equal(p.so.hasAttribute('x'), false);
  });

  it('10: a set by server code goes to all', async () => {
    await using p = await pair();
    assert.equal(p.so.setAttribute('x', 1), true);
    assert.equal(p.so.setAttribute('x', 1), false);
    assert.deepEqual(p.a.take(), ['v4 change x=1']);
    assert.deepEqual(p.b.take(), ['v4 change x=1']);
    assert.equal(p.so.version, 5);
  });

  it('11: an update by server code is one message, in order and not merged', async () => {
    await using p = await pair();
    p.so.beginUpdate();
    p.so.setAttribute('a', 1);
    p.so.beginUpdate();
    p.so.setAttribute('b', 2);
    p.so.endUpdate();
    p.so.removeAttribute('a');
    assert.deepEqual(p.a.batches, []);
    p.so.endUpdate();
    assert.deepEqual(p.a.take(), ['v4 change a=1, change b=2, remove a']);
    assert.deepEqual(p.b.take(), ['v4 change a=1, change b=2, remove a']);
    assert.throws(() => p.so.endUpdate(), { code: 'UPDATE_NOT_OPEN' });
  });

  it('12: setAttributes is one message with all changes', async () => {
    await using p = await pair();
    assert.equal(p.so.setAttributes({ a: 1, b: 2 }), true);
    assert.deepEqual(p.b.take(), ['v4 change a=1, change b=2']);
    assert.equal(p.so.setAttributes(new Map([['a', 1]])), false);
  });

  it('13: sendMessage by server code goes out at once', async () => {
    await using p = await pair();
    p.so.sendMessage('m', [1]);
    assert.deepEqual(p.a.take(), ['v4 send m[1]']);
    assert.deepEqual(p.b.take(), ['v4 send m[1]']);
  });

  it('14: shorter and reordered lists and maps with fewer keys are changes', async () => {
    await using p = await pair();
    for (const value of [[1, 2, 3], [1], [1, 1], { a: 1, b: 2 }, { a: 1 }, [2, 1], [1, 2]]) {
      await p.ask(p.a, set('l', value));
      assert.equal(p.b.take().length, 1, JSON.stringify(value));
    }
  });

  it('15: a list that server code appended to and sets again is a change', async () => {
    await using p = await pair();
    const list = [1];
    p.so.setAttribute('l', list);
    list.push(2);
    p.so.setAttribute('l', list);
    assert.deepEqual(p.b.take(), ['v4 change l=[1]', 'v5 change l=[1,2]']);
    assert.throws(() => (p.so.getAttribute('l') as number[]).push(3), TypeError);
  });

  it('16 and 17: concurrent writers miss nothing, in order, with growing versions', async () => {
    await using p = await pair();
    const security: SharedObjectSecurity = {
      isWriteAllowed: async (_so, key) => {
        if (key.endsWith('3')) await settle();
        return true;
      },
    };
    p.so.registerSharedObjectSecurity(security);
    const writes: (void | Promise<void>)[] = [];
    for (let i = 0; i < 200; i += 1) {
      writes.push(p.ask(p.a, set(`a${i}`, i)), p.ask(p.b, set(`b${i}`, i)));
    }
    await Promise.all(writes);
    for (const [connection, own, other] of [
      [p.a, 'a', 'b'],
      [p.b, 'b', 'a'],
    ] as const) {
      const versions = connection.batches.map((batch) => batch.version);
      assert.deepEqual(
        versions,
        [...versions].sort((x, y) => x - y),
      );
      assert.equal(new Set(versions).size, 400);
      const events = connection.batches.flatMap((batch) => batch.events);
      const keys = (type: string): string[] =>
        events.flatMap((e) => (e.type === type && 'key' in e ? [e.key] : []));
      const expected = (prefix: string): string[] =>
        Array.from({ length: 200 }, (_, i) => `${prefix}${i}`);
      assert.deepEqual(keys('success'), expected(own));
      assert.deepEqual(keys('change'), expected(other));
    }
  });

  it('18: a second use is a resync, and the listener hears of one connect', async () => {
    await using p = await pair();
    const connects: string[] = [];
    p.so.addSharedObjectListener({ onSharedObjectConnect: () => connects.push('connect') });
    await p.ask(p.a, set('x', 1));
    p.a.take();
    await p.ask(p.a, use);
    assert.deepEqual(p.a.take(), ['v5 useSuccess, clear, change x=1']);
    assert.deepEqual(connects, []);
  });

  it('19: who never sent use cannot write, send, or make an object', async () => {
    await using p = await pair();
    const c = await p.s.connect();
    await p.ask(c, set('x', 1), remove('x'), send('m'));
    assert.deepEqual(c.take(), [
      'v4 status SharedObject.NoWriteAccess error, status SharedObject.NoWriteAccess error',
    ]);
    assert.deepEqual(p.a.take(), []);
    await c.ask(p.s.server, 'new', [set('x', 1)]);
    assert.deepEqual(c.take(), ['v0 status SharedObject.NoWriteAccess error']);
    assert.equal(p.s.server.sharedObjects.hasSharedObject(p.s.application, 'new'), false);
  });

  it('20: use with the other persistence is refused and changes nothing', async () => {
    await using p = await pair();
    const { version } = p.so;
    await p.a.ask(p.s.server, 's', [use, set('x', 1)], true);
    assert.deepEqual(p.a.take(), ['v0 status SharedObject.BadPersistence error']);
    assert.equal(p.so.version, version);
    assert.equal(p.so.hasAttribute('x'), false);
  });

  it('21: a refused write is told and corrected', async () => {
    await using p = await pair();
    p.so.setAttribute('ro', 'kept');
    p.so.registerSharedObjectSecurity({
      isWriteAllowed: (_so, key) => !key.startsWith('ro'),
      isDeleteAllowed: () => false,
    });
    p.a.take();
    p.b.take();
    await p.ask(p.a, set('ro', 1), set('ro2', 1), remove('ro'), set('ro', null));
    const refused = 'status SharedObject.NoWriteAccess error';
    assert.deepEqual(p.a.take(), [
      `v5 ${refused}, change ro="kept", ${refused}, remove ro2, ${refused}, change ro="kept", ${refused}, change ro="kept"`,
    ]);
    assert.deepEqual(p.b.take(), []);
  });

  it('22: a refused message reaches nobody, not even handlers and listeners', async () => {
    await using p = await pair();
    const heard: string[] = [];
    p.so.addSharedObjectListener({ onSharedObjectSend: () => heard.push('send') });
    p.so.registerSharedObjectSecurity({ isSendAllowed: () => false });
    await p.ask(p.a, send('m'));
    assert.deepEqual([...p.a.take(), ...p.b.take(), ...heard], []);
  });

  it('23: a refused use is told and does not subscribe', async () => {
    await using p = await pair();
    p.so.registerSharedObjectSecurity({ isConnectionAllowed: () => Promise.resolve(false) });
    const c = await p.s.connect();
    await p.ask(c, use);
    assert.deepEqual(c.take(), ['v4 status SharedObject.NoReadAccess error']);
    assert.equal(p.so.subscribers.has(c), false);
  });

  it('24: a dropped connection leaves its objects before roomDisconnect, and hears nothing more', async () => {
    const handler = new RecordingAdapter();
    await using s = await startTestServer({ handler });
    const a = await s.connect('chat/r');
    const b = await s.connect('chat/r');
    await a.ask(s.server, 's', [use]);
    await b.ask(s.server, 's', [use]);
    const room = s.application.getChildScope('r');
    const so = room && s.server.sharedObjects.getSharedObject(room, 's');
    so?.addSharedObjectListener({
      onSharedObjectDisconnect: () => {
        handler.calls.push(`onSharedObjectDisconnect ${Red5.getConnectionLocal() === a}`);
      },
    });
    handler.take();
    a.take();
    await s.server.disconnect(a);
    so?.setAttribute('x', 1);
    assert.deepEqual(handler.take().slice(0, 2), [
      'onSharedObjectDisconnect true',
      'roomDisconnect',
    ]);
    assert.deepEqual(a.take(), []);
  });

  it('25 and 26: an object goes some time after its last user, whoever left first', async () => {
    await using p = await pair();
    await p.ask(p.a, set('x', 1));
    await p.ask(p.a, release);
    await p.s.clock.advance(3_600_000);
    assert.equal(p.so.isClosed, false);
    await p.ask(p.b, release);
    await p.s.clock.advance(4999);
    assert.equal(p.so.isClosed, false);
    await p.s.clock.advance(1);
    assert.equal(p.so.isClosed, true);
    assert.equal(p.s.server.sharedObjects.hasSharedObject(p.s.application, 's'), false);
    p.a.take();
    await p.ask(p.a, use);
    assert.deepEqual(p.a.take(), ['v2 useSuccess, clear']);
  });

  it('25: coming back in time keeps the object', async () => {
    await using p = await pair();
    await p.ask(p.a, set('x', 1), release);
    await p.ask(p.b, release);
    await p.s.clock.advance(4000);
    p.a.take();
    await p.ask(p.a, use);
    await p.s.clock.advance(60_000);
    assert.deepEqual(p.a.take(), ['v6 useSuccess, clear, change x=1']);
    assert.equal(p.so.isClosed, false);
  });

  it('27: an acquired object stays without subscribers, and its room with it, until release', async () => {
    await using s = await startTestServer();
    const a = await s.connect('chat/r');
    const room = s.application.getChildScope('r');
    assert.ok(room !== undefined);
    const so = s.server.sharedObjects.getSharedObject(room, 's', false) as SharedObject;
    so.acquire();
    so.acquire();
    so.setAttribute('x', 1);
    await s.server.disconnect(a);
    await s.clock.advance(3_600_000);
    assert.equal(so.getAttribute('x'), 1);
    assert.equal(s.application.hasChildScope('r'), true);
    so.release();
    assert.equal(so.isAcquired, true);
    so.release();
    assert.equal(so.isAcquired, false);
    assert.equal(so.isClosed, true);
    assert.throws(() => so.release(), { code: 'NOT_ACQUIRED' });
    await s.clock.advance(100);
    assert.equal(s.application.hasChildScope('r'), false);
  });

  it('28: after release and a new life, leaving users do not disturb the others', async () => {
    await using p = await pair();
    await p.ask(p.a, release);
    await p.ask(p.b, release);
    await p.s.clock.advance(5000);
    await p.ask(p.a, use);
    await p.ask(p.b, use);
    const so = p.s.server.sharedObjects.getSharedObject(p.s.application, 's') as SharedObject;
    const heard: string[] = [];
    so.addSharedObjectListener({ onSharedObjectUpdate: (_so, key) => heard.push(key) });
    p.b.take();
    await p.ask(p.a, release);
    await p.s.clock.advance(60_000);
    await p.ask(p.b, set('x', 1));
    assert.deepEqual(p.b.take(), ['v5 success x']);
    assert.deepEqual(heard, ['x']);
  });

  it('29 and 30: a persistent object comes back with its attributes, and a cleared one is empty', async () => {
    const store = new MemoryStore();
    const configure = (application: WebScope): void => {
      application.store = store;
    };
    for (const expected of ['v2 useSuccess', 'v2 useSuccess, change k={"v":1}', 'v2 useSuccess']) {
      await using s = await startTestServer({ configure });
      const a = await s.connect();
      await a.ask(s.server, 's', [use], true);
      assert.deepEqual(a.take(), [expected]);
      const so = s.server.sharedObjects.getSharedObject(s.application, 's') as SharedObject;
      if (expected === 'v2 useSuccess') so.setAttribute('k', { v: 1 });
      else so.clear();
    }
  });

  it('32: handlers are called whatever they take, and the listener hears of each message', async () => {
    await using p = await pair();
    const called: unknown[] = [];
    class Handler {
      static readonly remoteMethods = ['ping', 'any', 'all'];
      ping(...args: unknown[]): void {
        called.push(['ping', args]);
      }
      any(value: unknown): void {
        called.push(['any', value]);
      }
      all(list: readonly unknown[]): void {
        called.push(['all', list]);
      }
      hidden(): void {
        called.push('hidden');
      }
    }
    p.so.registerServiceHandler(new Handler());
    p.so.registerServiceHandler(new Handler(), 'svc');
    const heard: string[] = [];
    p.so.addSharedObjectListener({ onSharedObjectSend: (_so, method) => heard.push(method) });
    await p.ask(
      p.a,
      send('ping'),
      send('any', 1),
      send('all', [1, 2]),
      send('svc.ping'),
      send('hidden'),
    );
    await settle();
    assert.deepEqual(called, [
      ['ping', []],
      ['any', 1],
      ['all', [1, 2]],
      ['ping', []],
    ]);
    assert.deepEqual(heard, ['ping', 'any', 'all', 'svc.ping', 'hidden']);
    assert.equal(p.b.take().length, 1);
  });

  it('33: a correction by a listener reaches the client that wrote', async () => {
    await using p = await pair();
    p.so.addSharedObjectListener({
      onSharedObjectUpdate(so, key, value) {
        if (value === 5) so.setAttribute(key, 4);
      },
    });
    await p.ask(p.a, set('x', 5));
    assert.deepEqual(p.a.take(), ['v4 success x, change x=4']);
    assert.deepEqual(p.b.take(), ['v4 change x=5, change x=4']);
  });

  it('34: objects of application and room are separate', async () => {
    await using s = await startTestServer();
    const a = await s.connect('chat');
    const b = await s.connect('chat/r');
    await a.ask(s.server, 's', [use]);
    await b.ask(s.server, 's', [use, set('x', 1)]);
    a.take();
    await b.ask(s.server, 's', [set('x', 2)]);
    assert.deepEqual(a.take(), []);
  });

  it('35: values keep the marks of their types', async () => {
    await using p = await pair();
    const mark = Symbol.for('red5-node.amfClassName');
    await p.ask(p.a, set('x', { [mark]: 'app.Point', x: 1 }));
    const [event] = p.b.batches[0]?.events ?? [];
    assert.deepEqual(event, { type: 'change', key: 'x', value: { [mark]: 'app.Point', x: 1 } });
  });
});

describe('shared objects, security', () => {
  it('refuses when a handler throws, fails, or says neither yes nor no', async () => {
    await using p = await pair();
    const answers = [
      () => assert.fail('broken'),
      () => Promise.reject(new Error('broken')),
      () => undefined as unknown as boolean,
      () => Promise.resolve(1 as unknown as boolean),
    ];
    for (const isWriteAllowed of answers) {
      const handler: SharedObjectSecurity = { isWriteAllowed };
      p.so.registerSharedObjectSecurity(handler);
      await p.ask(p.a, set('x', 1));
      assert.match(p.a.take()[0] ?? '', /NoWriteAccess/);
      p.so.unregisterSharedObjectSecurity(handler);
    }
    await p.ask(p.a, set('x', 1));
    assert.match(p.a.take()[0] ?? '', /success x/);
  });

  it('knows the client in every handler, and asks no more after a no', async () => {
    await using p = await pair();
    const asked: unknown[] = [];
    const handler = (name: string, answer: boolean): SharedObjectSecurity => ({
      async isSendAllowed() {
        await settle();
        asked.push([name, Red5.getConnectionLocal() === p.a]);
        return answer;
      },
    });
    p.so.registerSharedObjectSecurity(handler('first', true));
    p.so.registerSharedObjectSecurity(handler('second', false));
    p.so.registerSharedObjectSecurity(handler('third', true));
    await p.ask(p.a, send('m'));
    assert.deepEqual(asked, [
      ['first', true],
      ['second', true],
    ]);
  });
});

describe('shared objects, deliveries', () => {
  it('gives all others the same batch object, and the originator its own', async () => {
    await using p = await pair();
    const c = await p.s.connect();
    await p.ask(c, use);
    p.b.take();
    c.take();
    await p.ask(p.a, set('x', 1));
    assert.equal(p.b.batches[0], c.batches[0]);
    assert.notEqual(p.a.batches[0], p.b.batches[0]);
    p.so.setAttribute('y', 1);
    assert.equal(p.a.batches[1], p.b.batches[1]);
    assert.equal(p.b.batches[1], c.batches[1]);
  });

  it('is synchronous when nothing has to be waited for', async () => {
    await using p = await pair();
    assert.equal(p.ask(p.a, set('x', 1)), undefined);
    assert.equal(p.b.batches.length, 1);
  });

  it('is never re-entrant: what a receiver causes comes after what it was told', async () => {
    await using p = await pair();
    p.a.onBatch = (batch) => {
      if (batch.version !== 4) return;
      p.so.setAttribute('server', 1);
      void p.ask(p.b, set('client', 1));
      assert.equal(p.b.batches.length, 0);
    };
    await p.ask(p.a, set('x', 1));
    assert.deepEqual(p.b.take(), ['v4 change x=1', 'v5 change server=1', 'v6 success client']);
    assert.deepEqual(p.a.take(), ['v4 success x', 'v5 change server=1', 'v6 change client=1']);
  });

  it('goes on although a receiver throws', async () => {
    await using p = await pair();
    p.a.onBatch = () => assert.fail('closed');
    p.so.setAttribute('x', 1);
    assert.deepEqual(p.b.take(), ['v4 change x=1']);
    assert.ok(p.s.logger.lines.some((line) => line.includes('could not be sent')));
  });

  it('sends a line said twice as two when the key always notifies', async () => {
    await using p = await pair();
    const heard: unknown[] = [];
    p.so.setAlwaysNotify('message');
    p.so.addSharedObjectListener({ onSharedObjectUpdate: (_so, _key, value) => heard.push(value) });
    await p.ask(p.a, set('message', 'hi'));
    await p.ask(p.a, set('message', 'hi'));
    assert.equal(p.so.setAttribute('message', 'hi'), true);
    assert.deepEqual(p.b.take(), [
      'v4 change message="hi"',
      'v5 change message="hi"',
      'v6 change message="hi"',
    ]);
    assert.deepEqual(heard, ['hi', 'hi', 'hi']);
  });

  it('lets messages of clients wait for an open update of server code', async () => {
    await using p = await pair();
    p.so.beginUpdate();
    p.so.setAttribute('x', 1);
    const asked = p.ask(p.a, set('x', 2));
    p.so.setAttribute('y', 1);
    p.so.endUpdate();
    await asked;
    assert.deepEqual(p.b.take(), ['v4 change x=1, change y=1', 'v5 change x=2']);
    assert.equal(p.so.getAttribute('x'), 2);
  });

  it('goes through ten thousand messages that waited, in order', async () => {
    await using p = await pair();
    p.so.beginUpdate();
    const asked: unknown[] = [];
    for (let i = 0; i < 10_000; i += 1) asked.push(p.ask(p.a, set('x', i)));
    p.so.endUpdate();
    await Promise.all(asked);
    const values = p.b.batches.map((batch) => batch.events[0]);
    assert.equal(values.length, 10_000);
    assert.deepEqual(values.at(-1), { type: 'change', key: 'x', value: 9999 });
  });

  it('lets an object go that a listener releases when its last subscriber leaves', async () => {
    await using p = await pair();
    p.so.acquire();
    p.so.addSharedObjectListener({
      onSharedObjectDisconnect(so) {
        if (so.subscribers.size === 0) so.release();
      },
    });
    await p.ask(p.a, release);
    await p.ask(p.b, release, use);
    assert.equal(p.so.isClosed, false);
    p.so.acquire();
    await p.ask(p.b, release);
    assert.equal(p.so.isClosed, true);
  });

  it('ends an update that server code forgot to end', async () => {
    await using p = await pair();
    p.so.beginUpdate();
    p.so.beginUpdate();
    p.so.setAttribute('x', 1);
    void p.ask(p.a, set('x', 2));
    await p.s.clock.advance(5000);
    assert.deepEqual(p.b.take(), ['v4 change x=1', 'v5 change x=2']);
    assert.ok(p.s.logger.lines.includes('warn: an update of a shared object was not ended'));
  });
});

describe('shared objects, listeners', () => {
  it('calls each of the eight callbacks for what it stands for', async () => {
    await using p = await pair();
    const heard: unknown[] = [];
    const here = (): string => Red5.getConnectionLocal()?.sessionID ?? 'server';
    const listener: SharedObjectListener = {
      onSharedObjectConnect: () => heard.push(['connect', here()]),
      onSharedObjectDisconnect: () => heard.push(['disconnect', here()]),
      onSharedObjectUpdate: (_so, key, value) => heard.push(['update', key, value, here()]),
      onSharedObjectUpdateAttributes: (_so, attributes) =>
        heard.push(['attributes', [...attributes], here()]),
      onSharedObjectUpdateStore: (_so, store) =>
        heard.push(['store', [...store.attributes], here()]),
      onSharedObjectDelete: (_so, key) => heard.push(['delete', key, here()]),
      onSharedObjectClear: () => heard.push(['clear', here()]),
      onSharedObjectSend: (_so, method, args) => heard.push(['send', method, args, here()]),
    };
    p.so.addSharedObjectListener(listener);
    const c = await p.s.connect();
    c.setAttribute('q', 1);
    await p.ask(
      c,
      use,
      set('x', 1),
      set('x', 1),
      send('m', 1),
      remove('x'),
      set('y', 1),
      set('y', null),
      release,
    );
    p.so.setAttributes({ a: 1, b: 2 });
    p.so.setAttributes(c);
    p.so.setDirty('a');
    p.so.clear();
    const id = c.sessionID;
    assert.deepEqual(heard, [
      ['connect', id],
      ['update', 'x', 1, id],
      ['send', 'm', [1], id],
      ['delete', 'x', id],
      ['update', 'y', 1, id],
      ['delete', 'y', id],
      ['disconnect', id],
      [
        'attributes',
        [
          ['a', 1],
          ['b', 2],
        ],
        'server',
      ],
      ['store', [['q', 1]], 'server'],
      ['update', 'a', 1, 'server'],
      ['clear', 'server'],
    ]);
  });

  it('hurts nobody when a callback throws or its promise fails', async () => {
    await using p = await pair();
    const heard: string[] = [];
    p.so.addSharedObjectListener({
      onSharedObjectUpdate: () => {
        throw new Error('first');
      },
    });
    p.so.addSharedObjectListener({
      onSharedObjectUpdate: () => Promise.reject(new Error('second')),
    });
    p.so.addSharedObjectListener({ onSharedObjectUpdate: (_so, key) => heard.push(key) });
    await p.ask(p.a, set('x', 1));
    await settle();
    assert.deepEqual(p.b.take(), ['v4 change x=1']);
    assert.deepEqual(heard, ['x']);
    assert.equal(p.s.logger.lines.filter((line) => line.startsWith('error')).length, 2);
  });

  it('knows the connection after an await in a callback', async () => {
    await using p = await pair();
    const heard: unknown[] = [];
    p.so.addSharedObjectListener({
      onSharedObjectUpdate: async () => {
        await settle();
        heard.push(Red5.getConnectionLocal()?.sessionID);
      },
    });
    await p.ask(p.a, set('x', 1));
    await p.ask(p.b, set('x', 2));
    await settle();
    await settle();
    assert.deepEqual(heard, [p.a.sessionID, p.b.sessionID]);
  });
});

describe('shared objects, server code', () => {
  it('sets if the version is as expected', async () => {
    await using p = await pair();
    assert.equal(p.so.getAttributeVersion('x'), 0);
    assert.equal(p.so.setAttributeIf('x', 0, 1), true);
    const version = p.so.getAttributeVersion('x');
    assert.equal(version, 4);
    assert.equal(p.so.setAttributeIf('x', 0, 2), false);
    await p.ask(p.a, set('other', 1));
    assert.equal(p.so.setAttributeIf('x', version, 2), true);
    assert.equal(p.so.setAttributeIf('x', version, 3), false);
    assert.equal(p.so.getAttribute('x'), 2);
    assert.equal(p.so.setAttributeIf('x', p.so.getAttributeVersion('x'), null), true);
    assert.equal(p.so.getAttributeVersion('x'), 0);
  });

  it('removes an attribute when its time is over, unless it was set again', async () => {
    await using p = await pair();
    p.so.setAttribute('typing', 'a', { ttlMs: 1000 });
    p.so.setAttribute('kept', 1, { ttlMs: 1000 });
    await p.s.clock.advance(900);
    p.so.setAttribute('typing', 'a', { ttlMs: 1000 });
    p.so.setAttribute('kept', 1);
    p.b.take();
    await p.s.clock.advance(999);
    assert.deepEqual(p.b.take(), []);
    await p.s.clock.advance(1);
    assert.equal(p.b.take().length, 1);
    assert.deepEqual(p.so.getAttributeNames(), ['kept']);
    await p.s.clock.advance(10_000);
    assert.equal(p.so.hasAttribute('kept'), true);
  });

  it('stores and sends a default that is asked for', async () => {
    await using p = await pair();
    assert.equal(p.so.getAttribute('x'), undefined);
    assert.equal(p.so.getAttribute('x', 5), 5);
    assert.equal(p.so.getAttribute('x', 6), 5);
    assert.deepEqual(p.b.take(), ['v4 change x=5']);
  });

  it('closes: subscribers see everything removed, and it cannot be changed any more', async () => {
    await using p = await pair();
    p.so.setAttributes({ x: 1, y: 2 });
    p.b.take();
    p.so.close();
    p.so.close();
    assert.deepEqual(p.b.take(), ['v5 remove x, remove y']);
    assert.equal(p.s.server.sharedObjects.hasSharedObject(p.s.application, 's'), false);
    assert.throws(() => p.so.setAttribute('x', 1), { code: 'SHARED_OBJECT_CLOSED' });
    assert.throws(() => p.so.acquire(), { code: 'SHARED_OBJECT_CLOSED' });
    assert.equal(p.so.getAttribute('x'), undefined);
  });

  it('closes inside a callback after the message that caused it', async () => {
    await using p = await pair();
    p.so.addSharedObjectListener({ onSharedObjectUpdate: (so) => so.close() });
    await p.ask(p.a, set('x', 1));
    assert.deepEqual(p.a.take(), ['v4 success x, remove x']);
    assert.deepEqual(p.b.take(), ['v4 change x=1, remove x']);
    assert.equal(p.so.isClosed, true);
  });

  it('refuses what cannot be stored', async () => {
    await using p = await pair();
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const value of [() => {}, Symbol('s'), cycle, { deep: { f: () => {} } }]) {
      assert.throws(() => p.so.setAttribute('x', value), { code: 'VALUE_NOT_STORABLE' });
    }
    assert.throws(() => p.so.setAttribute('', 1), { code: 'NAME_NOT_ALLOWED' });
    assert.equal(p.so.getAttributeNames().length, 0);
    assert.deepEqual(
      p.b.take().filter((line) => line.includes('change')),
      [],
    );
  });
});

describe('shared objects, limits', () => {
  it('refuses keys, values and messages beyond the quota by name, and corrects the client', async () => {
    await using p = await pair();
    Object.assign(p.s.server.sharedObjectLimits, {
      maxKeys: 2,
      maxKeyLength: 5,
      maxValueBytes: 100,
      maxObjectBytes: 150,
    });
    await p.ask(p.a, set('x', 'kept'), set('long-key', 1), set('y', 'v'.repeat(200)));
    await p.ask(p.a, set('y', 1), set('z', 1), send('m', 'v'.repeat(200)));
    const full = 'status SharedObject.QuotaExceeded error';
    assert.deepEqual(p.a.take(), [
      `v4 success x, ${full}, remove long-key, ${full}, remove y`,
      `v5 success y, ${full}, remove z, ${full}`,
    ]);
    await p.ask(p.a, set('x', 'v'.repeat(80)));
    await p.ask(p.a, set('y', 'v'.repeat(80)));
    assert.deepEqual(p.a.take(), ['v6 success x', `v7 ${full}, change y=1`]);
    assert.throws(() => p.so.setAttribute('z', 1), { code: 'LIMIT_REACHED' });
  });

  it('31: refuses names that are empty, too long or half characters', async () => {
    await using s = await startTestServer();
    const a = await s.connect();
    const cases: [string, string][] = [
      ['', 'ObjectCreationFailed'],
      ['\ud800', 'ObjectCreationFailed'],
      ['n'.repeat(257), 'QuotaExceeded'],
    ];
    for (const [name, code] of cases) {
      await a.ask(s.server, name, [use]);
      assert.deepEqual(a.take(), [`v0 status SharedObject.${code} error`]);
    }
    for (const name of ['../../evil', 'a/b', 'nul\0', '..']) {
      await a.ask(s.server, name, [use]);
      assert.deepEqual(a.take(), ['v2 useSuccess, clear']);
    }
  });

  it('refuses more objects than a scope may have', async () => {
    await using s = await startTestServer();
    s.server.sharedObjectLimits.maxObjectsPerScope = 2;
    const a = await s.connect();
    for (const name of ['a', 'b', 'c']) await a.ask(s.server, name, [use]);
    assert.equal(a.take()[2], 'v0 status SharedObject.QuotaExceeded error');
    assert.equal(s.server.sharedObjects.createSharedObject(s.application, 'c'), false);
    assert.equal(s.server.sharedObjects.createSharedObject(s.application, 'a'), true);
  });

  it('bounds the messages that wait for a slow security handler', async () => {
    await using p = await pair();
    p.s.server.sharedObjectLimits.maxWaitingMessages = 3;
    let open = (_yes: boolean): void => {};
    const slow = new Promise<boolean>((resolve) => {
      open = resolve;
    });
    p.so.registerSharedObjectSecurity({ isWriteAllowed: () => slow });
    const asked = Array.from({ length: 5 }, (_, i) => p.ask(p.a, set(`k${i}`, i)));
    assert.deepEqual(p.a.take(), ['v3 status SharedObject.QuotaExceeded error']);
    open(true);
    await Promise.all(asked);
    assert.deepEqual(p.a.take(), [
      'v4 success k0',
      'v5 success k1',
      'v6 success k2',
      'v7 success k3',
    ]);
  });
});

describe('shared objects, creation', () => {
  it('asks the application, and keeps the order of messages while it is asked', async () => {
    const handler = new RecordingAdapter();
    await using s = await startTestServer({ handler });
    handler.registerSharedObjectSecurity({
      isCreationAllowed: async (_scope, name) => {
        await settle();
        return name !== 'forbidden';
      },
    });
    const a = await s.connect();
    const b = await s.connect();
    const asked = [
      a.ask(s.server, 's', [use]),
      a.ask(s.server, 's', [set('x', 1)]),
      b.ask(s.server, 's', [use]),
      b.ask(s.server, 's', [set('x', 2)]),
      a.ask(s.server, 'forbidden', [use]),
    ];
    await Promise.all(asked);
    assert.deepEqual(
      a.take().sort(),
      [
        'v0 status SharedObject.ObjectCreationFailed error',
        'v2 useSuccess, clear',
        'v3 success x',
        'v5 change x=2',
      ].sort(),
    );
    assert.deepEqual(b.take(), ['v4 useSuccess, clear, change x=1', 'v5 success x']);
  });

  it('refuses before connect, in a room that goes, and when addChildScope says no', async () => {
    const handler = new RecordingAdapter();
    await using s = await startTestServer({ handler });
    const a = await s.connect('chat/r');
    await s.server.disconnect(a);
    await a.ask(s.server, 's', [use]);
    assert.deepEqual(a.take(), ['v0 status SharedObject.ObjectCreationFailed error']);
    const b = await s.connect();
    Object.assign(handler, { addChildScope: () => false });
    await b.ask(s.server, 's', [use]);
    assert.deepEqual(b.take(), ['v0 status SharedObject.ObjectCreationFailed error']);
  });
});

describe('shared objects, a slow store', () => {
  /** A store whose writes end when the test says so. */
  class SlowStore extends MemoryStore {
    readonly writes: { end: () => void; fail: (error: Error) => void }[] = [];

    override write(collection: string, changes: ReadonlyMap<string, unknown>): Promise<void> {
      return new Promise<void>((resolve, reject) => {
        this.writes.push({
          end: () => {
            super.write(collection, changes);
            resolve();
          },
          fail: reject,
        });
      });
    }
  }

  it('acknowledges a change to nobody before it is stored, and keeps the order', async () => {
    const store = new SlowStore();
    await using s = await startTestServer({
      configure: (application) => {
        application.store = store;
      },
    });
    const a = await s.connect();
    const b = await s.connect();
    await a.ask(s.server, 's', [use], true);
    await b.ask(s.server, 's', [use], true);
    a.take();
    b.take();
    void a.ask(s.server, 's', [set('x', 1)], true);
    void a.ask(s.server, 's', [send('m')], true);
    void b.ask(s.server, 's', [set('y', 1)], true);
    await settle();
    assert.deepEqual([...a.take(), ...b.take()], []);
    store.writes[1]?.end();
    await settle();
    assert.deepEqual([...a.take(), ...b.take()], []);
    store.writes[0]?.end();
    await settle();
    assert.deepEqual(a.take(), ['v4 success x', 'v5 send m[]', 'v6 change y=1']);
    assert.deepEqual(b.take(), ['v4 change x=1', 'v5 send m[]', 'v6 success y']);
  });

  it('tells the originator when the store failed', async () => {
    const store = new SlowStore();
    await using s = await startTestServer({
      configure: (application) => {
        application.store = store;
      },
    });
    const a = await s.connect();
    await a.ask(s.server, 's', [use], true);
    a.take();
    void a.ask(s.server, 's', [set('x', 1)], true);
    store.writes[0]?.fail(new Error('disk full'));
    await settle();
    assert.deepEqual(a.take(), ['v3 status SharedObject.NotStored error']);
  });

  it('lets clients wait until the attributes are loaded, and keeps what server code set meanwhile', async () => {
    const store = new MemoryStore();
    store.write(
      'so:/chat\ns',
      new Map<string, unknown>([
        ['k', 1],
        ['x', 1],
        ['y', 1],
      ]),
    );
    let open = (): void => {};
    const read = store.read.bind(store);
    Object.assign(store, {
      read: (collection: string) =>
        new Promise((resolve) => {
          open = () => resolve(read(collection));
        }),
    });
    await using s = await startTestServer({
      configure: (application) => {
        application.store = store;
      },
    });
    const a = await s.connect();
    const asked = a.ask(s.server, 's', [use], true);
    const so = s.server.sharedObjects.getSharedObject(s.application, 's') as SharedObject;
    so.setAttribute('x', 2);
    so.removeAttribute('y');
    assert.deepEqual(a.take(), []);
    open();
    await asked;
    assert.deepEqual(a.take(), ['v4 useSuccess, change x=2, change k=1']);
  });

  it('does not give an object out whose attributes cannot be loaded', async () => {
    const store = new MemoryStore();
    Object.assign(store, { read: () => Promise.reject(new Error('gone')) });
    await using s = await startTestServer({
      configure: (application) => {
        application.store = store;
      },
    });
    const a = await s.connect();
    await a.ask(s.server, 's', [use], true);
    assert.deepEqual(a.take(), ['v1 status SharedObject.ObjectCreationFailed error']);
    assert.equal(s.server.sharedObjects.hasSharedObject(s.application, 's'), false);
  });
});
