// The bean container against hand-written inversify bindings of the same graph; README.md says how to read the figures.
//   node --expose-gc --import tsx --conditions=red5-source bench/container/run.ts [--sizes 30,1000] [--rounds 5] [--fresh 5]
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { xmlOf, yamlOf } from './graph.ts';
import { type Contestant, measure, type Timing } from './measure.ts';

const CONTESTANTS: readonly Contestant[] = ['hand', 'xml', 'yaml', 'library'];
/** Beans that a contestant makes before its code counts as warm, in each block. */
const WARM_BEANS = 10_000;
const BLOCKS = 3;

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '30,100,1000,10000' },
    rounds: { type: 'string', default: '5' },
    fresh: { type: 'string', default: '5' },
    once: { type: 'string' },
    folder: { type: 'string' },
  },
});
const sizes = values.sizes.split(',').map(Number);

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function medians(timings: readonly Timing[]): Timing {
  return {
    read: median(timings.map(({ read }) => read)),
    create: median(timings.map(({ create }) => create)),
    destroy: median(timings.map(({ destroy }) => destroy)),
  };
}

type Results = Readonly<Record<Contestant, Timing>>;

/** The first life of a process that has done nothing before but import the code. */
function fresh(size: number, folder: string): Results {
  const script = fileURLToPath(import.meta.url);
  return each((who) => {
    const runs = Array.from({ length: Number(values.fresh) }, () => {
      const options = ['--once', who, '--sizes', String(size), '--folder', folder];
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        [...process.execArgv, script, ...options],
        { encoding: 'utf8' },
      );
      if (status !== 0) throw new Error(stderr);
      return JSON.parse(stdout) as Timing;
    });
    return medians(runs);
  });
}

/**
 * The median of many lives in one process.
 *
 * The contestants take turns in blocks. Garbage is collected between blocks only: a forced collection makes V8 forget optimised code, so
 * that the life after it is not warm; and the garbage of one contestant is not to be the next one's work.
 */
async function warm(size: number, folder: string): Promise<Results> {
  const found: Record<Contestant, Timing[]> = { hand: [], xml: [], yaml: [], library: [] };
  const unmeasured = Math.max(2, Math.ceil(WARM_BEANS / size));
  const measured = Math.max(Number(values.rounds), Math.min(50, unmeasured));
  for (let block = 0; block < BLOCKS; block += 1) {
    for (const who of CONTESTANTS) {
      globalThis.gc?.();
      for (let life = -unmeasured; life < measured; life += 1) {
        const timing = await measure(who, size, folder);
        if (life >= 0) found[who].push(timing);
      }
    }
  }
  return each((who) => medians(found[who]));
}

function each(task: (who: Contestant) => Timing): Results {
  return { hand: task('hand'), xml: task('xml'), yaml: task('yaml'), library: task('library') };
}

function report(size: number, state: string, { hand, xml, yaml, library }: Results): void {
  const ms = (time: number): string => (time === 0 ? '' : time.toFixed(2));
  for (const [name, timing] of Object.entries({ 'by hand': hand, XML: xml, YAML: yaml })) {
    const { read, create, destroy } = timing;
    const all = read + create + destroy;
    const cells = [ms(read), ms(create), ms(destroy), ms(all), ((all / size) * 1000).toFixed(1)];
    const ratios = [
      timing === hand ? '' : (create / hand.create).toFixed(2),
      timing === yaml ? (read / library.read).toFixed(2) : '',
    ];
    console.log(`| ${size} ${name}, ${state} | ${[...cells, ...ratios].join(' | ')} |`);
  }
}

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'red5-bench-'));
  console.log(
    '| beans | read + check | create | destroy | all, ms | µs a bean | create ÷ by hand | read ÷ yaml library |',
  );
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
  try {
    for (const size of sizes) {
      await writeFile(path.join(folder, `${size}.xml`), xmlOf(size));
      await writeFile(path.join(folder, `${size}.yaml`), yamlOf(size));
      if (Number(values.fresh) > 0) report(size, 'first', fresh(size, folder));
      if (Number(values.rounds) > 0) report(size, 'warm', await warm(size, folder));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

if (values.once === undefined) await main();
else
  console.log(
    JSON.stringify(await measure(values.once as Contestant, sizes[0] ?? 0, values.folder ?? '')),
  );
