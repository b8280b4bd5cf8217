import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestConnection } from '../support/TestConnection.ts';
import { RecordingAdapter, startTestServer } from '../support/testServer.ts';

describe('StatisticsService', () => {
  it('counts what there is, in the server and per scope', async () => {
    await using s = await startTestServer();
    const a = await s.connect('chat/r');
    await s.connect('chat');
    await a.ask(s.server, 'so', [{ type: 'use' }, { type: 'change', key: 'k', value: 'v' }]);
    s.server.sharedObjects.createSharedObject(s.application, 'other');
    await s.server.remoteCalls.invoke(a, { method: 'nope', args: [] });
    s.server.scheduling.addScheduledJob(1000, () => {});
    const { statistics } = s.server;
    const { refusals, ...totals } = statistics.server;
    assert.deepEqual(totals, {
      applications: 1,
      rooms: 1,
      connections: 2,
      clients: 2,
      sharedObjects: 2,
      streams: 0,
      scheduledJobs: 1,
      calls: 1,
    });
    assert.equal(refusals.CALL, 1);
    assert.deepEqual(
      statistics
        .getScopes()
        .map((scope) => [
          scope.path,
          scope.type,
          scope.statistics.activeConnections,
          scope.sharedObjects,
        ]),
      [
        ['/', 'GLOBAL', 2, 0],
        ['/chat', 'APPLICATION', 2, 1],
        ['/chat/r', 'ROOM', 1, 1],
      ],
    );
    assert.deepEqual(
      statistics.getScopes('/chat/r').map((scope) => scope.path),
      ['/chat/r'],
    );
    assert.deepEqual(statistics.getScopes('/nope'), []);
    const [object] = statistics.getSharedObjects('/chat/r');
    assert.deepEqual(
      [object?.name, object?.version, object?.statistics.activeListeners],
      ['so', 2, 1],
    );
    assert.equal(statistics.getSharedObjects().length, 2);
    assert.deepEqual(statistics.getSharedObjects('/nope'), []);
    assert.deepEqual(statistics.getLimits(), [
      { application: 'chat', name: 'maxConnections', used: 2, limit: 100_000 },
      { application: 'chat', name: 'maxRooms', used: 1, limit: 250_000 },
    ]);
  });

  it('counts refusals by reason', async () => {
    const handler = new RecordingAdapter();
    await using s = await startTestServer({ handler });
    const refuse = (path: string) => s.server.connect(new TestConnection(path));
    await refuse('nope');
    s.application.maxConnections = 0;
    await refuse('chat');
    s.application.maxConnections = 10;
    s.application.clientsMakeRooms = false;
    await refuse('chat/r');
    handler.answers = { appConnect: () => false };
    await refuse('chat');
    handler.answers = { appConnect: () => assert.fail('broken') };
    await refuse('chat');
    handler.answers = {};
    const a = await s.connect();
    await a.ask(s.server, 's', [{ type: 'change', key: 'k', value: 1 }]);
    await a.ask(s.server, 'n'.repeat(300), [{ type: 'use' }]);
    s.application.securityHandlers = [{ allowed: () => false }];
    await refuse('chat');
    const { refusals } = s.server.statistics.server;
    assert.deepEqual(
      Object.entries(refusals).filter(([, count]) => count > 0),
      [
        ['INVALID_APP', 1],
        ['SECURITY', 1],
        ['APPLICATION', 1],
        ['FAILED', 1],
        ['MAX_CONNECTIONS', 1],
        ['ROOM', 1],
        ['SHARED_OBJECT_QUOTA', 1],
        ['SHARED_OBJECT_ACCESS', 1],
      ],
    );
  });
});
