import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DeployServer, versionOf } from './deploySupport.ts';

describe('the start of several webapps', () => {
  it('holds up neither the others nor the ports when one hangs', async () => {
    const edit = (config: string) =>
      config
        .replace('portsWaitMs: 5000', 'portsWaitMs: 100')
        .replace('startTimeoutMs: 30000', 'startTimeoutMs: 1000');
    const hangs = versionOf('hangs', 'hangs', { start: 'await new Promise(() => {});' });
    await using server = await DeployServer.start({ ...hangs, ...versionOf('good', 'good') }, edit);
    await using client = await server.rtmp('good');
    assert.deepEqual((await client.call('whichVersion')).args, ['good']);
    const states = () => server.running.deployments.map(({ name, state }) => [name, state]);
    assert.deepEqual(
      states(),
      [
        ['good', 'running'],
        ['hangs', 'starting'],
      ].sort(),
    );
    await assert.rejects(server.rtmp('hangs'), /Application is starting/);
    // Waits its turn behind the start that is given up.
    await server.running.undeploy('hangs');
    assert.deepEqual(states(), [['good', 'running']]);
    assert.ok(server.logger.lines.some((line) => line.includes('has not ended within 1000 ms')));
  });

  it('starts them at the same time', async () => {
    // Each waits until both are there.
    const meet = `
      const here: Set<string> = ((globalThis as any).deployMeeting ??= new Set());
      here.add(version);
      while (here.size < 2) await new Promise((resolve) => setImmediate(resolve));`;
    await using server = await DeployServer.start({
      ...versionOf('one', 'one', { start: meet }),
      ...versionOf('two', 'two', { start: meet }),
    });
    assert.deepEqual(
      server.running.deployments.map(({ state }) => state),
      ['running', 'running'],
    );
  });
});
