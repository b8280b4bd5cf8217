import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Red5, type ScopeHandler } from '../../../src/server/index.ts';
import { settle } from '../support/ManualClock.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { makeApplication, RecordingAdapter, startTestServer } from '../support/testServer.ts';

/** A promise and the function that resolves it. */
function gate(): { wait: Promise<boolean>; open: (value: boolean) => void } {
  let open = (_value: boolean): void => {};
  const wait = new Promise<boolean>((resolve) => {
    open = resolve;
  });
  return { wait, open };
}

describe('connecting', () => {
  it('calls back in the order of Red5, to the application', async () => {
    const handler = new RecordingAdapter();
    await using s = await startTestServer({ handler });
    assert.deepEqual(handler.take(), ['appStart /chat']);
    const connection = await s.connect('chat');
    assert.deepEqual(handler.take(), ['appConnect', 'appJoin /chat']);
    await s.server.disconnect(connection);
    assert.deepEqual(handler.take(), ['appDisconnect', 'appLeave /chat']);
  });

  it('calls back in the order of Red5, to a room inside a room', async () => {
    const handler = new RecordingAdapter();
    await using s = await startTestServer({ handler });
    handler.take();
    const connection = await s.connect('chat/a/b');
    assert.deepEqual(handler.take(), [
      'roomStart /chat/a',
      'roomStart /chat/a/b',
      'appConnect',
      'appJoin /chat',
      'roomConnect',
      'roomJoin /chat/a',
      'roomConnect',
      'roomJoin /chat/a/b',
    ]);
    await s.server.disconnect(connection);
    assert.deepEqual(handler.take(), [
      'roomDisconnect',
      'roomLeave /chat/a/b',
      'roomDisconnect',
      'roomLeave /chat/a',
      'appDisconnect',
      'appLeave /chat',
    ]);
    await s.clock.advance(100);
    await s.clock.advance(100);
    assert.deepEqual(handler.take(), ['roomStop /chat/a/b', 'roomStop /chat/a']);
  });

  it('makes a room once for two that come at the same time', async () => {
    const handler = new RecordingAdapter();
    const start = gate();
    handler.answers = { roomStart: () => start.wait };
    await using s = await startTestServer({ handler });
    handler.take();
    const both = Promise.all([s.connect('chat/r'), s.connect('chat/r')]);
    await settle();
    assert.deepEqual(handler.take(), ['roomStart /chat/r']);
    start.open(true);
    await both;
    assert.equal(s.application.getChildScope('r')?.connections.size, 2);
  });

  it('sets client, scope and attributes for the callbacks', async () => {
    const seen: unknown[] = [];
    const handler: ScopeHandler = {
      connect(connection, scope, params) {
        seen.push(connection.scope?.fullPath, scope.fullPath, params, connection.isConnected);
        return true;
      },
    };
    await using s = await startTestServer({ handler });
    const connection = await s.connect('chat/r', 'user', 5);
    assert.deepEqual(seen, [
      ...['/chat/r', '/chat', ['user', 5], true],
      ...['/chat/r', '/chat/r', ['user', 5], true],
    ]);
    assert.equal(connection.client?.idString, 'user');
    assert.match(connection.sessionID, /^[A-Z0-9]{13}$/);
    assert.match(connection.client?.id ?? '', /^[A-Z0-9]{13}$/);
    assert.deepEqual(
      connection.client?.scopes.map((scope) => scope.fullPath),
      ['/chat/r'],
    );
  });

  it('knows the connection in every callback, also after an await', async () => {
    const seen: unknown[] = [];
    const note = async (what: string): Promise<boolean> => {
      seen.push([what, Red5.getConnectionLocal()?.path]);
      await settle();
      seen.push([what, Red5.getConnectionLocal()?.path]);
      return true;
    };
    const handler: ScopeHandler = {
      connect: () => note('connect'),
      join: () => note('join'),
      disconnect: async () => void (await note('disconnect')),
      leave: async () => void (await note('leave')),
    };
    await using s = await startTestServer({ handler });
    const [a, b] = await Promise.all([s.connect('chat'), s.connect('chat/r')]);
    await Promise.all([s.server.disconnect(a), s.server.disconnect(b)]);
    assert.equal(seen.length, 24);
    assert.equal(seen.filter((entry) => (entry as string[])[1] === 'chat').length, 8);
    assert.equal(seen.filter((entry) => (entry as string[])[1] === 'chat/r').length, 16);
    assert.equal(Red5.getConnectionLocal(), undefined);
  });
});

