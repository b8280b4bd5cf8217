import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settle } from '../support/ManualClock.ts';
import { startTestServer } from '../support/testServer.ts';

describe('SchedulingService', () => {
  it('runs a periodic job that throws again at its next time', async () => {
    await using s = await startTestServer();
    let runs = 0;
    const name = s.server.scheduling.addScheduledJob(1000, () => {
      runs += 1;
      throw new Error('again');
    });
    assert.match(name, /^ScheduledJob_\d+$/);
    await s.clock.advance(999);
    assert.equal(runs, 0);
    await s.clock.advance(2001);
    assert.equal(runs, 3);
    s.server.scheduling.removeScheduledJob(name);
    await s.clock.advance(5000);
    assert.equal(runs, 3);
    assert.throws(() => s.server.scheduling.removeScheduledJob(name), { code: 'JOB_UNKNOWN' });
  });

  it('leaves a time out while the job still runs', async () => {
    await using s = await startTestServer();
    let runs = 0;
    let end = (): void => {};
    s.server.scheduling.addScheduledJob(1000, () => {
      runs += 1;
      return new Promise((resolve) => {
        end = resolve;
      });
    });
    await s.clock.advance(3000);
    assert.equal(runs, 1);
    end();
    await settle();
    await s.clock.advance(1000);
    assert.equal(runs, 2);
  });

  it('runs once, after a delay or at a date, and takes objects as jobs', async () => {
    await using s = await startTestServer();
    const ran: string[] = [];
    const { scheduling } = s.server;
    scheduling.addScheduledOnceJob(500, { execute: () => void ran.push('delay') });
    scheduling.addScheduledOnceJob(new Date(s.clock.now() + 700), () => void ran.push('date'));
    scheduling.addScheduledOnceJob(new Date(0), () => void ran.push('past'));
    await s.clock.advance(700);
    assert.deepEqual(ran, ['past', 'delay', 'date']);
    assert.deepEqual(scheduling.getScheduledJobNames(), []);
  });

  it('runs by cron pattern, in a time zone, and over gaps longer than a timer counts', async () => {
    await using s = await startTestServer();
    const ran: string[] = [];
    const note = (): void => {
      ran.push(new Date(s.clock.now()).toISOString());
    };
    await s.clock.advance(Date.UTC(2026, 2, 28, 0, 0, 0) - s.clock.now());
    const { scheduling } = s.server;
    const daily = scheduling.addScheduledCronJob('30 4 * * *', note, { timezone: 'Europe/Berlin' });
    await s.clock.advance(2 * 86_400_000);
    assert.deepEqual(ran.splice(0), ['2026-03-28T03:30:00.000Z', '2026-03-29T02:30:00.000Z']);
    scheduling.removeScheduledJob(daily);
    scheduling.addScheduledCronJob('0 0 1 6 *', note, { timezone: 'UTC' });
    await s.clock.advance(100 * 86_400_000);
    assert.deepEqual(ran, ['2026-06-01T00:00:00.000Z']);
    for (const pattern of ['nonsense', '0 0 31 2 *']) {
      assert.throws(() => scheduling.addScheduledCronJob(pattern, note), { code: 'CRON_PATTERN' });
    }
  });
});
