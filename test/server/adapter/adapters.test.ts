import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ApplicationAdapter,
  ApplicationLifecycle,
  type Connection,
  MultiThreadedApplicationAdapter,
  PluginRegistry,
  type Red5Plugin,
  Server,
} from '../../../src/server/index.ts';
import { settle } from '../support/ManualClock.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { makeApplication, startTestServer } from '../support/testServer.ts';

describe('MultiThreadedApplicationAdapter', () => {
  it('asks its listeners in order, and none after the first no', async () => {
    const app = new MultiThreadedApplicationAdapter();
    const asked: string[] = [];
    const listener = (name: string, answer: boolean | Promise<boolean>): ApplicationLifecycle => {
      class Listener extends ApplicationLifecycle {
        override appConnect(): boolean | Promise<boolean> {
          asked.push(name);
          return answer;
        }
        override appDisconnect(): void {
          asked.push(`${name} left`);
        }
      }
      return new Listener();
    };
    await using s = await startTestServer({ handler: app });
    const second = listener('L2', Promise.resolve(false));
    for (const l of [listener('L1', Promise.resolve(true)), second, listener('L3', true)])
      app.addListener(l);
    assert.equal((await s.server.connect(new TestConnection('chat'))).accepted, false);
    assert.deepEqual(asked.splice(0), ['L1', 'L2']);
    app.removeListener(second);
    await s.server.disconnect(await s.connect());
    assert.deepEqual(asked, ['L1', 'L3', 'L1 left', 'L3 left']);
    assert.equal(app.getListeners().length, 2);
  });

  it('offers shared objects, rooms and jobs of its scope', async () => {
    const app = new MultiThreadedApplicationAdapter();
    await using s = await startTestServer({ handler: app });
    assert.equal(app.scope, s.application);
    assert.equal(app.createChildScope('r/deep'), true);
    const room = app.getChildScope('r');
    assert.ok(room !== undefined);
    assert.equal(app.getSharedObject(room, 'so'), undefined);
    assert.equal(app.hasSharedObject(room, 'so'), false);
    assert.equal(app.createSharedObject(room, 'so', false), true);
    assert.equal(app.createSharedObject(room, 'so', false), true);
    const so = app.getSharedObject(room, 'so');
    assert.equal(so?.isAcquired, false);
    assert.equal(app.getSharedObject(room, 'so', true), so);
    assert.deepEqual(app.getSharedObjectNames(room), ['so']);
    so?.setAttribute('x', 1);
    assert.equal(app.clearSharedObjects(room, 'so'), true);
    assert.equal(so?.hasAttribute('x'), false);
    assert.equal(app.clearSharedObjects(room, 'nope'), false);
    let ran = 0;
    const run = (by: number) => (): void => {
      ran += by;
    };
    const name = app.addScheduledJobAfterDelay(1000, run(1), 500);
    app.addScheduledOnceJob(200, run(100));
    await s.clock.advance(2500);
    assert.equal(ran, 103);
    app.removeScheduledJob(name);
    assert.deepEqual(app.getScheduledJobNames(), []);
  });

  it('introduces itself to the plugins it names, and refuses to start without them', async () => {
    const server = new Server();
    const told: unknown[] = [];
    const plugin: Red5Plugin = {
      name: 'P',
      setServer: (s) => told.push(s),
      setApplication: (a) => told.push(a),
      doStop: () => void told.push('stopped'),
    };
    await server.plugins.register(plugin);
    const app = new MultiThreadedApplicationAdapter();
    app.plugins = ['P'];
    const scope = makeApplication(server, '/a', app);
    await scope.start();
    assert.deepEqual(told, [server, app]);
    const other = new MultiThreadedApplicationAdapter();
    other.plugins = ['Nope'];
    await assert.rejects(makeApplication(server, '/b', other).start(), {
      code: 'APPLICATION_REFUSED_START',
    });
    await scope.stop();
    await server.stop();
    assert.equal(told[2], 'stopped');
  });
});

describe('ApplicationAdapter', () => {
  it('never lets two life-cycle callbacks overlap', async () => {
    let running = 0;
    let most = 0;
    class Slow extends ApplicationAdapter {
      async #slow(): Promise<boolean> {
        running += 1;
        most = Math.max(most, running);
        await settle();
        running -= 1;
        return true;
      }
      override appConnect(_connection: Connection): Promise<boolean> {
        return this.#slow();
      }
      override appJoin(): Promise<boolean> {
        return this.#slow();
      }
      override async appDisconnect(): Promise<void> {
        await this.#slow();
      }
      override async appLeave(): Promise<void> {
        await this.#slow();
      }
      override roomStart(): Promise<boolean> {
        return this.#slow();
      }
    }
    await using s = await startTestServer({ handler: new Slow() });
    const connections = await Promise.all(
      ['chat', 'chat/r', 'chat/q', 'chat'].map((path) => s.connect(path)),
    );
    await Promise.all(connections.map((connection) => s.server.disconnect(connection)));
    assert.equal(most, 1);
    assert.equal(s.application.connections.size, 0);
  });
});

describe('PluginRegistry', () => {
  it('means the server whose code is running, also after an await', async () => {
    const servers = [new Server(), new Server()];
    for (const [index, server] of servers.entries()) {
      await server.plugins.register({ name: 'P', index } as Red5Plugin);
    }
    const found = await Promise.all(
      servers.map((server) =>
        server.run(async () => {
          await settle();
          return PluginRegistry.getPlugin<Red5Plugin & { index: number }>('P')?.index;
        }),
      ),
    );
    assert.deepEqual(found, [0, 1]);
    assert.throws(() => PluginRegistry.getPlugin('P'), { code: 'NO_CURRENT_SERVER' });
  });

  it('stops a plugin that another replaces, and all in reverse order, whatever fails', async () => {
    const server = new Server();
    const stopped: string[] = [];
    const plugin = (name: string, label = name): Red5Plugin => ({
      name,
      doStop() {
        stopped.push(label);
        if (label === 'B') throw new Error('stuck');
      },
    });
    const first = plugin('A', 'A1');
    await server.plugins.register(first);
    await server.plugins.register(first);
    await server.plugins.register(plugin('A', 'A2'));
    await server.plugins.register(plugin('B'));
    assert.deepEqual(stopped, ['A1']);
    assert.equal(server.plugins.unregister(first), false);
    await assert.rejects(server.plugins.register(plugin('')), { code: 'PLUGIN_UNNAMED' });
    server.logger = { ...server.logger, error: () => {} };
    await server.plugins.stopAll();
    assert.deepEqual(stopped, ['A1', 'B', 'A2']);
    assert.deepEqual(server.plugins.plugins, []);
  });
});
