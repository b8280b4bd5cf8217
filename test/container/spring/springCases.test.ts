import { deepStrictEqual, ok } from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { readClassSpecs } from './ClassSpecs.ts';
import type { CaseFile } from './Expectation.ts';
import { SpringRun } from './SpringRun.ts';

/** Cases live beside the repository; `RED5_SHARED` names another place. */
const SHARED = process.env['RED5_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared');
const CASES = join(SHARED, 'spring-cases');
const EXTENDED_SHARE = 0.9;

const folders = existsSync(CASES)
  ? readdirSync(CASES, { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && existsSync(join(CASES, entry.name, 'expect.json')),
    )
  : [];

describe('Spring cases', { skip: folders.length === 0 ? `no cases in ${CASES}` : false }, () => {
  const specs = folders.length === 0 ? new Map() : readClassSpecs(join(CASES, 'classes.json'));
  let extended = 0;
  let held = 0;

  for (const { name: folder } of folders) {
    const file = JSON.parse(readFileSync(join(CASES, folder, 'expect.json'), 'utf8')) as CaseFile;
    for (const spec of file.runs) {
      it(`${file.level} ${file.case}: ${spec.name}`, async (t) => {
        const failures = await new SpringRun(join(CASES, folder), spec, specs).run();
        if (file.level === 'core') {
          deepStrictEqual(failures, []);
          return;
        }
        const count = spec.assertions.filter((one) => !('do' in one)).length;
        extended += count;
        held += Math.max(0, count - failures.length);
        for (const failure of failures) t.diagnostic(failure);
      });
    }
  }

  it('holds nine of ten extended assertions', () => {
    ok(held >= extended * EXTENDED_SHARE, `${held} of ${extended}`);
  });
});
