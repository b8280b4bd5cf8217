import { writeSync } from 'node:fs';
import { createLogger } from '../../src/base/index.ts';
import {
  BaseConnection,
  MultiThreadedApplicationAdapter,
  Red5,
  runWithConnection,
  type Scope,
  Server,
  type SharedObject,
  type SharedObjectBatch,
  WebScope,
} from '../../src/server/index.ts';

// How fast the core is without any protocol; README.md says how to run it.
// Peers count what they are told and do nothing with it, so this is the cost of the model itself.

class Peer extends BaseConnection {
  told = 0;

  constructor(path: string) {
    super({ type: 'bench', host: 'localhost', path, remoteAddress: '', remotePort: 0 });
  }

  close(): void {}

  sharedObjectChanged(_batch: SharedObjectBatch): void {
    this.told += 1;
  }
}

class Application extends MultiThreadedApplicationAdapter {
  static readonly remoteMethods = { add: {}, addInts: { parameters: ['int', 'int'] } };

  add(a: number, b: number): number {
    return a + b;
  }

  addInts(a: number, b: number): number {
    return a + b;
  }
}

const logger = createLogger({ level: 'silent' });

interface Bench {
  readonly server: Server;
  readonly application: WebScope;
  readonly app: Application;
}

async function startBench(): Promise<Bench> {
  const server = new Server();
  server.logger = logger;
  const application = new WebScope();
  const app = new Application();
  Object.assign(application, {
    server,
    contextPath: '/bench',
    handler: app,
    unusedRoomGraceMs: 3_600_000,
  });
  await application.start();
  return { server, application, app };
}

async function join(server: Server, path: string): Promise<Peer> {
  const peer = new Peer(path);
  const result = await server.connect(peer);
  if (!result.accepted) throw new Error(result.description);
  return peer;
}

/** Runs per second: the best of five rounds of about 0.4 s. */
function rate(work: () => void): number {
  let best = 0;
  for (let round = 0; round < 5; round += 1) {
    const until = performance.now() + 400;
    const begin = performance.now();
    let runs = 0;
    while (performance.now() < until) {
      for (let i = 0; i < 50; i += 1) work();
      runs += 50;
    }
    best = Math.max(best, runs / ((performance.now() - begin) / 1000));
  }
  return best;
}

async function asyncRate(count: number, work: (i: number) => Promise<unknown>): Promise<number> {
  let best = 0;
  for (let round = 0; round < 3; round += 1) {
    const begin = performance.now();
    for (let i = 0; i < count; i += 1) await work(i);
    best = Math.max(best, count / ((performance.now() - begin) / 1000));
  }
  return best;
}

function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

function print(what: string, value: number, unit: string): void {
  const number = value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
  writeSync(1, `${what.padEnd(62)} ${number.padStart(12)} ${unit}\n`);
}

async function sets(listeners: number, rooms: number): Promise<void> {
  const { server, application } = await startBench();
  for (let i = 0; i < rooms; i += 1) application.createChildScope(`room${i}`);
  const peers: Peer[] = [];
  for (let i = 0; i <= listeners; i += 1) {
    const peer = await join(server, 'bench');
    peers.push(peer);
    await server.sharedObjects.handle(peer, {
      name: 's',
      persistent: false,
      requests: [{ type: 'use' }],
    });
  }
  const writer = peers[0] as Peer;
  let value = 0;
  const sets = rate(() => {
    value += 1;
    void server.sharedObjects.handle(writer, {
      name: 's',
      persistent: false,
      requests: [{ type: 'change', key: 'x', value }],
    });
  });
  const among = rooms === 0 ? '' : ` among ${rooms.toLocaleString('en')} rooms`;
  print(`sets by a client, ${listeners} listeners${among}`, sets, '/s');
  if (listeners > 1) print(`  per delivery`, 1e9 / (sets * listeners), 'ns');
  if (value > (peers[1]?.told ?? 0)) throw new Error('a listener missed a set');
  await stop(server);
}

