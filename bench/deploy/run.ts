import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { createLogger } from '../../src/base/index.ts';
import type { RunningServer } from '../../src/boot/index.ts';
import { startServer } from '../../src/startServer.ts';

// What it costs that webapps come and go; README.md says how to run it.

const repository = path.resolve(import.meta.dirname, '../..');
const collect = globalThis.gc ?? fail('run with --expose-gc');
const wanted = process.argv.slice(2);
const root = await mkdtemp(path.join(tmpdir(), 'red5-bench-'));

if (wanted.length === 0 || wanted.includes('start')) await manyWebapps(50);
if (wanted.length === 0 || wanted.includes('clients')) await clientsWhileRedeploying(500, 10);
if (wanted.length === 0 || wanted.includes('leak')) await manyRedeploys(200);
await rm(root, { recursive: true, force: true });
process.exit();

/** Start-up time and memory of small webapps, each with code of its own. */
async function manyWebapps(count: number): Promise<void> {
  const empty = await serverFolder('empty');
  const first = await start(empty);
  await first.stop();
  const folder = await serverFolder('many');
  for (let index = 0; index < count; index += 1) await writeEcho(folder, `app${index}`, 'handover');
  const before = await heap();
  const began = performance.now();
  const server = await start(folder);
  const tookMs = performance.now() - began;
  const after = await heap();
  const running = server.deployments.filter(({ state }) => state === 'running').length;
  const each = (after - before) / count / 1024;
  print(
    'start',
    `${running} webapps in ${tookMs.toFixed(0)} ms, ${each.toFixed(0)} KiB of heap each`,
  );
  await server.stop();
}

/** Delays that clients see, in the webapp that is redeployed and in another one, with and without redeploys. */
async function clientsWhileRedeploying(count: number, redeploys: number): Promise<void> {
  const folder = await serverFolder('clients');
  for (const name of ['changed', 'other']) await writeEcho(folder, name, 'handover');
  const server = await start(folder);
  const port = server.addresses.find(({ transport }) => transport === 'http')?.port;
  // A thread of its own, or the clients would be measured with the server.
  const worker = new Worker(path.join(import.meta.dirname, 'clients.mjs'), {
    workerData: { port, count, repository },
  });
  await once(worker, 'message');
  for (const isRedeploying of [false, true]) {
    worker.postMessage('measure');
    const end = performance.now() + 5_000;
    for (let index = 0; isRedeploying && index < redeploys; index += 1) {
      const report = await server.redeploy('changed');
      if (!report.ok) fail(report.problems.join('\n'));
      await delay(400);
    }
    await delay(Math.max(0, end - performance.now()));
    worker.postMessage('stop');
    const [result] = await once(worker, 'message');
    print(isRedeploying ? `with ${redeploys} redeploys` : 'without redeploy', result);
  }
  await worker.terminate();
  await server.stop();
}

/** Heap, handles and timers while the chat is redeployed under traffic. */
async function manyRedeploys(count: number): Promise<void> {
  const folder = await serverFolder('leak');
  await cp(path.join(repository, 'webapps/chat'), path.join(folder, 'webapps/chat'), {
    recursive: true,
  });
  await cp(path.join(repository, 'src/apps/chat'), path.join(folder, 'webapps/chat'), {
    recursive: true,
  });
  const beans = path.join(folder, 'webapps/chat/red5-web.yaml');
  const text = (await readFile(beans, 'utf8')).replaceAll(/class: chat\.(\w+)/g, 'class: ./$1.ts');
  await writeFile(
    beans,
    text.replace(/( +)contextPath:/, `$1${policy('handover')}\n$1contextPath:`),
  );
  const server = await start(folder);
  const port = server.addresses.find(({ transport }) => transport === 'http')?.port;
  const worker = new Worker(path.join(import.meta.dirname, 'clients.mjs'), {
    workerData: { port, count: 20, repository, webapps: ['chat'], protocol: 'chat' },
  });
  await once(worker, 'message');
  worker.postMessage('measure');
  const loop = monitorEventLoopDelay();
  loop.enable();
  for (let index = 0; index <= count; index += 1) {
    if (index % 25 === 0) {
      const kinds = process.getActiveResourcesInfo();
      const timers = kinds.filter((kind) => kind === 'Timeout').length;
      const heapMiB = ((await heap()) / 2 ** 20).toFixed(1);
      print(
        'leak',
        `${index} redeploys: ${heapMiB} MiB, ${kinds.length - timers} handles, ${timers} timers`,
      );
    }
    const report = await server.redeploy('chat');
    if (!report.ok) fail(report.problems.join('\n'));
  }
  worker.postMessage('stop');
  print('leak', (await once(worker, 'message'))[0]);
  await worker.terminate();
  await server.stop();
}

async function heap(): Promise<number> {
  for (let round = 0; round < 4; round += 1) {
    await delay(50);
    (collect as () => void)();
  }
  return process.memoryUsage().heapUsed;
}

async function serverFolder(name: string): Promise<string> {
  const folder = path.join(root, name);
  await mkdir(path.join(folder, 'webapps'), { recursive: true });
  await cp(path.join(repository, 'conf'), path.join(folder, 'conf'), { recursive: true });
  return folder;
}

function start(folder: string): Promise<RunningServer> {
  return startServer({
    root: folder,
    systemProperties: { 'http.port': '0', 'rtmp.port': '0', 'ws.port': '0' },
    logger: createLogger({ level: 'error' }),
  });
}

function policy(connections: string): string {
  return `deploymentPolicy: !bean { class: DeploymentPolicy, properties: { connections: ${connections} } }`;
}

/** A webapp that sends back what it hears. */
async function writeEcho(folder: string, name: string, connections: string): Promise<void> {
  const webapp = path.join(folder, 'webapps', name);
  await mkdir(webapp, { recursive: true });
  await writeFile(
    path.join(webapp, 'red5-web.yaml'),
    `beans:
  web.context: { class: Context, autowire: byType }
  web.scope:
    class: WebScope
    properties:
      server: !ref red5.server
      parent: !ref global.scope
      context: !ref web.context
      handler: !ref web.handler
      contextPath: /${name}
      ${policy(connections)}
  web.handler: { class: ./Application.ts }
  sockets:
    class: WebSocketScope
    constructor-args: [!ref web.scope]
    properties: { listeners: [!bean { class: ./Echo.ts }] }
`,
  );
  await writeFile(
    path.join(webapp, 'Application.ts'),
    `import { MultiThreadedApplicationAdapter } from 'red5-node';
export class Application extends MultiThreadedApplicationAdapter {}
`,
  );
  await writeFile(
    path.join(webapp, 'Echo.ts'),
    `import { WebSocketDataListener } from 'red5-node';
export class Echo extends WebSocketDataListener {
  override onWSConnect(): void {}
  override onWSDisconnect(): void {}
  override onWSMessage(message: any): void { message.connection.send(message.messageAsString); }
}
`,
  );
}

function print(what: string, text: unknown): void {
  process.stdout.write(`${what}: ${text}\n`);
}

function fail(message: string): never {
  throw new Error(message);
}
