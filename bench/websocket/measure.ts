// One run, and the comparison of several variants in interleaved runs.
import { execFileSync, spawn } from 'node:child_process';
import { floor, load, naive, type RunningServer, startServer, type Variant } from './variants.ts';

/** What the load generator prints. */
export interface Result {
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
  readonly visits: number;
  readonly visitsFailed: number;
  /** How long it took until all of a storm were back; 0 when they were not. */
  readonly stormMs: number;
}

/** Runs the load generator, on core 1, against a server. */
export async function runLoad(
  variant: Variant,
  server: RunningServer,
  args: readonly (string | number)[],
): Promise<Result> {
  const options = ['--port', server.port, '--pid', `${server.pid}`];
  const pinned = ['taskset', '-c', '1', load, ...options, ...variant.load, ...args.map(String)];
  const isRealtime = process.env['BENCH_REALTIME'] === '1';
  if (isRealtime) execFileSync('chrt', ['-a', '-r', '-p', '10', `${server.pid}`]);
  const [program = '', ...rest] = isRealtime ? ['chrt', '-r', '10', ...pinned] : pinned;
  const generator = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of generator.stdout) output += String(chunk);
  const result = JSON.parse(output) as Result;
  if (result.errors > 0 || result.closed > 0 || result.received !== result.expected) {
    throw new Error(`${variant.name}: messages lost, doubled or out of order: ${output}`);
  }
  return result;
}

/** One run against a server of its own. */
export async function run(variant: Variant, args: readonly (string | number)[]): Promise<Result> {
  const server = await startServer(variant);
  try {
    return await runLoad(variant, server, args);
  } finally {
    await server.stop();
  }
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

export interface Rounds {
  readonly rounds: number;
  readonly seconds: number;
}

/** Runs all variants interleaved and prints a row for each; returns the results of each. */
export async function compare(
  title: string,
  { rounds, seconds }: Rounds,
  {
    args,
    among,
  }: { readonly args: readonly (string | number)[]; readonly among: readonly Variant[] },
): Promise<ReadonlyMap<Variant, readonly Result[]>> {
  const results = new Map<Variant, Result[]>(among.map((variant) => [variant, []]));
  for (let round = 0; round < rounds; round++) {
    for (const variant of shuffled(among)) {
      results.get(variant)?.push(await run(variant, ['--seconds', seconds, ...args]));
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
  return results;
}
