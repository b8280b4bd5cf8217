import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HeldFrames } from '../../../../src/plugins/websocket/frame/HeldFrames.ts';
import type { Pending } from '../../../../src/plugins/websocket/frame/Pending.ts';

function frame(sequence: number, bytes: number, key?: string): Pending {
  return { sequence, bytes: Buffer.alloc(bytes), frames: 1, key };
}

function sequencesOf(pending: readonly Pending[]): number[] {
  return pending.map(({ sequence }) => sequence);
}

describe('HeldFrames', () => {
  it('puts what replaces at the end, and keeps all else in its order', () => {
    const held = new HeldFrames(true);
    const replaced = [
      frame(1, 10, 'score'),
      frame(2, 20),
      frame(3, 30, 'clock'),
      frame(4, 40, 'score'),
      frame(5, 50),
      frame(6, 60, 'score'),
    ].map((one) => held.push(one));
    assert.deepEqual(replaced, [0, 0, 0, 1, 0, 1]);
    assert.equal(held.bytes, 20 + 30 + 50 + 60);
    assert.deepEqual(sequencesOf(held.take(1000)), [2, 3, 5, 6]);
    assert.equal(held.bytes, 0);
  });

  it('replaces nothing when it does not coalesce', () => {
    const held = new HeldFrames(false);
    held.push(frame(1, 10, 'score'));
    assert.equal(held.push(frame(2, 10, 'score')), 0);
    assert.deepEqual(sequencesOf(held.take(1000)), [1, 2]);
  });

  it('does not grow however often the same few keys are replaced', () => {
    const held = new HeldFrames(true);
    held.push(frame(0, 5));
    let replaced = 0;
    for (let at = 1; at <= 100_000; at++) replaced += held.push(frame(at, 10, `key ${at % 7}`));
    assert.equal(replaced, 100_000 - 7);
    assert.equal(held.bytes, 5 + 70);
    assert.deepEqual(
      sequencesOf(held.take(1000)),
      [0, 99_994, 99_995, 99_996, 99_997, 99_998, 99_999, 100_000],
    );
  });

  it('drops all but the last', () => {
    const held = new HeldFrames(true);
    for (let at = 0; at < 5; at++) held.push(frame(at, 10));
    assert.equal(held.dropAllButLast(), 4);
    assert.deepEqual(sequencesOf(held.take(1000)), [4]);
    assert.equal(held.dropAllButLast(), 0);
  });

  it('is a list from which keys are taken out, for any order of calls', () => {
    const steps = fc.array(
      fc.record({
        what: fc.constantFrom('push', 'push', 'push', 'take', 'drop', 'flood'),
        size: fc.nat(200),
        key: fc.constantFrom(undefined, 'a', 'b', 'c'),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(steps, (some) => {
        const both = new HeldAndModel();
        for (const { what, size, key } of some) {
          if (what === 'push') both.push(size, key);
          // Enough to have the queue tidied up.
          else if (what === 'flood') for (let n = 0; n < 1000; n++) both.push(1, `key ${n % 2}`);
          else if (what === 'take') both.take(size);
          else both.dropUntil(size);
        }
        both.take(Number.MAX_SAFE_INTEGER);
      }),
      { numRuns: 200 },
    );
  });
});

/** A queue, and beside it a plain array that does the same. */
class HeldAndModel {
  readonly #held = new HeldFrames(true);
  #model: Pending[] = [];
  #sequence = 0;

  push(bytes: number, key: string | undefined): void {
    const one = frame(this.#sequence++, bytes, key);
    const kept = this.#model.filter((other) => key === undefined || other.key !== key);
    assert.equal(this.#held.push(one), this.#model.length - kept.length);
    this.#model = [...kept, one];
    assert.equal(this.#held.bytes, sizeOf(this.#model));
  }

  take(bytes: number): void {
    const { length } = this.#model;
    let count = Math.min(length, 1);
    while (count < length && sizeOf(this.#model.slice(0, count + 1)) <= bytes) count++;
    assert.deepEqual(this.#held.take(bytes), this.#model.splice(0, count));
  }

  dropUntil(bytes: number): void {
    let count = 0;
    while (sizeOf(this.#model.slice(count)) > bytes) count++;
    this.#model.splice(0, count);
    assert.equal(this.#held.dropUntil(bytes), count);
  }
}

function sizeOf(list: readonly Pending[]): number {
  return list.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
