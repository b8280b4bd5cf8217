import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import {
  importSharedObjects,
  MemoryStore,
  readSharedObjectFile,
} from '../../../src/server/index.ts';

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes]);
};
const string = (value: string): Buffer => Buffer.concat([Buffer.of(2), text(value)]);
const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(9);
  bytes.writeDoubleBE(value, 1);
  return bytes;
};
const ecmaArray = (entries: Record<string, Buffer>): Buffer =>
  Buffer.concat([
    Buffer.of(8, 0, 0, 0, Object.keys(entries).length),
    ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]),
    Buffer.of(0, 0, 9),
  ]);

/** A file as Red5's FilePersistence writes it. */
const file = (name: string, entries: Record<string, Buffer>, className?: string): Buffer =>
  Buffer.concat([
    string(className ?? 'org.red5.server.so.SharedObject'),
    string(name),
    ecmaArray(entries),
  ]);

describe('shared objects of Red5', () => {
  it('are read from a file', () => {
    const { name, attributes } = readSharedObjectFile(
      file('scores', { best: number(42), who: string('ann'), list: ecmaArray({ 0: number(1) }) }),
    );
    assert.equal(name, 'scores');
    assert.deepEqual(
      [...attributes],
      [
        ['best', 42],
        ['who', 'ann'],
        ['list', { 0: 1 }],
      ],
    );
  });

  it('are refused when the file is something else, or cut off anywhere', () => {
    const whole = file('s', { k: number(1) });
    for (let length = 0; length < whole.length; length += 1) {
      assert.throws(() => readSharedObjectFile(whole.subarray(0, length)), { code: 'RED5_FILE' });
    }
    assert.throws(() => readSharedObjectFile(file('s', {}, 'java.lang.Runtime')), {
      code: 'RED5_FILE',
    });
  });

  it('go into the store under their scope and name, and faulty files are reported', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'red5-import-'));
    const put = async (path: string, bytes: Buffer): Promise<void> => {
      const full = join(folder, 'SHARED_OBJECT', path);
      await mkdir(dirname(full), { recursive: true });
      await writeFile(full, bytes);
    };
    await put('chat/lobby.red5', file('lobby', { topic: string('hi') }));
    await put('chat/room1/a/b.red5', file('a/b', { n: number(1) }));
    await put('chat/broken.red5', Buffer.of(1, 2, 3));
    await put('chat/other.red5', file('somebody', {}));
    await put('chat/notes.txt', Buffer.from('ignored'));
    const store = new MemoryStore();
    store.write('so:/chat\nlobby', new Map([['old', 1]]));
    const report = await importSharedObjects(folder, store);
    assert.deepEqual(
      report.map(({ file: path, scope, name, attributes, error }) => [
        path,
        scope,
        name,
        attributes,
        error !== undefined,
      ]),
      [
        ['chat/broken.red5', undefined, undefined, undefined, true],
        ['chat/lobby.red5', '/chat', 'lobby', 1, false],
        ['chat/other.red5', undefined, undefined, undefined, true],
        ['chat/room1/a/b.red5', '/chat/room1', 'a/b', 1, false],
      ],
    );
    assert.deepEqual(store.read('so:/chat\nlobby'), new Map([['topic', 'hi']]));
    assert.deepEqual(store.read('so:/chat/room1\na/b'), new Map([['n', 1]]));
    await rm(folder, { recursive: true, force: true });
  });
});
