import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WebSocket } from 'ws';
import {
  type AttributeChange,
  Red5Client,
  type Red5ClientOptions,
  type RequestError,
} from '../../src/client/index.ts';
import { RTMPHandler, RTMPPlugin } from '../../src/plugins/rtmp/index.ts';
import { JSONProtocol, WebSocketScope } from '../../src/plugins/websocket/index.ts';
import {
  ClientRejected,
  type Connection,
  MultiThreadedApplicationAdapter,
  ServiceUtils,
  type SharedObject,
  TCPTransport,
  type WebScope,
} from '../../src/server/index.ts';
import { event, RawClient, set, USE } from '../plugins/rtmp/RawClient.ts';
import { amf0 } from '../plugins/rtmp/wireValues.ts';
import { startServer, type TestServer, until } from '../plugins/websocket/support.ts';
import { TestBrowser } from '../support/Browser.ts';
import { FlakyProxy } from './FlakyProxy.ts';
import { startPage } from './startPage.ts';

class Game extends MultiThreadedApplicationAdapter {
  static readonly remoteMethods = ['add', 'echo', 'fail', 'slow'];
  total = 0;
  joins: (readonly unknown[])[] = [];
  isOpen = true;
  release: () => void = () => undefined;
  readonly #slow = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  override appConnect(_connection: Connection, params: readonly unknown[]): boolean {
    this.joins.push(params);
    if (!this.isOpen) throw new ClientRejected('closed today');
    return true;
  }
  add(amount: number): number {
    this.total += amount;
    return this.total;
  }
  echo(...args: unknown[]): unknown {
    return args;
  }
  fail(): never {
    throw new Error('no such luck');
  }
  async slow(): Promise<string> {
    await this.#slow;
    this.total += 1;
    return 'done';
  }
}

interface Table extends AsyncDisposable {
  readonly running: TestServer;
  readonly game: Game;
  readonly scope: WebScope;
  readonly proxy: FlakyProxy;
  client(options?: Red5ClientOptions, room?: string): Red5Client;
  so(name: string): SharedObject;
}

async function start(settings: Parameters<typeof startServer>[0] = {}): Promise<Table> {
  const running = await startServer(settings);
  const game = new Game();
  const scope = await running.deploy('game', game);
  new WebSocketScope(scope).register();
  const proxy = await FlakyProxy.start(running.port);
  const clients: Red5Client[] = [];
  return {
    running,
    game,
    scope,
    proxy,
    client(options = {}, room = '') {
      const address = `ws://127.0.0.1:${proxy.port}/game${room}`;
      const client = new Red5Client(address, {
        WebSocket,
        minRetryMs: 5,
        maxRetryMs: 40,
        ...options,
      });
      clients.push(client);
      return client;
    },
    so(name) {
      const so = running.server.sharedObjects.getSharedObject(scope, name);
      assert.ok(so);
      return so;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.leave();
      game.release();
      await proxy.down();
      await running.stop();
    },
  };
}

