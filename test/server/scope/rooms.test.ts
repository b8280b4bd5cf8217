import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Scope, type ScopeHandler, ScopeUtils, Server } from '../../../src/server/index.ts';
import { settle } from '../support/ManualClock.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { makeApplication, RecordingAdapter, startTestServer } from '../support/testServer.ts';

describe('rooms', () => {
  it('vanish a short time after the last client', async () => {
    await using s = await startTestServer();
    const connection = await s.connect('chat/r');
    await s.server.disconnect(connection);
    await s.clock.advance(99);
    assert.equal(s.application.hasChildScope('r'), true);
    await s.clock.advance(1);
    assert.equal(s.application.hasChildScope('r'), false);
    assert.equal(s.clock.pending, 0);
  });

  it('stay the same room for who comes back within keepDelayMs', async () => {
    const handler = new RecordingAdapter();
    await using s = await startTestServer({ handler });
    const connection = await s.connect('chat/r');
    const room = s.application.getChildScope('r') as Scope;
    room.keepDelayMs = 10_000;
    await s.server.disconnect(connection);
    await s.clock.advance(5000);
    const again = await s.connect('chat/r');
    await s.clock.advance(60_000);
    assert.equal(s.application.getChildScope('r'), room);
    assert.equal(handler.take().filter((call) => call.startsWith('roomSt')).length, 1);
    await s.server.disconnect(again);
    await s.clock.advance(10_000);
    assert.equal(room.state, 'gone');
  });

  it('made by API vanish when nobody used them in time', async () => {
    await using s = await startTestServer();
    assert.equal(s.application.createChildScope('a/b/c'), true);
    assert.equal(s.application.createChildScope('a/b/c'), false);
    await s.clock.advance(29_999);
    assert.ok(ScopeUtils.resolveScope(s.application, 'a/b/c') !== undefined);
    await s.clock.advance(1);
    assert.equal(ScopeUtils.resolveScope(s.application, 'a/b/c'), undefined);
    await s.clock.advance(200);
    assert.equal(s.application.children.size, 0);
    assert.equal(s.application.roomCount, 0);
  });

  it('are held by hold, keepAlive and rooms below', async () => {
    await using s = await startTestServer();
    s.application.createChildScope('a/b');
    const b = ScopeUtils.resolveScope(s.application, 'a/b') as Scope;
    const letGo = b.hold();
    const letGoToo = b.hold();
    letGo();
    letGo();
    await s.clock.advance(60_000);
    assert.equal(b.state, 'open');
    b.keepAlive = true;
    letGoToo();
    await s.clock.advance(60_000);
    assert.equal(b.state, 'open');
    b.keepAlive = false;
    await s.clock.advance(100);
    assert.equal(b.state, 'gone');
    assert.equal(s.application.hasChildScope('a'), true);
    await s.clock.advance(100);
    assert.equal(s.application.hasChildScope('a'), false);
  });

  it('of a name that is still stopping start after it has stopped', async () => {
    const order: string[] = [];
    let stopped = (): void => {};
    const handler: ScopeHandler = {
      start: (scope) => {
        if (scope.type === 'ROOM') order.push('start');
        return true;
      },
      stop: (scope) => {
        if (scope.type !== 'ROOM') return undefined;
        order.push('stopping');
        return new Promise<void>((resolve) => {
          stopped = () => {
            order.push('stopped');
            resolve();
          };
        });
      },
    };
    const s = await startTestServer({ handler });
    await s.server.disconnect(await s.connect('chat/r'));
    await s.clock.advance(100);
    assert.equal(s.application.getChildScope('r'), undefined);
    const connecting = s.connect('chat/r');
    await settle();
    assert.deepEqual(order, ['start', 'stopping']);
    assert.equal(s.application.getChildScope('r')?.state, 'creating');
    stopped();
    await connecting;
    assert.deepEqual(order, ['start', 'stopping', 'stopped', 'start']);
    const stopping = s.application.stop();
    await settle();
    stopped();
    await stopping;
  });

  it('removed by API close their connections with all callbacks', async () => {
    const handler = new RecordingAdapter();
    await using s = await startTestServer({ handler });
    const connection = await s.connect('chat/r/sub');
    handler.take();
    assert.equal(await s.application.removeChildScope('r'), true);
    assert.equal(await s.application.removeChildScope('r'), false);
    assert.deepEqual(handler.take(), [
      'roomDisconnect',
      'roomLeave /chat/r/sub',
      'roomDisconnect',
      'roomLeave /chat/r',
      'appDisconnect',
      'appLeave /chat',
      'roomStop /chat/r/sub',
      'roomStop /chat/r',
    ]);
    assert.equal(connection.closings.length, 1);
  });

  it('whose start is asynchronous are there at once and go again when refused', async () => {
    const handler: ScopeHandler = { start: async (scope) => scope.name !== 'no' };
    await using s = await startTestServer({ handler });
    assert.equal(s.application.createChildScope('no'), true);
    const room = s.application.getChildScope('no') as Scope;
    assert.equal(room.state, 'creating');
    assert.equal(await room.whenReady(), false);
    assert.equal(room.state, 'gone');
    assert.equal(s.application.hasChildScope('no'), false);
    s.application.createChildScope('yes/below');
    const below = ScopeUtils.resolveScope(s.application, 'yes/below') as Scope;
    assert.equal(await below.whenReady(), true);
    assert.equal(below.state, 'open');
  });

  it('below a room that refuses to start do not start either', async () => {
    const started: string[] = [];
    const handler: ScopeHandler = {
      start: async (scope) => {
        started.push(scope.fullPath);
        return scope.name !== 'no';
      },
    };
    await using s = await startTestServer({ handler });
    const result = await s.server.connect(new TestConnection('chat/no/below'));
    assert.equal(result.accepted, false);
    assert.deepEqual(started, ['/chat', '/chat/no']);
    assert.equal(s.application.children.size, 0);
    assert.equal(s.application.roomCount, 0);
  });

  it('have names and numbers within limits', async () => {
    await using s = await startTestServer({
      configure: (application) => {
        Object.assign(application, { maxRooms: 3, maxRoomDepth: 2, maxNameLength: 10 });
      },
    });
    const bad = [
      '',
      '.',
      '..',
      ' a',
      'a ',
      'a\\b',
      'a?b',
      'a#b',
      'a*',
      '"',
      '<a>',
      'a\0',
      '\u202ea',
      'a\ud800',
    ];
    for (const name of [...bad, '12345678901']) {
      assert.equal(s.application.createChildScope(name), false, JSON.stringify(name));
    }
    assert.equal(s.application.createChildScope('a/b/c'), false);
    assert.equal(s.application.createChildScope('räume-1.é'), true);
    assert.equal(s.application.createChildScope('more'), false);
    assert.equal(s.application.roomCount, 3);
  });

  it('are refused by addChildScope', async () => {
    await using s = await startTestServer({
      handler: { addChildScope: (_scope, name) => name !== 'no' },
    });
    assert.equal(s.application.createChildScope('no'), false);
    assert.equal((await s.server.connect(new TestConnection('chat/no'))).accepted, false);
    assert.equal(s.application.createChildScope('yes'), true);
  });

  it('have the path, depth, handler and context of their place', async () => {
    await using s = await startTestServer();
    await s.connect('chat/a/b');
    const b = ScopeUtils.resolveScope(s.server.globalScope, '/chat/a/b') as Scope;
    assert.deepEqual([b.name, b.path, b.fullPath, b.depth], ['b', '/chat/a', '/chat/a/b', 3]);
    assert.equal(b.handler, s.application.handler);
    assert.equal(b.application, s.application);
    assert.deepEqual([s.application.path, s.application.fullPath], ['/', '/chat']);
  });

  it('count connections of rooms below, and keep exact statistics', async () => {
    await using s = await startTestServer();
    const a = await s.connect('chat/r');
    const b = await s.connect('chat/r/sub');
    await s.connect('chat');
    await s.server.disconnect(a);
    assert.equal(s.application.connections.size, 2);
    assert.equal(s.application.getChildScope('r')?.clients.has(b.client as never), true);
    const { statistics } = s.application;
    assert.deepEqual(
      [statistics.activeConnections, statistics.maxConnections, statistics.totalConnections],
      [2, 3, 3],
    );
    assert.deepEqual([statistics.activeSubscopes, statistics.totalSubscopes], [1, 1]);
  });

  it('are told to scope listeners when they come and go', async () => {
    await using s = await startTestServer();
    const heard: string[] = [];
    const listener = {
      scopeCreated: (scope: Scope) => heard.push(`+${scope.fullPath}`),
      scopeRemoved: (scope: Scope) => heard.push(`-${scope.fullPath}`),
    };
    s.server.addScopeListener(listener);
    await s.server.disconnect(await s.connect('chat/a/b'));
    await s.clock.advance(200);
    s.server.removeScopeListener(listener);
    s.application.createChildScope('quiet');
    assert.deepEqual(heard, ['+/chat/a', '+/chat/a/b', '-/chat/a/b', '-/chat/a']);
  });

  it('and shared objects of the same name do not get in each other’s way', async () => {
    await using s = await startTestServer();
    s.server.sharedObjects.createSharedObject(s.application, 'x');
    await s.connect('chat/x');
    assert.equal(s.application.hasChildScope('x'), true);
  });
});

