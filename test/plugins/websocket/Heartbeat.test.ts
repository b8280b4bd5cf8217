import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '../../../src/base/index.ts';
import { Heartbeat } from '../../../src/plugins/websocket/Heartbeat.ts';
import type { WebSocketConnection } from '../../../src/plugins/websocket/index.ts';

/** A clock that a test moves. */
class HandClock implements Clock {
  #now = 1_000_000;
  #every: { intervalMs: number; task: () => void; due: number } | undefined;

  now(): number {
    return this.#now;
  }

  after(): { cancel(): void } {
    throw new Error('a heartbeat has no single timers');
  }

  every(intervalMs: number, task: () => void): { cancel(): void } {
    this.#every = { intervalMs, task, due: this.#now + intervalMs };
    return {
      cancel: () => {
        this.#every = undefined;
      },
    };
  }

  move(milliseconds: number): void {
    const end = this.#now + milliseconds;
    while (this.#every !== undefined && this.#every.due <= end) {
      this.#now = this.#every.due;
      this.#every.due += this.#every.intervalMs;
      this.#every.task();
    }
    this.#now = end;
  }
}

function setUp(count: number) {
  const clock = new HandClock();
  const pings: number[] = [];
  const closed: number[] = [];
  const connections = Array.from({ length: count }, (_, at) => ({
    lastActivity: clock.now(),
    lastPing: 0,
    sendPing: () => pings.push(clock.now()),
    close: () => closed.push(at),
  }));
  const times = { pingIntervalMs: 25_000, idleTimeoutMs: 60_000 };
  const heartbeat = new Heartbeat(
    clock,
    times,
    () => connections as unknown as Iterable<WebSocketConnection>,
  );
  return { clock, pings, closed, connections, heartbeat };
}

describe('Heartbeat', () => {
  it('pings ten thousand that fell silent together one after the other, within a tenth of the time', () => {
    const { clock, pings, heartbeat } = setUp(10_000);
    const start = clock.now();
    heartbeat.start();
    clock.move(24_900);
    assert.equal(pings.length, 0);
    clock.move(2_700);
    assert.equal(pings.length, 10_000);
    const perTime = new Map<number, number>();
    for (const at of pings) perTime.set(at, (perTime.get(at) ?? 0) + 1);
    assert.ok(Math.max(...perTime.values()) <= 500, `${Math.max(...perTime.values())} at once`);
    assert.ok(Math.max(...pings) - start <= 27_600);
  });

  it('pings each once per interval, and closes those that stay silent', () => {
    const { clock, pings, closed, connections, heartbeat } = setUp(3);
    heartbeat.start();
    clock.move(30_000);
    assert.equal(pings.length, 3);
    const [answers] = connections;
    assert.ok(answers);
    answers.lastActivity = clock.now();
    clock.move(32_000);
    assert.deepEqual([...new Set(closed)], [1, 2]);
    heartbeat.stop();
    const { length } = closed;
    clock.move(100_000);
    assert.equal(closed.length, length);
  });
});
