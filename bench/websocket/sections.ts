// What is measured.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { compare, median, type Result, type Rounds, runLoad, shuffled } from './measure.ts';
import {
  chat,
  floor,
  load,
  naive,
  ours,
  type RunningServer,
  startServer,
  type Variant,
} from './variants.ts';

export interface Options extends Rounds {
  readonly sizes: readonly number[];
  readonly peers: readonly Variant[];
}

interface Shape {
  readonly name: string;
  readonly rooms: number;
  readonly members: number;
}

const shapes: readonly Shape[] = [
  { name: '1 room of 100', rooms: 1, members: 100 },
  { name: '1 room of 1,000', rooms: 1, members: 1000 },
  { name: '100 rooms of 10', rooms: 100, members: 10 },
];

const inFlights: readonly (readonly [publishers: number, each: number])[] = [
  [1, 1],
  [1, 4],
  [10, 4],
  [40, 4],
];

/** Each publisher sends its next message when its own comes back. */
export async function closedLoop(options: Options): Promise<void> {
  const among = [naive, ours, floor, ...options.peers];
  for (const size of options.sizes) {
    for (const { name, rooms, members } of shapes) {
      for (const [publishers, each] of inFlights) {
        if (publishers > members) continue;
        const args = ['--rooms', rooms, '--members', members, '--publishers', publishers];
        await compare(
          `### ${name}, ${publishers} × ${each} in flight per room, ${size} bytes`,
          options,
          {
            args: [...args, '--inflight', each, '--size', size],
            among,
          },
        );
      }
    }
  }
}

/** Poisson arrivals, at parts and multiples of what a loop over `ws` can do. */
export async function openLoop(options: Options): Promise<void> {
  for (const { name, rooms, members } of shapes) {
    const args = ['--rooms', rooms, '--members', members, '--publishers', 10];
    const saturation = await compare(`### ${name}: what ws can do`, options, {
      args: [...args, '--inflight', 4],
      among: [naive],
    });
    // What a whole core could do, whatever share of it there was.
    const most = median((saturation.get(naive) ?? []).map(({ perCpuSecond }) => perCpuSecond));
    for (const part of [0.01, 0.1, 0.5, 0.9, 5]) {
      const offered = Math.round(most * part);
      const title = `### ${name}, open loop, ${offered} deliveries per second: ${part} of what ws can do`;
      const among = part < 1 ? [naive, ours, floor, ...options.peers] : [ours, floor];
      await compare(title, options, { args: [...args, '--deliveries', offered], among });
    }
  }
}

/** The shipped chat: each line goes through the shared object of its room. */
export async function throughTheChat(options: Options): Promise<void> {
  const [room] = shapes;
  const { rooms, members } = room as Shape;
  const args = ['--rooms', rooms, '--members', members];
  for (const [publishers, each] of inFlights) {
    await compare(`### The chat, a room of 100, ${publishers} × ${each} in flight`, options, {
      args: [...args, '--publishers', publishers, '--inflight', each],
      among: [naive, ours, chat],
    });
  }
  for (const offered of [15_000, 75_000, 120_000, 800_000]) {
    await compare(
      `### The chat, a room of 100, open loop, ${offered} lines per second delivered`,
      options,
      {
        args: [...args, '--publishers', 10, '--deliveries', offered],
        among: [ours, chat],
      },
    );
  }
}

/** Memory and processor time of connections that say nothing, each in one of 100 rooms. */
export async function idle(): Promise<void> {
  const connections = 10_000;
  const seconds = 8;
  console.log(
    `\n### ${connections} idle connections\n| variant | KB of RSS each | ms of CPU per second |\n|---|---|---|`,
  );
  for (const variant of [naive, ours]) {
    const server = await startServer(variant);
    const before = rssOf(server);
    const shape = ['--rooms', '100', '--members', `${connections / 100}`, '--idle', '1'];
    const generator = spawn(
      'taskset',
      ['-c', '1', load, '--port', server.port, ...shape, '--seconds', `${seconds + 4}`],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(createInterface(generator.stdout), 'line');
    await delay(2000);
    const each = (rssOf(server) - before) / connections;
    const cpuBefore = cpuMsOf(server);
    await delay(seconds * 1000);
    const cpu = (cpuMsOf(server) - cpuBefore) / seconds;
    console.log(`| ${variant.name} | ${each.toFixed(1)} | ${cpu.toFixed(1)} |`);
    generator.kill();
    await once(generator, 'exit');
    await server.stop();
  }
}

interface Fault {
  readonly name: string;
  readonly args: readonly (string | number)[];
}

const faults: readonly Fault[] = [
  { name: 'undisturbed', args: [] },
  { name: 'a tenth stops reading', args: ['--stall', 0.1] },
  { name: '200 join and leave per second', args: ['--churn', 200] },
  { name: '2,000 are cut off and come back', args: ['--storm', 2000] },
];

/** A room of 1,000 in use, while something happens; members who read may lose nothing, which every run checks. */
export async function underFaults({ rounds, seconds }: Options): Promise<void> {
  const args = ['--members', 1000, '--publishers', 10, '--deliveries', 80_000, '--size', 256];
  const found = new Map<Fault, { result: Result; peakMB: number }[]>();
  for (let round = 0; round < rounds; round++) {
    for (const fault of shuffled(faults)) {
      const server = await startServer(ours);
      try {
        const all = [...args, '--seconds', Math.max(5, seconds), ...fault.args];
        const result = await runLoad(ours, server, all);
        const peakMB = peakOf(server) / 1024;
        found.set(fault, [...(found.get(fault) ?? []), { result, peakMB }]);
      } finally {
        await server.stop();
      }
    }
  }
  console.log('\n### A room of 1,000 at 80,000 deliveries per second of 256 bytes, with faults');
  console.log(
    '| what happens | ms p50 | ms p99 | of undisturbed | peak MB | all back after ms | came | refused |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  const [first] = faults;
  const calm = (first && found.get(first)) ?? [];
  for (const fault of faults) {
    const list = found.get(fault) ?? [];
    const of = (pick: (result: Result) => number) => median(list.map(({ result }) => pick(result)));
    const ratio = median(list.map(({ result }, at) => result.p99 / (calm[at]?.result.p99 ?? 1)));
    console.log(
      `| ${fault.name} | ${of((r) => r.p50).toFixed(2)} | ${of((r) => r.p99).toFixed(2)} ` +
        `| ${ratio.toFixed(2)} | ${median(list.map(({ peakMB }) => peakMB)).toFixed(0)} ` +
        `| ${of((r) => r.stormMs)} | ${of((r) => r.visits)} | ${of((r) => r.visitsFailed)} |`,
    );
  }
}

/** Kilobytes. */
function rssOf({ pid }: RunningServer): number {
  return statusOf(pid, /VmRSS:\s+(\d+)/);
}

/** The most kilobytes there ever were. */
function peakOf({ pid }: RunningServer): number {
  return statusOf(pid, /VmHWM:\s+(\d+)/);
}

function statusOf(pid: number, what: RegExp): number {
  return Number(what.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Processor time so far, of the process and the system for it; the kernel counts in hundredths of seconds. */
function cpuMsOf({ pid }: RunningServer): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