describe('addresses', () => {
  it('lead to the application with the longest context path, the host itself before any', async () => {
    const server = new Server();
    const start = async (contextPath: string, virtualHosts: string): Promise<void> => {
      const application = makeApplication(server, contextPath);
      application.virtualHosts = virtualHosts;
      await application.start();
    };
    await start('/chat', 'Example.org, localhost');
    await start('/chat/deep', '*');
    await start('/', '*');
    const at = (host: string, path: string): string => {
      const address = server.resolve(host, path);
      return address === undefined
        ? 'none'
        : `${address.application.name}: ${address.rooms.join('|')}`;
    };
    assert.equal(at('localhost', 'chat'), 'chat: ');
    assert.equal(at('EXAMPLE.ORG', '/chat//room/?q=1'), 'chat: room');
    assert.equal(at('localhost', 'chat/deep/r'), 'chat/deep: r');
    assert.equal(at('elsewhere', 'chat/room'), 'root: chat|room');
    assert.equal(at('elsewhere', ''), 'root: ');
    assert.equal(at('localhost', 'chat/..'), 'none');
    assert.equal(at('localhost', `chat${'/a'.repeat(9)}`), 'none');
    for (const application of server.applications) await application.stop();
    assert.equal(at('localhost', 'chat'), 'none');
  });

  it('of the root webapp reach its rooms by connecting and by path', async () => {
    await using s = await startTestServer({ contextPath: '/' });
    await s.connect('lobby');
    const lobby = ScopeUtils.resolveScope(s.application, '/lobby');
    assert.equal(lobby?.fullPath, '/lobby');
    assert.equal(lobby?.parent, s.application);
  });
});