describe('Red5Client', () => {
  it('joins with arguments, calls, and is called', async () => {
    await using table = await start();
    const client = table.client({
      args: ['anna', new Date(5)],
      methods: { double: (n: number) => n * 2 },
    });
    await client.join();
    assert.deepEqual(table.game.joins, [['anna', new Date(5)]]);
    assert.equal(await client.call('add', 3), 3);
    const values = [new Date(7), Uint8Array.of(1), Number.NaN, new Map([['a', 1n]]), { $x: null }];
    assert.deepEqual(await client.call('echo', ...values), values);
    await assert.rejects(client.call('fail'), {
      code: 'NetConnection.Call.Failed',
      message: 'no such luck',
    });
    client.notify('add', 1);
    await until(() => table.game.total === 4);
    const [answer] = await ServiceUtils.invokeOnAllScopeConnections(table.scope, 'double', [21]);
    assert.deepEqual(answer?.result, { status: 'fulfilled', value: 42 });
    const [unknown] = await ServiceUtils.invokeOnAllScopeConnections(table.scope, 'toString', []);
    assert.match(
      String((unknown as unknown as { result: PromiseRejectedResult }).result.reason),
      /no method toString/,
    );
    client.leave();
    await until(() => table.scope.connections.size === 0);
    await assert.rejects(client.call('add', 1), { code: 'Client.Closed' });
  });

  it('gives up when the application refuses, and says why', async () => {
    await using table = await start();
    table.game.isOpen = false;
    const client = table.client();
    await assert.rejects(client.join(), (error: RequestError) => {
      assert.equal(error.code, 'NetConnection.Connect.Rejected');
      assert.equal(error.details['application'], 'closed today');
      return true;
    });
    assert.equal(client.state, 'closed');
    assert.equal(table.game.joins.length, 1);
  });

  it('waits for a server that is not there yet', async () => {
    await using table = await start();
    await table.proxy.down();
    const client = table.client();
    const states: string[] = [];
    client.onState((state) => states.push(state));
    const joined = client.join();
    const board = client.use('board');
    await until(() => states.filter((state) => state === 'waiting').length > 2);
    await table.proxy.up();
    await joined;
    await (await board).set('x', 1);
    assert.equal(table.so('board').getAttribute('x'), 1);
  });

  it('makes each call once, whatever the network does', async () => {
    await using table = await start();
    const client = table.client();
    await client.join();
    const slow = client.call('slow');
    const calls: Promise<unknown>[] = [];
    for (let round = 0; round < 6; round += 1) {
      for (let count = 0; count < 10; count += 1) calls.push(client.call('add', 1));
      // Sometimes before anything was sent, sometimes when some of it was answered.
      for (let turn = 0; turn < round; turn += 1) await new Promise((next) => setImmediate(next));
      table.proxy.cut();
      await until(() => table.proxy.connections === round + 2 && client.state === 'joined');
    }
    const results = await Promise.all(calls);
    assert.deepEqual(
      results.map(Number).toSorted((a, b) => a - b),
      Array.from({ length: 60 }, (_, i) => i + 1),
    );
    table.game.release();
    assert.equal(await slow, 'done');
    assert.equal(table.game.total, 61);
    assert.equal(table.proxy.connections, 7);
  });

  it('does not repeat what may have been done when the session has ended', async () => {
    await using table = await start({
      json: Object.assign(new JSONProtocol(), { sessionTimeoutMs: 0 }),
    });
    const client = table.client();
    await client.join();
    const slow = client.call('slow');
    await client.call('add', 1);
    await table.proxy.down();
    await until(() => client.state === 'waiting');
    const later = client.call('add', 1);
    await table.proxy.up();
    await assert.rejects(slow, { code: 'JSON.OutcomeUnknown' });
    assert.equal(await later, 2);
  });

  it('notices a connection that is dead without a word', async () => {
    await using table = await start();
    const client = table.client({ pingIntervalMs: 30, timeoutMs: 60 });
    await client.join();
    table.proxy.mute();
    assert.equal(await client.call('add', 1), 1);
    assert.equal(table.proxy.connections, 2);
  });

  it('does not send what is too large, which would end the connection each time', async () => {
    await using table = await start({ maxMessageBytes: 2000 });
    const big = 'ä'.repeat(1000);
    const client = table.client({ methods: { big: () => big, small: () => 'x'.repeat(1900) } });
    await client.join();
    await assert.rejects(client.call('echo', big), { code: 'Client.TooLarge' });
    assert.equal(await client.call('add', 1), 1);
    const invoke = async (method: string) => {
      const [answer] = await ServiceUtils.invokeOnAllScopeConnections(table.scope, method, []);
      return answer?.result.status;
    };
    assert.equal(await invoke('big'), 'rejected');
    assert.equal(await invoke('small'), 'fulfilled');
    assert.equal(table.proxy.connections, 1);
  });

  it('keeps to the rates of the server', async () => {
    await using table = await start({ maxMessagesPerSecond: 100 });
    const client = table.client();
    await client.join();
    await Promise.all(Array.from({ length: 150 }, () => client.call('add', 1)));
    assert.equal(table.game.total, 150);
    assert.equal(table.proxy.connections, 1);
  });
});