describe('refusing', () => {
  const cases = [
    { step: 'appConnect', calls: ['roomStart /chat/r', 'appConnect', 'roomStop /chat/r'] },
    {
      step: 'appJoin',
      calls: [
        ...['roomStart /chat/r', 'appConnect', 'appJoin /chat', 'appDisconnect'],
        'roomStop /chat/r',
      ],
    },
    {
      step: 'roomConnect',
      calls: [
        ...['roomStart /chat/r', 'appConnect', 'appJoin /chat', 'roomConnect'],
        ...['appDisconnect', 'appLeave /chat', 'roomStop /chat/r'],
      ],
    },
    {
      step: 'roomJoin',
      calls: [
        ...['roomStart /chat/r', 'appConnect', 'appJoin /chat', 'roomConnect', 'roomJoin /chat/r'],
        ...['roomDisconnect', 'appDisconnect', 'appLeave /chat', 'roomStop /chat/r'],
      ],
    },
    { step: 'roomStart', calls: ['roomStart /chat/r'] },
  ];
  for (const { step, calls } of cases) {
    it(`undoes everything when ${step} says no`, async () => {
      const handler = new RecordingAdapter();
      handler.answers = { [step]: () => false };
      await using s = await startTestServer({ handler });
      handler.take();
      const connection = new TestConnection('chat/r');
      const result = await s.server.connect(connection);
      assert.equal(result.accepted, false);
      assert.equal(!result.accepted && result.code, 'NetConnection.Connect.Rejected');
      assert.deepEqual(handler.take(), calls);
      assert.equal(s.application.hasChildScope('r'), false);
      assert.equal(s.application.connections.size, 0);
      assert.equal(s.server.connections.size, 0);
      assert.equal(s.server.clients.clients.size, 0);
      assert.equal(connection.isConnected, false);
      assert.equal(s.application.roomCount, 0);
    });

    it(`undoes everything when ${step} throws after a while`, async () => {
      const handler = new RecordingAdapter();
      handler.answers = {
        [step]: async () => {
          await settle();
          throw new Error('out of order');
        },
      };
      await using s = await startTestServer({ handler });
      handler.take();
      const result = await s.server.connect(new TestConnection('chat/r'));
      const code = step === 'roomStart' ? 'Rejected' : 'Failed';
      assert.equal(!result.accepted && result.code, `NetConnection.Connect.${code}`);
      assert.deepEqual(handler.take(), calls);
      assert.equal(s.application.hasChildScope('r'), false);
      assert.ok(s.logger.lines.some((line) => line.includes('out of order')));
    });
  }

  it('keeps a room that somebody else entered meanwhile', async () => {
    const handler = new RecordingAdapter();
    const first = gate();
    let asked = 0;
    handler.answers = {
      roomConnect: () => {
        asked += 1;
        return asked === 1 ? first.wait : true;
      },
    };
    await using s = await startTestServer({ handler });
    const refused = s.server.connect(new TestConnection('chat/r'));
    await settle();
    await s.connect('chat/r');
    first.open(false);
    assert.equal((await refused).accepted, false);
    assert.equal(s.application.getChildScope('r')?.connections.size, 1);
    assert.equal(handler.take().includes('roomStop /chat/r'), false);
  });

  it('gives the reason of rejectClient', async () => {
    const handler = new RecordingAdapter();
    handler.answers = { appConnect: () => handler.rejectClient('full') };
    await using s = await startTestServer({ handler });
    assert.deepEqual(await s.server.connect(new TestConnection('chat')), {
      accepted: false,
      code: 'NetConnection.Connect.Rejected',
      description: 'full',
      application: 'full',
    });
    handler.answers = { appJoin: () => handler.rejectClient({ retry: 5 }) };
    assert.deepEqual(await s.server.connect(new TestConnection('chat')), {
      accepted: false,
      code: 'NetConnection.Connect.Rejected',
      description: 'Client rejected',
      application: { retry: 5 },
    });
    handler.answers = { appJoin: () => false };
    assert.deepEqual(await s.server.connect(new TestConnection('chat')), {
      accepted: false,
      code: 'NetConnection.Connect.Rejected',
      description: '',
    });
  });

  it('asks security handlers before any callback and before rooms are made', async () => {
    const handler = new RecordingAdapter();
    const asked: string[] = [];
    await using s = await startTestServer({ handler });
    s.application.securityHandlers = [
      {
        allowed: async (connection, scope) => {
          asked.push(scope.fullPath);
          return connection.path !== 'chat/secret';
        },
      },
    ];
    handler.take();
    const result = await s.server.connect(new TestConnection('chat/secret'));
    assert.equal(!result.accepted && result.description, "Connection to 'chat/secret' denied.");
    assert.deepEqual(handler.take(), []);
    await s.connect('chat/open');
    assert.deepEqual(asked, ['/chat', '/chat']);
  });

  it('answers InvalidApp for an unknown application and for names that break the grammar', async () => {
    await using s = await startTestServer();
    for (const path of ['', 'other', 'other/room', 'chat/..', `chat/${'x'.repeat(129)}`]) {
      const result = await s.server.connect(new TestConnection(path));
      assert.equal(!result.accepted && result.code, 'NetConnection.Connect.InvalidApp', path);
    }
    assert.equal(s.application.children.size, 0);
  });

  it('refuses more connections than maxConnections, and rooms that clients may not make', async () => {
    await using s = await startTestServer({
      configure: (application) => {
        application.maxConnections = 2;
        application.clientsMakeRooms = false;
      },
    });
    s.application.createChildScope('lobby');
    await s.connect('chat/lobby');
    assert.equal((await s.server.connect(new TestConnection('chat/new'))).accepted, false);
    await s.connect('chat');
    assert.equal((await s.server.connect(new TestConnection('chat'))).accepted, false);
  });

  it('refuses a connection that is already connected', async () => {
    await using s = await startTestServer();
    const connection = await s.connect('chat');
    assert.equal((await s.server.connect(connection)).accepted, false);
    assert.equal(connection.isConnected, true);
  });
});