describe('ScopeUtils', () => {
  it('resolves relative, absolute and upward paths, and never makes a room', async () => {
    await using s = await startTestServer();
    s.application.createChildScope('a/b');
    const app = s.application;
    const a = app.getChildScope('a') as Scope;
    const b = a.getChildScope('b') as Scope;
    const cases: [Scope, string, Scope | undefined][] = [
      [app, 'a', a],
      [app, 'a/b', b],
      [app, 'a/b/', b],
      [app, 'a//b', b],
      [app, '.', app],
      [app, '', app],
      [b, '..', a],
      [b, '../..', app],
      [b, '../../../..', undefined],
      [b, '/chat/a', a],
      [b, '/chat', app],
      [b, '/', s.server.globalScope],
      [b, '/a', undefined],
      [app, 'nope', undefined],
      [b, '../nope', undefined],
    ];
    for (const [from, path, expected] of cases) {
      assert.equal(ScopeUtils.resolveScope(from, path), expected, `${from.fullPath} + ${path}`);
    }
    assert.equal(app.children.size, 1);
    assert.equal(ScopeUtils.findRoot(b), s.server.globalScope);
    assert.equal(ScopeUtils.findApplication(b), app);
    assert.equal(ScopeUtils.findApplication(s.server.globalScope), undefined);
    assert.equal(ScopeUtils.isAncestor(b, app), true);
    assert.equal(ScopeUtils.isAncestor(app, b), false);
    assert.deepEqual(
      [ScopeUtils.isGlobal(app), ScopeUtils.isApp(app), ScopeUtils.isRoom(b), ScopeUtils.isRoot(b)],
      [false, true, true, false],
    );
  });
});

describe('two servers in one process', () => {
  it('do not see each other', async () => {
    await using one = await startTestServer();
    await using two = await startTestServer();
    await one.connect('chat/r');
    assert.equal(two.application.children.size, 0);
    assert.equal(two.server.connections.size, 0);
    assert.notEqual(one.server.globalScope, two.server.globalScope);
  });
});
