import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readCorpus } from './corpus.ts';
import { FuzzFailure, type FuzzTarget, fuzz, randomOf } from './engine.ts';
import { TARGETS } from './targets.ts';

const RUNS = 20_000;

describe('fuzzing', () => {
  for (const target of TARGETS) {
    it(`${target.name} takes its corpus and ${RUNS} changed inputs`, () => {
      const corpus = readCorpus(target.name);
      const runs = target.name === 'handshake' ? RUNS / 20 : RUNS;
      fuzz(target, { runs, seed: 1, guided: false, corpus });
    });
  }

  it('has a corpus', () => {
    const sizes = TARGETS.map((target) => readCorpus(target.name).length);
    assert.ok(Math.max(...sizes) > 5, 'no corpus: run scripts/fuzz.mjs --keep');
  });

  it('reports an input that is not taken, by its bytes', () => {
    const target: FuzzTarget = {
      name: 'picky',
      seeds: [Buffer.from('ab')],
      run: (input) => assert.ok(input.length > 0, 'empty'),
    };
    assert.throws(
      () => fuzz(target, { runs: 10_000, seed: 1, guided: false }),
      (error) => error instanceof FuzzFailure && error.input.length === 0,
    );
  });

  it('keeps inputs that reach new code', () => {
    const target: FuzzTarget = {
      name: 'layers',
      seeds: [Buffer.from('0000', 'hex')],
      run: layered,
    };
    const options = { runs: 20_000, seed: 3, guided: true, code: ['fuzz.test.ts'] };
    const { found } = fuzz(target, options);
    assert.ok(found.some((input) => input[0] === 0x77));
    assert.ok(found.length < 20, `${found.length} inputs were kept`);
  });

  it('has numbers that depend on the seed only', () => {
    const [a, b, c] = [randomOf(5), randomOf(5), randomOf(6)];
    const first = [a(), a()];
    assert.deepEqual(first, [b(), b()]);
    assert.notDeepEqual(first, [c(), c()]);
  });
});

function layered(input: Buffer): number {
  if (input[0] === 0x77) {
    if (input[1] === 0x66) return 2;
    return 1;
  }
  return 0;
}
