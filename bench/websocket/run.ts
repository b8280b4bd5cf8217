// Room fan-out of red5-node against its peers: node --import tsx bench/websocket/run.ts [--rounds 5] [--seconds 2] [--only closed|open|idle]
//
// The server is pinned to core 0 and the load generator to core 1. Variants run interleaved, in random order per round; what is printed
// are medians over the rounds, and medians of the ratios that were taken within each round. Every run checks that nothing was lost,
// doubled or out of order; a run with a fault fails the bench.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string' },
    peers: { type: 'boolean', default: true },
  },
  allowNegative: true,
});

const here = fileURLToPath(new URL('.', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'red5-bench-'));
const tsx = ['--import', 'tsx', '--conditions=red5-source'];

interface Variant {
  readonly name: string;
  readonly command: readonly string[];
  readonly load: readonly string[];
}

interface Shape {
  readonly name: string;
  readonly rooms: number;
  readonly members: number;
}

/** What the load generator prints. */
interface Result {
  readonly perCpuSecond: number;
  readonly perSecond: number;
  readonly serverCore: number;
  readonly generatorBusy: number;
  readonly p50: number;
  readonly p99: number;
  readonly expected: number;
  readonly received: number;
  readonly errors: number;
  readonly closed: number;
}

const shapes: readonly Shape[] = [
  { name: '1 room of 100', rooms: 1, members: 100 },
  { name: '1 room of 1,000', rooms: 1, members: 1000 },
  { name: '100 rooms of 10', rooms: 100, members: 10 },
];

function compile(source: string): string {
  const program = join(work, source.replace(/\W/g, '_'));
  execFileSync('g++', ['-O2', '-o', program, join(here, source)]);
  return program;
}

/** Socket.IO is no dependency of the project; it is installed beside the bench's programs, if it can be. */
function installSocketIO(): boolean {
  try {
    writeFileSync(join(work, 'package.json'), '{"private":true}');
    const options = { cwd: work, stdio: 'ignore' } as const;
    execFileSync('npm', ['install', '--no-audit', '--no-fund', 'socket.io@4.8.4'], options);
    return existsSync(join(work, 'node_modules', 'socket.io'));
  } catch {
    console.log('Socket.IO could not be installed; it is left out');
    return false;
  }
}

const load = compile('load.cpp');
const naive: Variant = {
  name: 'ws, a loop',
  command: [process.execPath, ...tsx, join(here, 'servers/naive.ts')],
  load: [],
};
const ours: Variant = {
  name: 'red5-node',
  command: [process.execPath, ...tsx, join(here, 'servers/ours.ts')],
  load: [],
};
const floor: Variant = { name: 'floor (C++)', command: [compile('servers/floor.cpp')], load: [] };
const variants: Variant[] = [naive, ours, floor];
if (values.peers && values.only !== 'idle' && installSocketIO()) {
  variants.push({
    name: 'Socket.IO 4',
    command: [process.execPath, ...tsx, join(here, 'servers/socketio.ts'), work],
    load: ['--protocol', 'io', '--path', '/socket.io/?EIO=4&transport=websocket&room=%d'],
  });
}