describe('a peer that goes away', () => {
  for (const step of ['roomStart', 'appConnect', 'appJoin', 'roomConnect', 'roomJoin']) {
    it(`during ${step} leaves nothing behind`, async () => {
      const handler = new RecordingAdapter();
      const wait = gate();
      handler.answers = { [step]: () => wait.wait };
      await using s = await startTestServer({ handler });
      const connection = new TestConnection('chat/r');
      const connecting = s.server.connect(connection);
      await settle();
      const disconnecting = s.server.disconnect(connection);
      wait.open(true);
      const result = await connecting;
      await disconnecting;
      assert.equal(!result.accepted && result.code, 'NetConnection.Connect.Rejected');
      const calls = handler.take();
      const count = (what: string): number => calls.filter((c) => c.startsWith(what)).length;
      assert.equal(count('appConnect'), count('appDisconnect'));
      assert.equal(count('appJoin'), count('appLeave'));
      assert.equal(count('roomConnect'), count('roomDisconnect'));
      assert.equal(count('roomJoin'), count('roomLeave'));
      assert.equal(s.application.hasChildScope('r'), false);
      assert.equal(s.application.connections.size, 0);
      assert.equal(s.server.connections.size, 0);
    });
  }

  it('gets its disconnect callbacks once, however often disconnect is called', async () => {
    const handler = new RecordingAdapter();
    await using s = await startTestServer({ handler });
    const connection = await s.connect('chat/r');
    handler.take();
    await Promise.all([s.server.disconnect(connection), s.server.disconnect(connection)]);
    await s.server.disconnect(connection);
    assert.deepEqual(handler.take(), [
      'roomDisconnect',
      'roomLeave /chat/r',
      'appDisconnect',
      'appLeave /chat',
    ]);
  });

  it('still has scope and client in the callbacks, and is not connected', async () => {
    const seen: unknown[] = [];
    const handler: ScopeHandler = {
      disconnect(connection, scope) {
        seen.push([
          connection.scope?.fullPath,
          scope.fullPath,
          connection.client?.id !== undefined,
          connection.isConnected,
          scope.connections.has(connection),
        ]);
      },
    };
    await using s = await startTestServer({ handler });
    await s.server.disconnect(await s.connect('chat/r'));
    assert.deepEqual(seen, [
      ['/chat/r', '/chat/r', true, false, true],
      ['/chat/r', '/chat', true, false, true],
    ]);
  });

  it('is taken out although its callbacks throw', async () => {
    const handler: ScopeHandler = {
      disconnect: () => {
        throw new Error('first');
      },
      leave: () => Promise.reject(new Error('second')),
    };
    await using s = await startTestServer({ handler });
    await s.server.disconnect(await s.connect('chat/r'));
    assert.equal(s.application.connections.size, 0);
    assert.equal(s.logger.lines.filter((line) => line.startsWith('error')).length, 4);
  });
});

