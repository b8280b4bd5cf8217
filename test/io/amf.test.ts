import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProtocolError } from '../../src/base/index.ts';
import {
  AMF0Reader,
  type AMF3Reader,
  AMFXML,
  classNameOf,
  KeyCache,
  readAMF0,
  readAMF3,
  withClassName,
  writeAMF0,
  writeAMF3,
} from '../../src/io/index.ts';
import { AMF0_VECTORS, AMF3_VECTORS, type AMFVector, BAD_AMF0, BAD_AMF3 } from './amfVectors.ts';

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

const formats = [
  { name: 'AMF0', read: readAMF0, write: writeAMF0, vectors: AMF0_VECTORS, bad: BAD_AMF0 },
  { name: 'AMF3', read: readAMF3, write: writeAMF3, vectors: AMF3_VECTORS, bad: BAD_AMF3 },
];

for (const format of formats) {
  describe(format.name, () => {
    for (const vector of format.vectors) {
      it(`reads ${vector.name}`, () => {
        assert.deepStrictEqual(format.read(bytesOf(vector.hex)), vector.value);
      });

      it(`reads ${vector.name} with a cache of names`, () => {
        const keys = new KeyCache();
        format.read(bytesOf(vector.hex), { keys });
        assert.deepStrictEqual(format.read(bytesOf(vector.hex), { keys }), vector.value);
      });

      it(`takes ${vector.name} cut off anywhere for truncated`, () => {
        const bytes = bytesOf(vector.hex);
        for (let length = 0; length < bytes.length; length++) {
          assert.throws(() => format.read(bytes.subarray(0, length)), {
            name: 'ProtocolError',
            code: 'AMF_TRUNCATED',
          });
        }
      });
    }

    for (const vector of format.vectors.filter(written)) {
      it(`writes ${vector.name}`, () => {
        assert.equal(format.write(vector.value).toString('hex'), vector.hex);
      });
    }

    for (const [name, hex, code] of format.bad) {
      it(`refuses ${name}`, () => {
        assert.throws(() => format.read(bytesOf(hex)), { name: 'ProtocolError', code });
      });
    }

    it('gives a ProtocolError or a value for every vector with any one byte changed', () => {
      for (const vector of format.vectors) {
        const bytes = bytesOf(vector.hex);
        for (let i = 0; i < bytes.length; i++) {
          for (let value = 0; value < 256; value++) {
            const changed = Buffer.from(bytes);
            changed[i] = value;
            readOrProtocolError(() => format.read(changed));
          }
        }
      }
    });

    it('leaves functions and symbols out of objects and makes them undefined in arrays', () => {
      const value = { a: 1, f: () => 1, s: Symbol('s') };
      assert.deepStrictEqual(format.read(format.write(value)), { a: 1 });
      assert.deepStrictEqual(format.read(format.write([value.f, value.s])), [undefined, undefined]);
    });

    it('writes a bigint as number where that is exact, else as text', () => {
      assert.equal(format.read(format.write(12n)), 12);
      assert.equal(format.read(format.write(2n ** 64n)), '18446744073709551616');
    });

    it('writes a Set as array', () => {
      assert.deepStrictEqual(format.read(format.write(new Set(['a', 1]))), ['a', 1]);
    });

    it('writes any bytes as ByteArray', () => {
      const bytes = new Uint8Array([1, 2, 3]);
      assert.deepStrictEqual(format.read(format.write(Buffer.from(bytes))), bytes);
      assert.deepStrictEqual(format.read(format.write(bytes.buffer)), bytes);
    });

    it('refuses to write values nested deeper than 256', () => {
      let value: unknown[] = [];
      for (let i = 0; i < 256; i++) value = [value];
      assert.throws(() => format.write(value), { name: 'Red5Error', code: 'AMF_TOO_DEEP' });
    });

    it('writes holes of arrays as undefined', () => {
      const holes: unknown[] = [];
      holes[2] = 'c';
      assert.deepStrictEqual(format.read(format.write(holes)), [undefined, undefined, 'c']);
    });

    it('writes text longer than 65,535 bytes', () => {
      for (const text of ['a'.repeat(70_000), 'é'.repeat(40_000)]) {
        assert.equal(format.read(format.write(text)), text);
      }
    });

    it('keeps limits it was given', () => {
      const text = format.write(['a'.repeat(11)]);
      assert.throws(() => format.read(text, { limits: { maxStringBytes: 10 } }), {
        code: 'AMF_STRING_TOO_LONG',
      });
      assert.throws(() => format.read(format.write([[1]]), { limits: { maxDepth: 1 } }), {
        code: 'AMF_TOO_DEEP',
      });
      assert.throws(() => format.read(format.write([1, 2]), { limits: { maxValues: 2 } }), {
        code: 'AMF_TOO_MANY_VALUES',
      });
    });

    it('counts what references stand for, so that 30 arrays do not become 1,000,000,000', () => {
      let value: unknown = 'x'.repeat(10);
      for (let i = 0; i < 30; i++) value = [value, value];
      assert.throws(() => format.read(format.write(value)), { code: 'AMF_TOO_MANY_VALUES' });
    });
  });
}

