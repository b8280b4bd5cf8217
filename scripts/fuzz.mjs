// Feeds everything that takes bytes from the network with changed inputs, guided by coverage.
//   node --import tsx scripts/fuzz.mjs [--runs 10000000] [--target amf0] [--seed N] [--keep]
// --runs is for all targets together; --keep writes inputs that reached new code to test/fuzz/corpus/,
// without those that others make needless.
// Exit code 1 and the input in hex when one is not taken as it has to be.
import { parseArgs } from 'node:util';
import { readCorpus, writeCorpus } from '../test/fuzz/corpus.ts';
import { fuzz, minimize } from '../test/fuzz/engine.ts';
import { TARGETS } from '../test/fuzz/targets.ts';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000000' },
    target: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() >>> 0) },
    keep: { type: 'boolean', default: false },
  },
});

const targets = TARGETS.filter((target) => (options.target ?? target.name) === target.name);
if (targets.length === 0) {
  console.error(
    `no target "${options.target}"; there are ${TARGETS.map((t) => t.name).join(', ')}`,
  );
  process.exit(1);
}
const seed = Number(options.seed);
console.log(`seed ${seed}`);
// A handshake is 3,073 bytes of HMAC and copying for each input, so it gets fewer.
const weights = targets.map((target) => (target.name === 'handshake' ? 0.05 : 1));
const total = weights.reduce((sum, weight) => sum + weight, 0);
for (const [index, target] of targets.entries()) {
  const runs = Math.ceil((Number(options.runs) * weights[index]) / total);
  const corpus = readCorpus(target.name);
  const begin = performance.now();
  const code = ['/src/io/', '/src/plugins/rtmp/'];
  const { found, reached } = fuzz(target, { runs, seed, guided: true, corpus, code });
  const seconds = (performance.now() - begin) / 1000;
  const memory = Math.round(process.memoryUsage().rss / 1e6);
  console.log(
    `${target.name.padEnd(14)} ${runs} inputs, ${Math.round(runs / seconds)}/s, ${reached} characters of code, ` +
      `${found.length} new, ${memory} MB`,
  );
  if (options.keep) writeCorpus(target.name, minimize(target, [...corpus, ...found], code));
}