describe('RemoteSharedObject', () => {
  it('shows what others do, RTMP clients too, in steps', async () => {
    await using table = await start();
    const rtmp = Object.assign(new RTMPPlugin(), { server: table.running.server });
    const transport = Object.assign(new TCPTransport(), {
      host: '127.0.0.1',
      logger: table.running.server.logger,
      handlers: [new RTMPHandler(rtmp)],
    });
    await rtmp.start();
    await transport.start();
    const flash = await RawClient.connected(transport.address?.port ?? 0, 'game/room');
    flash.so('board', USE, set('title', 'Plan'));
    await flash.sharedObject();
    const client = table.client({}, '/room');
    await client.join();
    const board = await client.use('board');
    assert.equal(board.get('title'), 'Plan');
    assert.equal(table.scope.getChildScope('room')?.connections.size, 2);
    const seen: string[] = [];
    board.onChange((changes, origin) => seen.push(`${origin} ${changes.map(describe1).join()}`));
    board.onMessage((method, args) => seen.push(`${method}(${args.join()})`));
    flash.so('board', set('title', 'Plan B'), set('by', 'flash'));
    flash.so('board', event(6, Buffer.concat([amf0('hello'), amf0(5)])));
    await until(() => seen.length === 2);
    assert.deepEqual(seen, ['step title=Plan B,by=flash', 'hello(5)']);
    await flash.sharedObject();
    await flash.sharedObject();
    await board.change(
      { op: 'set', key: 'by', value: 'json' },
      { op: 'send', method: 'bye', args: [] },
    );
    const { events } = await flash.sharedObject();
    assert.deepEqual(events, [
      [4, 'by', 'json'],
      [6, 'bye'],
    ]);
    await flash.close();
    await transport.stop();
    await rtmp.stop(AbortSignal.timeout(500));
  });

  it('changes by steps that are all or nothing', async () => {
    await using table = await start();
    const client = table.client();
    await client.join();
    const board = await client.use('board');
    await board.set('n', 1, { ifVersion: 0 });
    await assert.rejects(
      board.change(
        { op: 'set', key: 'm', value: 1 },
        { op: 'set', key: 'n', value: 2, ifVersion: 0 },
      ),
      (error: RequestError) => {
        assert.equal(error.code, 'SharedObject.VersionMismatch');
        assert.equal(error.details['version'], board.versionOf('n'));
        return true;
      },
    );
    assert.deepEqual(board.toMap(), new Map([['n', 1]]));
    await board.set('n', 2, { ifVersion: board.versionOf('n') });
    await board.set('gone', 1);
    await board.set('gone', null);
    await board.remove('n');
    assert.deepEqual(board.keys, []);
    await board.set('a', 1);
    await board.clear();
    assert.deepEqual(board.keys, []);
    board.release();
    await assert.rejects(board.set('n', 1), { code: 'Client.Closed' });
    assert.notEqual(await client.use('board'), board);
  });

  it('goes on after a cut with what was missed, or says that there is a gap', async () => {
    await using table = await start();
    table.running.server.sharedObjectLimits.maxHistoryChanges = 5;
    const client = table.client();
    await client.join();
    const board = await client.use('board');
    table.so('board').acquire();
    const seen: string[] = [];
    board.onChange((changes, origin) => seen.push(`${origin} ${changes.map(describe1).join()}`));
    board.onMessage((method, args) => seen.push(`${method}(${args.join()})`));
    await board.set('x', 1);
    await table.proxy.down();
    const pending = board.set('mine', 1);
    const so = table.so('board');
    so.setAttribute('x', 2);
    so.removeAttribute('x');
    so.sendMessage('hello', [1]);
    await table.proxy.up();
    await pending;
    assert.deepEqual(seen.splice(0), [
      'step x=1',
      'step x=2',
      'step -x',
      'hello(1)',
      'step mine=1',
    ]);
    await table.proxy.down();
    for (let n = 0; n < 10; n += 1) so.setAttribute('y', n);
    so.removeAttribute('mine');
    await table.proxy.up();
    await until(() => seen.length > 0);
    assert.deepEqual(seen, ['gap y=9,-mine']);
    so.release();
  });

  it('lets no listener keep anything from the others', async () => {
    await using table = await start();
    const client = table.client();
    await client.join();
    const board = await client.use('board');
    const thrown: unknown[] = [];
    const seen: string[] = [];
    const catcher = (error: unknown) => thrown.push(error);
    // The runner's own listeners would take the error for a failure of the test.
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', catcher);
    try {
      board.onChange(() => {
        throw new Error('a listener failed');
      });
      board.onChange((changes) => seen.push(changes.map(describe1).join()));
      board.onMessage((method) => seen.push(method));
      await board.change({ op: 'set', key: 'x', value: 1 }, { op: 'send', method: 'm', args: [] });
      assert.deepEqual(seen, ['x=1', 'm']);
      assert.match(String(thrown), /a listener failed/);
    } finally {
      process.off('uncaughtException', catcher);
      for (const listener of others) process.on('uncaughtException', listener);
    }
  });

  it('tells when the object ends or may not be used any more', async () => {
    await using table = await start();
    const client = table.client();
    await client.join();
    const board = await client.use('board');
    const ends: unknown[] = [];
    board.onClosed((error) => ends.push(error?.code));
    table.so('board').close();
    await until(() => ends.length === 1);
    assert.equal(ends[0], undefined);
    const secret = await client.use('secret');
    secret.onClosed((error) => ends.push(error?.code));
    table.so('secret').acquire();
    table.game.registerSharedObjectSecurity({ isConnectionAllowed: () => false });
    table.proxy.cut();
    await until(() => ends.length === 2);
    assert.equal(ends[1], 'SharedObject.NoReadAccess');
    await assert.rejects(client.use('secret'), { code: 'SharedObject.NoReadAccess' });
    table.so('secret').release();
  });
});

