import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  QueueBudget,
  type WaitingPeer,
} from '../../../../src/plugins/websocket/frame/QueueBudget.ts';

function setUp(maxBytes: number) {
  const budget = new QueueBudget(maxBytes);
  const given: string[] = [];
  const peer = (name: string) => {
    const one = {
      waitingBytes: 0,
      giveUp() {
        given.push(name);
        one.wait(0);
      },
      wait(bytes: number) {
        const change = bytes - one.waitingBytes;
        one.waitingBytes = bytes;
        budget.change(one, change);
      },
    } satisfies WaitingPeer & { wait(bytes: number): void };
    return one;
  };
  return { budget, given, peer };
}

describe('QueueBudget', () => {
  it('gives the slowest up first, until a tenth of the limit is free', async () => {
    const { budget, given, peer } = setUp(1000);
    peer('a').wait(300);
    peer('b').wait(450);
    peer('c').wait(200);
    await Promise.resolve();
    assert.deepEqual(given, []);
    peer('d').wait(60);
    assert.deepEqual(given, [], 'not while the code that sends is running');
    await Promise.resolve();
    assert.deepEqual(given, ['b']);
    assert.equal(budget.bytes, 560);
    assert.equal(budget.peers, 3);
    peer('e').wait(800);
    await Promise.resolve();
    assert.deepEqual(given, ['b', 'e']);
  });

  it('forgets who reads again', async () => {
    const { budget, given, peer } = setUp(1000);
    const slow = peer('slow');
    slow.wait(900);
    slow.wait(0);
    peer('other').wait(900);
    await Promise.resolve();
    assert.deepEqual(given, []);
    assert.equal(budget.peers, 1);
  });

  it('has no limit at 0', async () => {
    const { given, peer } = setUp(0);
    peer('a').wait(Number.MAX_SAFE_INTEGER);
    await Promise.resolve();
    assert.deepEqual(given, []);
  });
});
