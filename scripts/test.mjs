/**
 * `npm test [-- part-of-a-path …]`: runs all tests, or those in files whose path contains one of the arguments.
 *
 * Finds the files itself: on Node 20 `node --test test/` runs no .ts file and succeeds. When all tests run, it is counted how much of
 * `src/` they reach, and less than the floors of `coverage.mjs` fails.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { reportCoverage } from './coverage.mjs';
import {
  ensureBuilt,
  ensureInstalled,
  ensureTestTools,
  fail,
  filesUnder,
  root,
  run,
} from './support.mjs';

const timeoutMs = 180_000;
const filters = process.argv.slice(2);

await ensureInstalled();
await ensureTestTools();
await ensureBuilt();

const all = filesUnder('test', (file) => file.endsWith('.test.ts'));
const chosen =
  filters.length === 0 ? all : all.filter((file) => filters.some((part) => file.includes(part)));
if (chosen.length === 0)
  fail(`no test file ${filters.length ? `matches ${filters.join(', ')}` : 'found'}`);

const folder = mkdtempSync(path.join(tmpdir(), 'red5-test-'));
const record = path.join(folder, 'record.json');
const coverage = filters.length === 0 ? path.join(folder, 'coverage') : undefined;
const code = await run(
  process.execPath,
  [
    '--import',
    'tsx',
    '--conditions=red5-source',
    '--test',
    `--test-timeout=${timeoutMs}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${path.join(root, 'scripts/recordFiles.mjs')}`,
    `--test-reporter-destination=${record}`,
    ...chosen,
  ],
  coverage === undefined ? {} : { env: { ...process.env, NODE_V8_COVERAGE: coverage } },
);
const { files, passed, failed, skipped } = JSON.parse(readFileSync(record, 'utf8'));
const isCovered = coverage === undefined || (await reportCoverage(coverage));
rmSync(folder, { recursive: true });

const ran = new Set(files.map((file) => path.relative(root, file).split(path.sep).join('/')));
const silent = chosen.filter((file) => !ran.has(file));
if (silent.length > 0) console.error(`error: these files ran no test: ${silent.join(', ')}`);
console.log(`${ran.size} of ${chosen.length} test files ran`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
const isGood = code === 0 && isCovered && silent.length === 0 && passed + failed > 0;
process.exitCode = isGood ? 0 : 1;
