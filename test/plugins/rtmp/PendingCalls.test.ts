import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PendingCalls } from '../../../src/plugins/rtmp/PendingCalls.ts';
import { ManualClock } from './ManualClock.ts';

function fixture() {
  const clock = new ManualClock();
  const calls = new PendingCalls({ clock, timeoutMs: 1000, maxCalls: 2 });
  const sent: number[] = [];
  const open = () => calls.open('m', (transactionID) => sent.push(transactionID));
  return { clock, calls, sent, open };
}

describe('PendingCalls', () => {
  it('counts transactions from 2 and gives each call its own answer', async () => {
    const { calls, sent, open } = fixture();
    const first = open();
    const second = open();
    assert.deepEqual(sent, [2, 3]);
    calls.answer(3, true, 'second');
    calls.answer(2, true, 'first');
    assert.deepEqual(await Promise.all([first, second]), ['first', 'second']);
    assert.equal(calls.size, 0);
  });

  it('rejects a call that the client answers with an error (rule 63)', async () => {
    const { calls, open } = fixture();
    const call = open();
    const info = { description: 'no' };
    calls.answer(2, false, info);
    await assert.rejects(call, { code: 'CALL_FAILED', cause: info });
  });

  it('ignores a second answer and answers to nothing', async () => {
    const { calls, open } = fixture();
    const call = open();
    calls.answer(99, true, 'x');
    calls.answer(2, true, 'once');
    calls.answer(2, true, 'twice');
    assert.equal(await call, 'once');
  });

  it('rejects a call that is not answered in time, and leaves no timer behind', async () => {
    const { clock, calls, open } = fixture();
    const call = open();
    clock.advance(1000);
    await assert.rejects(call, { code: 'CALL_TIMED_OUT' });
    assert.equal(calls.size, 0);
    assert.equal(clock.pending, 0);
  });

  it('rejects a call too many without sending it', async () => {
    const { calls, sent, open } = fixture();
    const waiting = [open(), open()];
    await assert.rejects(open(), { code: 'CALL_LIMIT' });
    assert.equal(sent.length, 2);
    calls.answer(2, true, 1);
    calls.answer(3, true, 2);
    await Promise.all(waiting);
  });

  it('rejects every open call once when the client goes, and all later ones', async () => {
    const { clock, calls, open } = fixture();
    const call = open();
    calls.close();
    calls.close();
    await assert.rejects(call, { code: 'NOT_CONNECTED' });
    await assert.rejects(open(), { code: 'NOT_CONNECTED' });
    assert.equal(clock.pending, 0);
  });
});
