// The servers that are compared, and how they are started.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const here = import.meta.dirname;
const repository = path.resolve(here, '../..');

/** For what is compiled, installed and written; removed at the end. */
export const work: string = mkdtempSync(path.join(tmpdir(), 'red5-bench-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

export interface Variant {
  readonly name: string;
  readonly command: readonly string[];
  /** Arguments that the load generator needs for it. */
  readonly load: readonly string[];
  /** Finds the port in a line it prints. */
  readonly ready: RegExp;
}

/** A server that runs, on core 0. */
export interface RunningServer {
  readonly pid: number;
  readonly port: string;
  stop(): Promise<void>;
}

export async function startServer({ name, command, ready }: Variant): Promise<RunningServer> {
  const server = spawn('taskset', ['-c', '0', ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await Promise.race([
    findLine(server, ready),
    once(server, 'exit').then(() => undefined),
  ]);
  if (port === undefined) throw new Error(`${name} did not start`);
  return {
    pid: server.pid ?? 0,
    port,
    async stop() {
      server.kill('SIGKILL');
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
    },
  };
}

async function findLine(server: ChildProcess, pattern: RegExp): Promise<string | undefined> {
  if (server.stdout === null) return undefined;
  const lines = createInterface(server.stdout);
  for await (const line of lines) {
    const port = pattern.exec(line)?.[1];
    if (port === undefined) continue;
    server.stdout.resume();
    return port;
  }
  return undefined;
}

function compile(source: string): string {
  const program = path.join(work, source.replace(/\W/g, '_'));
  execFileSync('g++', ['-O2', '-o', program, path.join(here, source)]);
  return program;
}

/** The folder of a server: the shipped configuration without limits of rate, the chat, and an application for the bench. */
function serverFolder(): string {
  const folder = path.join(work, 'red5');
  mkdirSync(path.join(folder, 'conf'), { recursive: true });
  const shipped = readFileSync(path.join(repository, 'conf/red5.yaml'), 'utf8');
  const conf = shipped
    .replace(/maxMessagesPerSecond: \d+/, 'maxMessagesPerSecond: 0')
    .replace(/maxBytesPerSecond: \d+/, 'maxBytesPerSecond: 0')
    .replaceAll('backlog: 511', 'backlog: 4096');
  writeFileSync(path.join(folder, 'conf/red5.yaml'), conf);
  cpSync(path.join(repository, 'webapps/chat'), path.join(folder, 'webapps/chat'), {
    recursive: true,
  });
  cpSync(path.join(here, 'webapp'), path.join(folder, 'webapps/bench'), { recursive: true });
  return folder;
}

/** What is no dependency of the project is installed beside the bench's programs, if it can be. */
function install(module: string): boolean {
  try {
    const options = { cwd: work, stdio: 'ignore' } as const;
    writeFileSync(path.join(work, 'package.json'), '{"private":true}');
    execFileSync('npm', ['install', '--no-audit', '--no-fund', module], options);
    return existsSync(path.join(work, 'node_modules', module.split('@')[0] ?? ''));
  } catch {
    return false;
  }
}

function script(name: string): string {
  return path.join(here, 'servers', name);
}

/** The load generator. */
export const load: string = compile('load.cpp');

const READY = /^ready (\d+)$/;
const main = path.join(repository, 'dist/main.js');
const ports = ['-Dhttp.port=0', '-Drtmp.port=0', '-Dws.port=0', '-Dws.host=127.0.0.1'];
const red5 = {
  command: [process.execPath, main, 'start', '--root', serverFolder(), ...ports],
  ready: /ws:\/\/127\.0\.0\.1:(\d+)\//,
};

export const naive: Variant = {
  name: 'ws, a loop',
  command: [process.execPath, script('naive.mjs')],
  load: [],
  ready: READY,
};
export const ours: Variant = { name: 'red5-node', ...red5, load: [] };
export const chat: Variant = {
  name: 'red5-node, the chat',
  ...red5,
  load: ['--path', '/chat/room%d'],
};
export const floor: Variant = {
  name: 'floor (C++)',
  command: [compile('servers/floor.cpp')],
  load: [],
  ready: READY,
};

/** Other servers, as far as they can be installed here; says which cannot. */
export async function findPeers(): Promise<Variant[]> {
  const peers: Variant[] = [];
  if (install('socket.io@4.8.4')) {
    peers.push({
      name: 'Socket.IO 4',
      command: [process.execPath, script('socketio.mjs'), work],
      load: ['--protocol', 'io', '--path', '/socket.io/?EIO=4&transport=websocket&room=%d'],
      ready: READY,
    });
  } else {
    console.log('Socket.IO is left out: npm cannot install it here');
  }
  const uws: Variant = {
    name: 'uWebSockets.js',
    command: [process.execPath, script('uws.mjs'), work],
    load: [],
    ready: READY,
  };
  if (!install('uwebsockets@3.0.6')) {
    console.log('uWebSockets.js is left out: npm cannot install it here');
  } else {
    try {
      await (await startServer(uws)).stop();
      peers.push(uws);
    } catch {
      console.log('uWebSockets.js is left out: its binary does not run here');
    }
  }
  return peers;
}

if (!existsSync(main)) throw new Error('dist/ is missing: run npm run build');