describe('AMF0', () => {
  it('writes a Map as ECMA array', () => {
    assert.equal(
      writeAMF0(
        new Map<unknown, unknown>([
          ['k', 'v'],
          [1, null],
        ]),
      ).toString('hex'),
      '08000000020001 6b 02000176 000131 05 000009'.replaceAll(' ', ''),
    );
  });

  it('writes an array with names as ECMA array', () => {
    assert.equal(
      writeAMF0(Object.assign([true], { k: 'v' })).toString('hex'),
      '08 00000002 0001 30 0101 0001 6b 02 0001 76 000009'.replaceAll(' ', ''),
    );
  });

  it('reads several values one after the other, AMF3 strings referring back across them', () => {
    const reader = new AMF0Reader(bytesOf('11 06 05 6869 05 11 06 00'));
    assert.deepStrictEqual(
      [reader.readValue(), reader.readValue(), reader.readValue()],
      ['hi', null, 'hi'],
    );
    assert.equal(reader.remaining, 0);
  });

  it('writes an object anew where 16 bits cannot refer back to it', () => {
    const objects = Array.from({ length: 65_537 }, (_, i) => ({ i }));
    const [first, last] = [objects[0], objects[65_536]];
    const back = readAMF0(writeAMF0([objects, first, last]), {
      limits: { maxValues: 200_000 },
    }) as unknown[][];
    assert.equal(back[1], back[0]?.[0]);
    assert.notEqual(back[2], back[0]?.[65_536]);
    assert.deepStrictEqual(back[2], last);
  });

  it('refuses to write a name longer than 65,535 bytes', () => {
    assert.throws(() => writeAMF0({ ['a'.repeat(65_536)]: 1 }), { code: 'AMF_STRING_TOO_LONG' });
  });

  it('never lets a name from the wire reach a prototype', () => {
    const value = readAMF0(bytesOf('03 0009 5f5f70726f746f5f5f 03 0001 78 0101 000009 000009'));
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
  });

  it('writes an ArrayCollection as plain array', () => {
    const value = withClassName([1], 'flex.messaging.io.ArrayCollection');
    assert.equal(writeAMF0(value).toString('hex'), '0a00000001003ff0000000000000');
  });
});

describe('AMF3', () => {
  it('keeps the class name of a typed object aside', () => {
    const value = readAMF3(bytesOf('0a 13 03 43 03 61 04 01')) as object;
    assert.equal(classNameOf(value), 'C');
    assert.deepEqual(Object.keys(value), ['a']);
  });

  it('reads and writes classes that were registered', () => {
    const point = {
      read: (reader: AMF3Reader) => ({ x: reader.readValue() }),
      write: () => assert.fail('not written here'),
    };
    const value = readAMF3(bytesOf('0a 07 0b 506f696e74 04 07'), {
      externalizables: new Map([['Point', point]]),
    });
    assert.deepStrictEqual(value, withClassName({ x: 7 }, 'Point'));
  });

  it('leaves out a property with an empty name, which would end the object', () => {
    assert.deepStrictEqual(readAMF3(writeAMF3({ '': 1, a: 2 })), { a: 2 });
  });

  it('keeps an ObjectProxy of a typed object as that object', () => {
    const hex =
      '0a 07 3b 666c65782e6d6573736167696e672e696f2e4f626a65637450726f7879 0a 13 03 43 03 61 04 01';
    assert.deepStrictEqual(readAMF3(bytesOf(hex)), withClassName({ a: 1 }, 'C'));
  });

  it('gives the same table positions to an ArrayCollection and what follows as a reader expects', () => {
    const shared = { a: 1 };
    const value = [withClassName([shared], 'flex.messaging.io.ArrayCollection'), shared];
    assert.deepStrictEqual(readAMF3(writeAMF3(value)), value);
    const copy = readAMF3(writeAMF3(value)) as [unknown[], unknown];
    assert.equal(copy[0][0], copy[1]);
  });

  it('lets what is in an ArrayCollection or ObjectProxy refer to it', () => {
    const collection: unknown[] = withClassName([], 'flex.messaging.io.ArrayCollection');
    collection.push({ owner: collection });
    const list = readAMF3(writeAMF3(collection)) as { owner: unknown }[];
    assert.equal(list[0]?.owner, list);
    const proxy: { me?: unknown } = withClassName({}, 'flex.messaging.io.ObjectProxy');
    proxy.me = [proxy];
    const object = readAMF3(writeAMF3(proxy)) as { me: unknown[] };
    assert.equal(object.me[0], object);
    const nested = withClassName([collection], 'flex.messaging.io.ArrayList');
    const outer = readAMF3(writeAMF3(nested)) as { owner: unknown }[][];
    assert.equal(outer[0]?.[0]?.owner, outer[0]);
  });

  it('counts the text that string references stand for', () => {
    const text = 'x'.repeat(1000);
    const value = Array.from({ length: 20_000 }, () => text);
    assert.throws(() => readAMF3(writeAMF3(value)), { code: 'AMF_TOO_MANY_VALUES' });
  });

  it('refuses to write a list that is longer than 28 bits can say', () => {
    assert.throws(() => writeAMF3(new Array(2 ** 28)), { code: 'AMF_STRING_TOO_LONG' });
  });

  it('tells names of the same length from each other in a cache that is full of them', () => {
    const keys = new KeyCache();
    const names = Array.from({ length: 5_000 }, (_, i) => `k${String(i).padStart(4, '0')}`);
    for (let round = 0; round < 2; round++) {
      for (const name of names) {
        const bytes = Buffer.from(`-${name}-`);
        assert.equal(keys.textOf(bytes, 1, name.length), name);
      }
    }
  });

  it('prints XML as its text', () => {
    assert.equal(String(new AMFXML('<a/>')), '<a/>');
  });

  it('reads from a plain Uint8Array', () => {
    assert.equal(readAMF3(new Uint8Array([0xff, 4, 7]).subarray(1)), 7);
  });
});

function written(vector: AMFVector): boolean {
  return vector.way === 'both';
}

function readOrProtocolError(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
}
