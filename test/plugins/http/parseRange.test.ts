import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRange } from '../../../src/plugins/http/parseRange.ts';

const cases: readonly (readonly [header: string, result: ReturnType<typeof parseRange>])[] = [
  ['bytes=0-4', { start: 0, end: 4 }],
  ['bytes=0-0', { start: 0, end: 0 }],
  ['bytes=5-', { start: 5, end: 9 }],
  ['bytes=-3', { start: 7, end: 9 }],
  ['bytes=-30', { start: 0, end: 9 }],
  ['bytes=5-100', { start: 5, end: 9 }],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=4-2', undefined],
  ['bytes=-', undefined],
  ['bytes=0-1,3-4', undefined],
  ['lines=0-1', undefined],
  ['bytes=a-b', undefined],
];

describe('parseRange', () => {
  for (const [header, result] of cases) {
    it(`reads ${header} of 10 bytes as ${JSON.stringify(result)}`, () => {
      assert.deepEqual(parseRange(header, 10), result);
    });
  }

  it('finds no range in an empty file', () => {
    assert.equal(parseRange('bytes=0-', 0), 'unsatisfiable');
  });
});
