import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PendingCalls, ServiceUtils } from '../../../src/server/index.ts';
import { ManualClock } from '../support/ManualClock.ts';
import { startTestServer } from '../support/testServer.ts';

/** How a promise ended, or `pending`. */
function outcome(promise: Promise<unknown>): { is: unknown; times: number } {
  const state: { is: unknown; times: number } = { is: 'pending', times: 0 };
  const note = (is: unknown): void => {
    state.is = is;
    state.times += 1;
  };
  promise.then(note, (error: { code: string }) => note(error.code));
  return state;
}

describe('PendingCalls', () => {
  it('settles each call exactly once, whatever comes first', async () => {
    const clock = new ManualClock();
    const calls = new PendingCalls({ clock, timeoutMs: 1000 });
    const ids: number[] = [];
    const call = (): { is: unknown; times: number } =>
      outcome(calls.call((id) => void ids.push(id)));
    const [answered, failed, late, dropped] = [call(), call(), call(), call()];
    assert.deepEqual(ids, [2, 3, 4, 5]);
    assert.equal(calls.resolve(2, 'yes'), true);
    assert.equal(calls.resolve(2, 'again'), false);
    assert.equal(calls.reject(3, 'no'), true);
    await clock.advance(0);
    assert.deepEqual([answered.is, failed.is, late.is], ['yes', 'CALL_FAILED', 'pending']);
    assert.equal(calls.reject(5, 'x'), true);
    await clock.advance(1000);
    assert.equal(late.is, 'CALL_TIMED_OUT');
    assert.equal(calls.resolve(4, 'too late'), false);
    const last = call();
    calls.close();
    calls.close();
    const after = call();
    await clock.advance(5000);
    assert.deepEqual([last.is, after.is], ['NOT_CONNECTED', 'NOT_CONNECTED']);
    assert.equal(calls.resolve(6, 'gone'), false);
    for (const state of [answered, failed, late, dropped, last, after])
      assert.equal(state.times, 1);
    assert.deepEqual([calls.size, clock.pending], [0, 0]);
  });

  it('bounds the calls that wait, and fails one that cannot be sent', async () => {
    const clock = new ManualClock();
    const calls = new PendingCalls({ clock, maxCalls: 1 });
    const unsent = calls.call(() => {
      throw new Error('closed');
    });
    await assert.rejects(unsent, { code: 'CALL_FAILED' });
    const first = outcome(calls.call(() => {}));
    await assert.rejects(
      calls.call(() => {}),
      { code: 'CALL_LIMIT' },
    );
    assert.equal(first.is, 'pending');
    calls.close();
    await clock.advance(0);
    assert.equal(first.is, 'NOT_CONNECTED');
  });
});

describe('ServiceUtils', () => {
  it('calls one, all of a client, and all of a scope with its rooms', async () => {
    await using s = await startTestServer();
    const a = await s.connect('chat');
    const b = await s.connect('chat/r');
    assert.equal(await ServiceUtils.invokeOnConnection('m', [1], a), 'm(1)');
    assert.equal(ServiceUtils.invokeOnConnection('m', [1]), undefined);
    const answers = await ServiceUtils.invokeOnAllScopeConnections(s.application, 'm', [2]);
    assert.deepEqual(
      answers.map(({ connection, result }) => [connection, result]),
      [a, b].map((connection) => [connection, { status: 'fulfilled', value: 'm(2)' }]),
    );
    assert.ok(b.client !== undefined);
    assert.equal((await ServiceUtils.invokeOnClient(b.client, 'm', [])).length, 1);
    ServiceUtils.notifyOnAllScopeConnections(s.application, 'n', []);
    ServiceUtils.notifyOnClient(b.client, 'n2', []);
    assert.equal(ServiceUtils.notifyOnConnection('n3', [], a), true);
    assert.equal(ServiceUtils.notifyOnConnection('n3', []), false);
    assert.deepEqual(
      [a.notified, b.notified],
      [
        ['n', 'n3'],
        ['n', 'n2'],
      ],
    );
  });

  it("takes the arguments in Red5's order as well", async () => {
    await using s = await startTestServer();
    const a = await s.connect('chat');
    const b = await s.connect('chat/r');
    assert.equal(await ServiceUtils.invokeOnConnection(a, 'm', [1]), 'm(1)');
    assert.equal(ServiceUtils.notifyOnConnection(a, 'n', []), true);
    const room = b.scope;
    assert.ok(a.client !== undefined && b.client !== undefined && room !== undefined);
    ServiceUtils.notifyOnClient(b.client, s.application, 'n2', []);
    ServiceUtils.notifyOnClient(a.client, room, 'not there', []);
    assert.equal((await ServiceUtils.invokeOnClient(b.client, room, 'm', [])).length, 1);
    assert.deepEqual([a.notified, b.notified], [['n'], ['n2']]);
  });
});
