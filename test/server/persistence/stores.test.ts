import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { LMDBStore, MemoryStore, type Store } from '../../../src/server/index.ts';
import {
  decodeStoredValue,
  encodeStoredValue,
} from '../../../src/server/persistence/storedValue.ts';

const folders: string[] = [];

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'red5-store-'));
  folders.push(path);
  return path;
}

after(async () => {
  for (const path of folders) await rm(path, { recursive: true, force: true });
});

const kinds: { name: string; make: () => Promise<Store> }[] = [
  { name: 'MemoryStore', make: async () => new MemoryStore() },
  { name: 'LMDBStore', make: async () => new LMDBStore(join(await folder(), 'made', 'here')) },
];

for (const { name, make } of kinds) {
  describe(name, () => {
    it('reads back what was written, by collection', async () => {
      const store = await make();
      await store.write(
        'a',
        new Map<string, unknown>([
          ['k', 1],
          ['l', { deep: [1, 'x'] }],
        ]),
      );
      await store.write('b', new Map([['k', 2]]));
      assert.deepEqual(
        await store.read('a'),
        new Map<string, unknown>([
          ['k', 1],
          ['l', { deep: [1, 'x'] }],
        ]),
      );
      assert.deepEqual(await store.read('nothing'), new Map());
      await store.write(
        'a',
        new Map<string, unknown>([
          ['k', undefined],
          ['m', 3],
          ['gone', undefined],
        ]),
      );
      assert.deepEqual(
        await store.read('a'),
        new Map<string, unknown>([
          ['l', { deep: [1, 'x'] }],
          ['m', 3],
        ]),
      );
      await store.close();
      await store.close();
    });

    it('lists and clears collections', async () => {
      const store = await make();
      for (const collection of ['so:/a\nx', 'so:/b\nx', 'scope:/a']) {
        await store.write(collection, new Map([['k', 1]]));
      }
      assert.deepEqual([...(await store.list('so:'))].sort(), ['so:/a\nx', 'so:/b\nx']);
      await store.clear('so:/a\nx');
      await store.write('so:/b\nx', new Map([['k', undefined]]));
      assert.deepEqual(await store.list('so:'), []);
      assert.deepEqual(await store.read('so:/a\nx'), new Map());
      assert.deepEqual(await store.read('scope:/a'), new Map([['k', 1]]));
      await store.close();
    });

    it('takes any text as name of a collection and of a record', async () => {
      const store = await make();
      const names = [
        '',
        '../../evil',
        'a/b',
        'nul\0x',
        '\u{10ffff}',
        '#x',
        'x'.repeat(5000),
        'é',
        '\ud800',
        '\ud801',
        '~',
      ];
      for (const collection of names) {
        await store.write(collection, new Map(names.map((key) => [key, collection + key])));
      }
      for (const collection of names) {
        const records = await store.read(collection);
        assert.equal(records.size, names.length);
        for (const key of names) assert.equal(records.get(key), collection + key);
      }
      await store.close();
    });

    it('keeps the order of writes that are not awaited', async () => {
      const store = await make();
      const writes: unknown[] = [];
      for (let i = 0; i < 200; i += 1) writes.push(store.write('c', new Map([['k', i]])));
      await Promise.all(writes);
      assert.deepEqual(await store.read('c'), new Map([['k', 199]]));
      await store.close();
    });
  });
}

describe('LMDBStore', () => {
  it('has what it stored when it is opened again, in two files whatever the names', async () => {
    const path = await folder();
    const first = new LMDBStore(path);
    await first.write('../x', new Map([['../../y', 'kept']]));
    await first.close();
    const second = new LMDBStore();
    second.folder = path;
    assert.deepEqual(second.read('../x'), new Map([['../../y', 'kept']]));
    assert.deepEqual(second.list(''), ['../x']);
    await second.close();
    assert.deepEqual((await readdir(path)).sort(), ['data.mdb', 'lock.mdb']);
  });

  it('says when it cannot be opened', () => {
    assert.throws(() => new LMDBStore('/dev/null/nowhere').read('a'), { code: 'STORE_FAILED' });
    assert.throws(() => new LMDBStore().read('a'), { code: 'STORE_FAILED' });
  });
});

describe('stored values', () => {
  it('come back as they were', () => {
    const plain = [
      fc.boolean(),
      fc.integer(),
      fc.double(),
      fc.string(),
      fc.constantFrom(null, undefined),
    ];
    const anything = fc.anything({
      // Two dates that are none are not equal for Node.
      values: [...plain, fc.date({ noInvalidDate: true })],
      withBigInt: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: false,
    });
    fc.assert(
      fc.property(anything, (value) => {
        assert.deepEqual(decodeStoredValue(encodeStoredValue(value)), value);
      }),
    );
    const noDate = decodeStoredValue(encodeStoredValue(new Date(Number.NaN)));
    assert.ok(noDate instanceof Date && Number.isNaN(noDate.getTime()));
  });

  it('keep marks, and are not fooled by values that look like them', () => {
    const className = Symbol.for('red5-node.amfClassName');
    const vector = Symbol.for('red5-node.amfVectorType');
    const list = Object.assign([1, { [className]: 'B', x: 1 }], { [vector]: '' });
    const cases: unknown[] = [
      { [className]: 'app.Point', x: 1, inner: list },
      list,
      new Map([['k', { [className]: 'A' }]]),
      new Set([{ [className]: 'A' }]),
      Object.assign(Uint8Array.of(1, 2), { [vector]: 'x' }),
      { '\0marked': 1 },
      { '\0marked': { '\0marks': [], '\0content': {} }, [className]: 'x' },
      { a: { '\0content': 1, '\0marks': 2 }, b: { [className]: 'y' } },
    ];
    for (const value of cases) assert.deepEqual(decodeStoredValue(encodeStoredValue(value)), value);
  });
});