function describe1({ key, value }: AttributeChange): string {
  return value === undefined ? `-${key}` : `${key}=${String(value)}`;
}

const page = `<!doctype html><title>board</title><output></output><script type="module">
  import { Red5Client } from './client/index.js';
  const client = new Red5Client(location.hash.slice(1), { minRetryMs: 5, methods: { title: () => document.title } });
  const output = document.querySelector('output');
  await client.join();
  const board = await client.use('board');
  const show = () => { output.textContent = JSON.stringify(Object.fromEntries(board.toMap())); };
  board.onChange(show);
  show();
  globalThis.board = board;
</script>`;

describe('a page in Chromium', () => {
  it('shares an object with a client in Node, is called, and comes back', async () => {
    await using table = await start();
    await using served = await startPage(page);
    await using browser = await TestBrowser.launch();
    const node = table.client();
    await node.join();
    const board = await node.use('board');
    await board.set('from', 'node');
    const { page: tab, errors } = await browser.open(
      `${served.url}#ws://127.0.0.1:${table.proxy.port}/game`,
    );
    const shows = (text: string) =>
      tab.waitForFunction(`document.querySelector('output').textContent.includes('${text}')`);
    await shows('{"from":"node"}');
    await tab.evaluate('board.set("from", "page")');
    await until(() => board.get('from') === 'page');
    const answers = await ServiceUtils.invokeOnAllScopeConnections(table.scope, 'title', []);
    assert.ok(
      answers.some(({ result }) => result.status === 'fulfilled' && result.value === 'board'),
    );
    await table.proxy.down();
    const pending = [board.set('a', 1), tab.evaluate('board.set("b", new Date(2))')];
    table.so('board').setAttribute('c', 3);
    await table.proxy.up();
    await Promise.all(pending);
    await until(() => board.has('b'));
    assert.deepEqual(board.get('b'), new Date(2));
    await shows('"a":1');
    assert.deepEqual([...table.so('board').getAttributes().keys()].toSorted(), [
      'a',
      'b',
      'c',
      'from',
    ]);
    assert.deepEqual(errors, []);
  });
});
