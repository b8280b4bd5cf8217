import { LMDBStore } from '../../../src/server/index.ts';

// Run as a process of its own and killed: writes batches of two records each, which have to agree, and says what is acknowledged.
const [folder = '', from = '0', count = '200'] = process.argv.slice(2);
const store = new LMDBStore(folder);
process.stdout.write('ready\n');
const running = new Set<Promise<void>>();
for (let i = Number(from); i < Number(from) + Number(count); i += 1) {
  const write = store
    .write(
      `so:/chat\n${i % 10}`,
      new Map<string, unknown>([
        [`left${i}`, { i, text: 'x'.repeat(i % 500) }],
        [`right${i}`, { i }],
        ['last', i],
      ]),
    )
    .then(() => {
      process.stdout.write(`${i}\n`);
      running.delete(write);
    });
  running.add(write);
  if (running.size >= 8) await Promise.race(running);
}
await Promise.all(running);
await store.close();