async function listenerCalls(): Promise<void> {
  const { server, application, app } = await startBench();
  const peer = await join(server, 'bench');
  app.createSharedObject(application, 's');
  const so = app.getSharedObject(application, 's') as SharedObject;
  await server.sharedObjects.handle(peer, {
    name: 's',
    persistent: false,
    requests: [{ type: 'use' }],
  });
  let own = 0;
  so.addSharedObjectListener({
    onSharedObjectUpdate: () => {
      if (Red5.getConnectionLocal() === peer) own += 1;
    },
  });
  let value = 0;
  const calls = rate(() => {
    value += 1;
    void server.sharedObjects.handle(peer, {
      name: 's',
      persistent: false,
      requests: [{ type: 'change', key: 'x', value }],
    });
  });
  print('sets by a client, a listener asks getConnectionLocal()', calls, '/s');
  if (own !== value) throw new Error('the connection was not known');
  let sum = 0;
  const plain = (): void => {
    sum += 1;
  };
  const direct = rate(() => plain());
  const local = rate(() => runWithConnection(peer, plain));
  print('  runWithConnection around an empty callback', 1e9 / local - 1e9 / direct, 'ns');
  const ask = rate(() => {
    if (Red5.getConnectionLocal() !== undefined) sum += 1;
  });
  print('  getConnectionLocal()', 1e9 / ask - 1e9 / direct, 'ns');
  if (sum === 0) throw new Error('nothing ran');
  await stop(server);
}

async function joins(): Promise<void> {
  const { server, application } = await startBench();
  for (let i = 0; i < 10_000; i += 1) {
    application.createChildScope(`room${i}`);
    (application.getChildScope(`room${i}`) as Scope).keepAlive = true;
  }
  const existing = await asyncRate(20_000, async (i) => {
    await server.disconnect(await join(server, `bench/room${i % 10_000}`));
  });
  print('join and leave, 10,000 rooms that stay', existing, '/s');
  application.keepDelayMs = 0;
  const fresh = await asyncRate(20_000, async (i) => {
    await server.disconnect(await join(server, `bench/new${i}`));
  });
  print('join and leave, each a new room, among 10,000', fresh, '/s');
  await stop(server);
}

async function memory(): Promise<void> {
  const { server, application, app } = await startBench();
  const count = 100_000;
  const empty = heapUsed();
  for (let i = 0; i < count; i += 1) application.createChildScope(`room${i}`);
  const withRooms = heapUsed();
  print('memory of a room that waits to be used', (withRooms - empty) / count, 'bytes');
  for (let i = 0; i < count; i += 1) {
    const room = application.getChildScope(`room${i}`) as Scope;
    app.createSharedObject(room, 's');
  }
  const withObjects = heapUsed();
  print(
    'memory of a shared object in a room of its own',
    (withObjects - withRooms) / count,
    'bytes',
  );
  const peers: Peer[] = [];
  for (let i = 0; i < 10_000; i += 1) peers.push(await join(server, 'bench/crowd'));
  const withPeers = heapUsed();
  print(
    'memory of a connection in a room, without its protocol',
    (withPeers - withObjects) / 10_000,
    'bytes',
  );
  for (const peer of peers) {
    await server.sharedObjects.handle(peer, {
      name: 's',
      persistent: false,
      requests: [{ type: 'use' }],
    });
  }
  print('memory of a subscription to a shared object', (heapUsed() - withPeers) / 10_000, 'bytes');
  await stop(server);
}

async function calls(): Promise<void> {
  const { server, app } = await startBench();
  const peer = await join(server, 'bench');
  let sum = 0;
  const direct = await asyncRate(300_000, async (i) => {
    sum += await Promise.resolve(app.add(i, 1));
  });
  const viaRegistry = await asyncRate(300_000, async (i) => {
    const result = await server.remoteCalls.invoke(peer, { method: 'add', args: [i, 1] });
    if (result.ok) sum += result.value as number;
  });
  const converted = await asyncRate(300_000, async (i) => {
    const result = await server.remoteCalls.invoke(peer, { method: 'addInts', args: [i, '1'] });
    if (result.ok) sum += result.value as number;
  });
  print('calls of the method directly, awaited', direct, '/s');
  print('calls through the registry', viaRegistry, '/s');
  print('calls through the registry, arguments converted', converted, '/s');
  if (sum === 0) throw new Error('nothing was called');
  await stop(server);
}

async function stop(server: Server): Promise<void> {
  for (const application of server.applications) await application.stop();
  await server.stop();
}

for (const listeners of [1, 10, 100, 1000]) await sets(listeners, 0);
await sets(10, 100_000);
await listenerCalls();
await joins();
await memory();
await calls();
