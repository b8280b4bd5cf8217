import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sameValue } from '../../../src/server/sameValue.ts';
import { immutableCopy } from '../../../src/server/so/immutableCopy.ts';

const limits = { maxValueBytes: 1_000_000, maxValueDepth: 64 };
const mark = Symbol.for('red5-node.amfVectorType');

class Point {
  readonly x = 1;
}

class Fixed {
  readonly x = 1;
  constructor() {
    Object.freeze(this);
  }
}

describe('immutableCopy', () => {
  const marked = Object.assign(Int32Array.of(1, 2), { [mark]: 'int' });
  const cases: { name: string; value: unknown; copy?: unknown }[] = [
    { name: 'text', value: 'é' },
    { name: 'number', value: -1.5 },
    { name: 'big number', value: 5n },
    { name: 'nothing', value: undefined },
    { name: 'null inside', value: [null, undefined, true] },
    { name: 'date', value: new Date(5) },
    { name: 'bytes', value: Uint8Array.of(1, 2) },
    { name: 'vector with its mark', value: marked },
    { name: 'buffer as bytes', value: Buffer.from([1, 2]), copy: Uint8Array.of(1, 2) },
    {
      name: 'view as bytes',
      value: new DataView(Uint8Array.of(1, 2, 3).buffer, 1),
      copy: Uint8Array.of(2, 3),
    },
    { name: 'map', value: new Map<unknown, unknown>([[{ k: 1 }, [1]]]) },
    { name: 'set', value: new Set([1, 'a']) },
    { name: 'list with holes', value: Object.assign(new Array(3), { 0: 1, 2: 3 }) },
    {
      name: 'object without prototype',
      value: Object.assign(Object.create(null), { a: 1 }),
      copy: { a: 1 },
    },
    { name: 'instance as plain object', value: new Point(), copy: { x: 1 } },
    { name: 'frozen instance as it is', value: new Fixed() },
    { name: 'own property __proto__', value: JSON.parse('{"__proto__":{"a":1}}') },
  ];
  for (const { name, value, copy = value } of cases) {
    it(`copies: ${name}`, () => {
      assert.deepEqual(immutableCopy(value, limits).value, copy);
    });
  }

  it('shares nothing that can be changed with the original, and cannot be changed itself', () => {
    const original = { list: [1, { a: 1 }], bytes: Uint8Array.of(1) };
    const { value } = immutableCopy(original, limits);
    original.list.push(2);
    original.bytes[0] = 9;
    assert.deepEqual(value, { list: [1, { a: 1 }], bytes: Uint8Array.of(1) });
    const copy = value as typeof original;
    assert.throws(() => copy.list.push(3), TypeError);
    assert.throws(() => Object.assign(copy, { more: 1 }), TypeError);
  });

  it('keeps within depth and bytes, and refuses cycles but not repetition', () => {
    const deep = { a: { b: { c: 1 } } };
    assert.throws(() => immutableCopy(deep, { ...limits, maxValueDepth: 2 }), {
      code: 'VALUE_NOT_STORABLE',
    });
    assert.deepEqual(immutableCopy(deep, { ...limits, maxValueDepth: 3 }).value, deep);
    const long = ['x'.repeat(50), Uint8Array.from({ length: 60 })];
    assert.throws(() => immutableCopy(long, { ...limits, maxValueBytes: 100 }), {
      code: 'LIMIT_REACHED',
    });
    assert.throws(() => immutableCopy('x'.repeat(200), { ...limits, maxValueBytes: 100 }), {
      code: 'LIMIT_REACHED',
    });
    const twice = { a: 1 };
    assert.deepEqual(immutableCopy([twice, twice], limits).value, [{ a: 1 }, { a: 1 }]);
    const cycle = new Map<string, unknown>();
    cycle.set('self', cycle);
    assert.throws(() => immutableCopy(cycle, limits), { code: 'VALUE_NOT_STORABLE' });
  });

  it('is equal to any plain data by content', () => {
    const plain = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withTypedArray: true,
    });
    fc.assert(
      fc.property(plain, (value) => {
        const { value: copy, bytes } = immutableCopy(value, limits);
        assert.ok(sameValue(copy, value));
        assert.ok(sameValue(immutableCopy(copy, limits).value, copy));
        assert.ok(bytes > 0);
      }),
    );
  });
});

describe('sameValue', () => {
  const cases: [unknown, unknown, boolean][] = [
    [0, -0, true],
    [Number.NaN, Number.NaN, true],
    [1, '1', false],
    [null, undefined, false],
    [null, {}, false],
    [new Date(5), new Date(6), false],
    [new Date(Number.NaN), new Date(Number.NaN), true],
    [Uint8Array.of(1), Int8Array.of(1), false],
    [Uint8Array.of(1), Uint8Array.of(1, 2), false],
    [[1], { 0: 1 }, false],
    [[1, 2], [1], false],
    [{ a: undefined }, { b: undefined }, false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ [mark]: 'a' }, { [mark]: 'b' }, false],
    [{ [mark]: 'a' }, {}, false],
    [new Map([[1, 2]]), new Map([[1, 3]]), false],
    [new Map([[1, 2]]), new Map([[2, 2]]), false],
    [new Map([[1, 2]]), new Map(), false],
    [new Set([1]), new Set([2]), false],
    [new Set([1]), new Set(), false],
    [new Map([[[1], 2]]), new Map([[[1], 2]]), true],
    [new Map([[[1], 2]]), new Map([[[2], 2]]), false],
    [new Map<unknown, number>([[[1], 2]]), new Map<unknown, number>([[1, 2]]), false],
    [new Set([{ a: 1 }]), new Set([{ a: 1 }]), true],
    [new Set([{ a: 1 }]), new Set([{ a: 2 }]), false],
    [new Point(), { x: 1 }, false],
  ];
  for (const [a, b, same] of cases) {
    it(`tells ${String(a)} and ${String(b)} ${same ? 'are the same' : 'apart'}`, () => {
      assert.equal(sameValue(a, b), same);
      assert.equal(sameValue(b, a), same);
    });
  }
});