describe('stopping an application', () => {
  it('refuses, disconnects, stops rooms and calls appStop once, in this order', async () => {
    const handler = new RecordingAdapter();
    await using s = await startTestServer({ handler });
    const a = await s.connect('chat/r');
    s.application.createChildScope('empty');
    handler.take();
    const stopping = s.application.stop();
    const late = await s.server.connect(new TestConnection('chat'));
    assert.equal(!late.accepted && late.code, 'NetConnection.Connect.AppShutdown');
    await stopping;
    await s.application.stop();
    assert.deepEqual(handler.take(), [
      'roomDisconnect',
      'roomLeave /chat/r',
      'appDisconnect',
      'appLeave /chat',
      'roomStop /chat/r',
      'roomStop /chat/empty',
      'appStop /chat',
    ]);
    assert.deepEqual(a.closings, [
      { kind: 'shutdown', description: 'application chat is shutting down' },
    ]);
    const gone = await s.server.connect(new TestConnection('chat'));
    assert.equal(!gone.accepted && gone.code, 'NetConnection.Connect.InvalidApp');
    assert.equal(s.clock.pending, 0);
  });

  it('waits for connects that are under way', async () => {
    const handler = new RecordingAdapter();
    const wait = gate();
    handler.answers = { appConnect: () => wait.wait };
    await using s = await startTestServer({ handler });
    const connecting = s.server.connect(new TestConnection('chat'));
    await settle();
    const stopping = s.application.stop();
    await settle();
    wait.open(true);
    assert.equal((await connecting).accepted, false);
    await stopping;
    assert.deepEqual(handler.take(), [
      'appStart /chat',
      'appConnect',
      'appDisconnect',
      'appStop /chat',
    ]);
  });

  it('ends at the deadline although a callback hangs, and names it', async () => {
    const handler: ScopeHandler = { stop: () => new Promise(() => {}) };
    const s = await startTestServer({ handler });
    const deadline = new AbortController();
    const stopping = s.application.stop(deadline.signal);
    await settle();
    deadline.abort();
    await assert.rejects(stopping, { code: 'STOP_TIMED_OUT', message: /^appStop of "chat"/ });
    assert.equal(s.application.state, 'gone');
  });

  it('cancels the jobs of the application', async () => {
    const handler = new RecordingAdapter();
    await using s = await startTestServer({ handler });
    handler.addScheduledJob(1000, () => {});
    handler.addScheduledCronJob('0 3 * * *', () => {});
    assert.equal(handler.getScheduledJobNames().length, 2);
    await s.application.stop();
    assert.equal(s.clock.pending, 0);
  });
});

describe('starting an application', () => {
  for (const [name, start] of [
    ['returns false', () => false],
    ['returns nothing', () => undefined as unknown as boolean],
    ['throws', () => assert.fail('broken')],
  ] as const) {
    it(`leaves nothing behind when appStart ${name}`, async () => {
      await using s = await startTestServer();
      const application = makeApplication(s.server, '/other', { start });
      await assert.rejects(application.start(), { code: 'APPLICATION_REFUSED_START' });
      assert.equal(s.server.resolve('localhost', 'other'), undefined);
      await application.stop();
      assert.deepEqual(
        s.server.applications.map((scope) => scope.name),
        ['chat'],
      );
    });
  }

  it('refuses a context path that is taken', async () => {
    await using s = await startTestServer();
    await assert.rejects(makeApplication(s.server, '/chat').start(), {
      code: 'CONTEXT_PATH_TAKEN',
    });
  });

  it('refuses clients until appStart said yes', async () => {
    await using s = await startTestServer();
    const wait = gate();
    const application = makeApplication(s.server, '/slow', { start: () => wait.wait });
    const starting = application.start();
    assert.equal((await s.server.connect(new TestConnection('slow'))).accepted, false);
    wait.open(true);
    await starting;
    assert.equal((await s.server.connect(new TestConnection('slow'))).accepted, true);
    await application.stop();
  });
});
