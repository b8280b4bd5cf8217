import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApplicationLifecycle, Server, WebScope } from '../../../src/server/index.ts';

function applicationOf(server: Server, handler: object): WebScope {
  const scope = new WebScope();
  scope.server = server;
  scope.contextPath = '/shop';
  scope.handler = handler;
  return scope;
}

describe('WebScope', () => {
  it('can be started again after it was stopped', async () => {
    const server = new Server();
    const notes: string[] = [];
    const scope = applicationOf(server, {
      start: () => notes.push('start') > 0,
      stop: () => void notes.push('stop'),
    });
    await scope.start();
    await scope.stop();
    assert.equal(server.resolve('', 'shop'), undefined);
    await scope.start();
    assert.equal(server.resolve('', 'shop')?.application, scope);
    await scope.stop();
    await scope.stop();
    assert.deepEqual(notes, ['start', 'stop', 'start', 'stop']);
  });

  it('leaves nothing behind when its start fails', async () => {
    const server = new Server();
    const removed: unknown[] = [];
    server.addScopeListener({ scopeRemoved: (scope) => removed.push(scope) });
    const scope = applicationOf(server, {
      start: () => {
        scope.createChildScope('room');
        server.sharedObjects.createSharedObject(scope, 'state');
        server.scheduling.addScheduledJob(1000, { execute: () => {} }, scope);
        return false;
      },
    });
    await assert.rejects(scope.start(), { code: 'APPLICATION_REFUSED_START' });
    assert.equal(server.sharedObjects.count, 0);
    assert.equal(scope.children.size, 0);
    assert.deepEqual(server.scheduling.getScheduledJobNames(scope), []);
    assert.ok(removed.includes(scope));
    assert.equal(server.globalScope.children.size, 0);
  });

  it('is told to stop when its start succeeds after the time-out', async () => {
    const server = new Server();
    const policy = applicationOf(server, new ApplicationLifecycle()).deploymentPolicy;
    policy.startTimeoutMs = 10;
    let succeed = (_yes: boolean): void => {};
    const stopped = new Promise<void>((resolve) => {
      const scope = applicationOf(server, {
        start: () =>
          new Promise<boolean>((yes) => {
            succeed = yes;
          }),
        stop: () => resolve(),
      });
      void assert.rejects(scope.start(), { code: 'START_TIMED_OUT' }).then(() => succeed(true));
    });
    // The server's own timers do not keep the process alive.
    const alive = setInterval(() => {}, 1000);
    await stopped;
    clearInterval(alive);
  });
});
