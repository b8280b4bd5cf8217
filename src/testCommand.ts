import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { after } from 'node:test';
import { ModuleLoader } from './boot/index.ts';
import type { CommandResult } from './checkCommand.ts';
import * as publicAPI from './index.ts';
import * as testing from './testing.ts';

const testFile = /\.test\.(ts|mts|cts|js|mjs|cjs)$/;

/**
 * `red5 test`: runs the tests of a webapp with `node:test` in this process, its TypeScript as it is.
 *
 * The exit code is 0 when all passed, 1 when one failed, 2 when there is nothing to run.
 */
export async function testCommand(folder: string): Promise<CommandResult> {
  const absolute = path.resolve(folder);
  const files = await testFilesOf(absolute);
  if (files.length === 0) {
    const what = existsSync(absolute) ? 'no *.test.ts or *.test.js' : 'no such folder';
    return { output: `red5: "${folder}": ${what}\n`, exitCode: 2 };
  }
  const ended = new Promise<void>((resolve) => after(() => resolve()));
  const loader = new ModuleLoader(absolute, {
    'red5-node': publicAPI,
    'red5-node/testing': testing,
  });
  for (const file of files) await loader.load(file);
  await ended;
  return { output: '', exitCode: Number(process.exitCode ?? 0) };
}

async function testFilesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  return entries
    .filter((name) => testFile.test(name) && !name.split(path.sep).includes('node_modules'))
    .map((name) => path.join(folder, name))
    .toSorted();
}
