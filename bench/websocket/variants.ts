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

/** Installs what is no dependency of the project into a folder of its own; undefined when that cannot be done here. */
function install(module: string, version: string): string | undefined {
  const folder = path.join(work, module);
  try {
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
    execFileSync('npm', ['install', '--no-audit', '--no-fund', `${module}@${version}`], {
      cwd: folder,
      stdio: 'ignore',
    });
    return folder;
  } catch {
    return undefined;
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

/** Other servers, as far as they run here; says which do not. */
export async function findPeers(): Promise<Variant[]> {
  const wanted = [
    {
      name: 'Socket.IO 4',
      module: 'socket.io',
      version: '4.8.4',
      server: 'socketio.mjs',
      load: ['--protocol', 'io', '--path', '/socket.io/?EIO=4&transport=websocket&room=%d'],
    },
    // The package of its authors is not on npm; this one bundles the same binary.
    {
      name: 'uWebSockets.js',
      module: 'uwebsockets',
      version: '3.0.6',
      server: 'uws.mjs',
      load: [],
    },
  ];
  const peers: Variant[] = [];
  for (const { name, module, version, server, load: args } of wanted) {
    const folder = install(module, version);
    if (folder === undefined) {
      console.log(`${name} is left out: npm cannot install ${module}@${version} here`);
      continue;
    }
    const command = [process.execPath, script(server), folder];
    const peer: Variant = { name, command, load: args, ready: READY };
    try {
      await (await startServer(peer)).stop();
      peers.push(peer);
    } catch {
      console.log(`${name} is left out: it does not run here`);
    }
  }
  return peers;
}

if (!existsSync(main)) throw new Error('dist/ is missing: run npm run build');