async function startServer(variant: Variant): Promise<{ process: ChildProcess; port: string }> {
  const server = spawn('taskset', ['-c', '0', ...variant.command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await Promise.race([
    once(createInterface(server.stdout), 'line'),
    once(server, 'exit').then(() => {
      throw new Error(`${variant.name} did not start`);
    }),
  ])) as [string];
  return { process: server, port: line.replace('ready ', '') };
}

async function run(variant: Variant, args: readonly string[]): Promise<Result> {
  const server = await startServer(variant);
  const options = ['--port', server.port, '--pid', `${server.process.pid}`];
  const generator = spawn('taskset', ['-c', '1', load, ...options, ...variant.load, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const chunk of generator.stdout) output += String(chunk);
  server.process.kill();
  await once(server.process, 'exit');
  const result = JSON.parse(output) as Result;
  if (result.errors > 0 || result.closed > 0 || result.received !== result.expected) {
    throw new Error(`${variant.name}: messages lost, doubled or out of order: ${output}`);
  }
  return result;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** Runs all variants interleaved and prints a row for each. */
async function compare(
  title: string,
  args: readonly string[],
  among: readonly Variant[],
): Promise<void> {
  const results = new Map<Variant, Result[]>(among.map((variant) => [variant, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const variant of shuffled(among)) {
      results.get(variant)?.push(await run(variant, ['--seconds', values.seconds, ...args]));
    }
  }
  console.log(`\n${title}`);
  console.log(
    '| variant | k deliveries per CPU second | of ws | of the floor | ms p50 | ms p99 | server core | generator busy |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  for (const [variant, list] of results) {
    const ratio = (to: Variant) => {
      const others = results.get(to);
      if (others === undefined) return '-';
      return median(
        list.map((one, at) => one.perCpuSecond / (others[at]?.perCpuSecond ?? 1)),
      ).toFixed(2);
    };
    const of = (pick: (result: Result) => number) => median(list.map(pick));
    console.log(
      `| ${variant.name} | ${(of((r) => r.perCpuSecond) / 1000).toFixed(0)} | ${ratio(naive)} | ${ratio(floor)} ` +
        `| ${of((r) => r.p50).toFixed(2)} | ${of((r) => r.p99).toFixed(2)} ` +
        `| ${(of((r) => r.serverCore) * 100).toFixed(0)} % | ${(of((r) => r.generatorBusy) * 100).toFixed(0)} % |`,
    );
  }
}

async function closedLoop(): Promise<void> {
  for (const { name, rooms, members } of shapes) {
    for (const [publishers, inFlight] of [
      [1, 1],
      [1, 4],
      [10, 4],
      [40, 4],
    ] as const) {
      if (publishers > members) continue;
      const args = [
        '--rooms',
        rooms,
        '--members',
        members,
        '--publishers',
        publishers,
        '--inflight',
        inFlight,
      ];
      await compare(
        `### ${name}, ${publishers} × ${inFlight} in flight per room, 64 bytes`,
        args.map(String),
        variants,
      );
    }
  }
}

async function openLoop(): Promise<void> {
  const offered: readonly (readonly [
    shape: Shape | undefined,
    deliveries: number,
    among: readonly Variant[],
  ])[] = [
    [shapes[1], 16_500, variants],
    [shapes[1], 82_000, [naive, ours, floor]],
    [shapes[1], 150_000, [naive, ours, floor]],
    [shapes[1], 800_000, [ours, floor]],
    [shapes[2], 16_500, variants],
    [shapes[2], 400_000, [ours, floor]],
  ];
  for (const [shape, deliveries, among] of offered) {
    if (shape === undefined) continue;
    const { name, rooms, members } = shape;
    const args = [
      '--rooms',
      rooms,
      '--members',
      members,
      '--publishers',
      10,
      '--deliveries',
      deliveries,
    ];
    await compare(
      `### ${name}, open loop, ${deliveries} deliveries per second offered`,
      args.map(String),
      among,
    );
  }
}

/** Memory of idle connections, each in one of 100 rooms. */
async function idle(): Promise<void> {
  const connections = 10_000;
  console.log(`\n### ${connections} idle connections\n| variant | KB of RSS each |\n|---|---|`);
  for (const variant of [naive, ours]) {
    const server = await startServer(variant);
    const rss = () => {
      const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
    };
    const before = rss();
    const args = [
      '--port',
      server.port,
      '--rooms',
      '100',
      '--members',
      `${connections / 100}`,
      '--idle',
      '1',
      '--seconds',
      '3',
    ];
    const generator = spawn('taskset', ['-c', '1', load, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(createInterface(generator.stdout), 'line');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    console.log(`| ${variant.name} | ${((rss() - before) / connections).toFixed(1)} |`);
    await once(generator, 'exit');
    server.process.kill();
    await once(server.process, 'exit');
  }
}

if (values.only === undefined || values.only === 'closed') await closedLoop();
if (values.only === undefined || values.only === 'open') await openLoop();
if (values.only === undefined || values.only === 'idle') await idle();
