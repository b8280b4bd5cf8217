import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LMDBStore } from '../../../src/server/index.ts';

const WRITER = fileURLToPath(new URL('./killedWriter.ts', import.meta.url));

/** Starts a process that writes, kills it after so many acknowledgements, and returns the numbers it acknowledged. */
async function writeAndKill(folder: string, from: number, killAfter: number): Promise<number[]> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=red5-source', WRITER, folder, String(from), '100000'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const acknowledged: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'ready') continue;
    acknowledged.push(Number(line));
    if (acknowledged.length === killAfter) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  assert.equal(child.signalCode, 'SIGKILL');
  return acknowledged;
}

/** The numbers of all batches in the store; fails on one that is there by half. */
async function readBatches(folder: string): Promise<Set<number>> {
  const store = new LMDBStore(folder);
  const found = new Set<number>();
  for (let collection = 0; collection < 10; collection += 1) {
    const records = store.read(`so:/chat\n${collection}`);
    for (const [key, value] of records) {
      if (key === 'last') continue;
      const { i } = value as { i: number };
      found.add(i);
      assert.deepEqual(records.get(`right${i}`), { i });
      assert.deepEqual(records.get(`left${i}`), { i, text: 'x'.repeat(i % 500) });
    }
  }
  await store.close();
  return found;
}

describe('a process that is killed while it writes', () => {
  const rounds = Number(process.env['CRASH_ROUNDS'] ?? 5);
  const writes = Number(process.env['CRASH_WRITES'] ?? 500);
  it(`has lost nothing it acknowledged and written nothing by half, ${rounds} times`, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const folder = await mkdtemp(join(tmpdir(), 'red5-crash-'));
      // Twice in the same folder, so that what the first left behind is written on.
      const acknowledged = new Set<number>();
      for (const from of [0, writes]) {
        const killAfter = 1 + Math.floor(Math.random() * (writes - 1));
        for (const i of await writeAndKill(folder, from, killAfter)) acknowledged.add(i);
        const found = await readBatches(folder);
        const missing = [...acknowledged].filter((i) => !found.has(i));
        assert.deepEqual(missing, [], 'acknowledged and not there');
      }
      assert.ok(acknowledged.size >= 2);
      await rm(folder, { recursive: true, force: true });
    }
  });
});
