import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, open, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FLVReader, type FLVTag, readFLVMetadata } from '../../../../src/io/index.ts';
import { createMediaMessage, type MediaMessage } from '../../../../src/server/index.ts';
import { RecordingFile } from '../../../../src/server/stream/record/RecordingFile.ts';
import { decodingErrors, makeFLV, probe } from '../../../support/media.ts';
import { TemporaryFolder } from '../../../support/TemporaryFolder.ts';

const WRITER = fileURLToPath(new URL('./killedRecorder.ts', import.meta.url));

/** Four seconds of real media. */
let source: FLVTag[];

before(async () => {
  await using folder = await TemporaryFolder.create();
  await makeFLV(folder.file('source.flv'), 4);
  source = readTags(await readFile(folder.file('source.flv')));
  assert.ok(source.length > 250);
});

function shifted({ type, timestamp, payload }: FLVTag, offset: number): MediaMessage {
  return createMediaMessage(type, timestamp + offset, payload);
}

/** Records messages as they come from a publisher that began long ago. */
async function record(path: string, messages: readonly FLVTag[], append = false): Promise<void> {
  const file = await RecordingFile.open({ path, append });
  for (const message of messages) {
    file.add(shifted(message, 5_000_000_000), message.timestamp);
    if (Math.random() < 0.1) await file.flush();
  }
  await file.close();
}

describe('a recording', () => {
  it('has all that was published, begins with 0 and says how long it is', async () => {
    await using folder = await TemporaryFolder.create();
    const path = folder.file('a.flv');
    await record(path, source);
    assert.equal(await decodingErrors(path), '');
    const { duration, packets, codecs } = await probe(path);
    assert.deepEqual(codecs, ['aac', 'h264']);
    assert.equal(packets['video'], 100);
    assert.ok((packets['audio'] ?? 0) > 170);
    assert.ok(Math.abs(duration - 4) < 0.1, `${duration} s`);
    const [metadata, ...media] = readTags(await readFile(path));
    assert.equal(metadata?.type, 'data');
    assert.equal(media[0]?.timestamp, 0);
  });

  it('lists where its key frames are, after the place where the codec is described', async () => {
    await using folder = await TemporaryFolder.create();
    const path = folder.file('a.flv');
    await record(path, source);
    const bytes = await readFile(path);
    const { keyframes, filesize, width } = metadataOf(bytes);
    const { times, filepositions } = keyframes;
    assert.deepEqual(times.map(Math.round), [0, 0, 1, 2, 3]);
    assert.equal(filesize, bytes.length);
    assert.equal(width, 320);
    for (const position of filepositions.slice(1)) {
      assert.equal(bytes[position], 9);
      assert.equal(bytes[position + 11], 0x17, 'an AVC key frame');
    }
  });

  it('leaves out video before the first key frame', async () => {
    await using folder = await TemporaryFolder.create();
    const path = folder.file('a.flv');
    const isVideo = ({ type, payload }: FLVTag) => type === 'video' && payload[1] === 1;
    const first = source.findIndex(isVideo);
    await record(path, source.toSpliced(first, 1));
    assert.equal((await probe(path)).packets['video'], 75);
  });

  it('announces only the media it has', async () => {
    await using folder = await TemporaryFolder.create();
    for (const [type, flag] of [
      ['audio', 4],
      ['video', 1],
    ] as const) {
      const path = folder.file(`${type}.flv`);
      await record(
        path,
        source.filter((message) => message.type === type),
      );
      assert.equal((await readFile(path))[4], flag);
      assert.deepEqual(Object.keys((await probe(path)).packets), [type]);
    }
  });

  it('of nothing leaves no file', async () => {
    await using folder = await TemporaryFolder.create();
    const file = await RecordingFile.open({ path: folder.file('a.flv'), append: false });
    await file.close();
    await assert.rejects(stat(folder.file('a.flv')));
  });

  it('replaces a file, or the link it is, without writing to it', async () => {
    await using folder = await TemporaryFolder.create({ 'target.txt': 'mine' });
    await symlink(folder.file('target.txt'), folder.file('a.flv'));
    await record(folder.file('a.flv'), source);
    assert.equal(await readFile(folder.file('target.txt'), 'utf8'), 'mine');
    assert.ok((await probe(folder.file('a.flv'))).duration > 3);
  });

  it('is not appended to through a link', async () => {
    await using folder = await TemporaryFolder.create({ 'target.flv': 'mine' });
    await symlink(folder.file('target.flv'), folder.file('a.flv'));
    await assert.rejects(RecordingFile.open({ path: folder.file('a.flv'), append: true }));
    assert.equal(await readFile(folder.file('target.flv'), 'utf8'), 'mine');
  });

  it('keeps nothing a publisher says that would fill the file', async () => {
    await using folder = await TemporaryFolder.create();
    const { writeAMF0 } = await import('../../../../src/io/index.ts');
    const values = Object.fromEntries(
      Array.from({ length: 5000 }, (_, i) => [`key${i}`, 'x'.repeat(200)]),
    );
    const payload = writeAMF0('onMetaData', { ...values, width: 1, nested: { a: [1, 2, 3] } });
    await record(folder.file('a.flv'), [{ type: 'data', timestamp: 0, payload }, ...source]);
    const [metadata] = readTags(await readFile(folder.file('a.flv')));
    assert.ok((metadata?.payload.length ?? 0) < 32_768);
    assert.ok((await probe(folder.file('a.flv'))).duration > 3);
  });
});

describe('a recording that is appended to', () => {
  it('goes on where the file ends', async () => {
    await using folder = await TemporaryFolder.create();
    const path = folder.file('a.flv');
    await record(path, source);
    await record(path, source, true);
    await record(path, source, true);
    assert.equal(await decodingErrors(path), '');
    const { duration, packets } = await probe(path);
    assert.equal(packets['video'], 300);
    assert.ok(Math.abs(duration - 12) < 0.3, `${duration} s`);
    assertForward(readTags(await readFile(path)));
    const { keyframes, width } = metadataOf(await readFile(path));
    assert.equal(keyframes.times.length, 13);
    assert.equal(width, 320);
  });

  it('is made when there is no file, or one in which nothing is', async () => {
    await using folder = await TemporaryFolder.create({ 'empty.flv': '', 'short.flv': 'FLV' });
    for (const name of ['new.flv', 'empty.flv', 'short.flv']) {
      await record(folder.file(name), source, true);
      assert.equal((await probe(folder.file(name))).packets['video'], 100);
    }
  });

  it('keeps a file that another program wrote', async () => {
    await using folder = await TemporaryFolder.create();
    const path = folder.file('a.flv');
    await makeFLV(path, 2);
    await record(path, source, true);
    assert.equal(await decodingErrors(path), '');
    assert.equal((await probe(path)).packets['video'], 150);
    assertForward(readTags(await readFile(path)));
  });

  it('is refused, and untouched, when it is no FLV file', async () => {
    await using folder = await TemporaryFolder.create({ 'a.flv': 'a letter to my mother' });
    await assert.rejects(
      RecordingFile.open({ path: folder.file('a.flv'), append: true }),
      (error: { code?: string }) => error.code === 'FLV_BAD_HEADER',
    );
    assert.equal(await readFile(folder.file('a.flv'), 'utf8'), 'a letter to my mother');
  });

  const damages = [
    {
      name: 'a tag that was cut off',
      damage: (path: string, size: number) => truncate(path, size - 7),
    },
    {
      name: 'the size after the last tag missing',
      damage: (path: string, size: number) => truncate(path, size - 4),
    },
    {
      name: 'zeros after a power failure',
      damage: (path: string) => appendFile(path, Buffer.alloc(5000)),
    },
    {
      name: 'noise at its end',
      damage: (path: string) => appendFile(path, '\x09 and then the lights went out'),
    },
    {
      name: 'a wrong size after the last tag',
      damage: async (path: string, size: number) => {
        const file = await open(path, 'r+');
        await file.write(Buffer.from([9, 9, 9, 9]), 0, 4, size - 4);
        await file.close();
      },
    },
  ];
  for (const { name, damage } of damages) {
    it(`is repaired first: ${name}`, async () => {
      await using folder = await TemporaryFolder.create();
      const path = folder.file('a.flv');
      await record(path, source);
      await damage(path, (await stat(path)).size);
      await record(path, source, true);
      assert.equal(await decodingErrors(path), '');
      const { packets } = await probe(path);
      assert.ok((packets['video'] ?? 0) >= 199, `${packets['video']} frames`);
      assertForward(readTags(await readFile(path)));
    });
  }
});

describe('a publisher', () => {
  it('that sets its clock anew does not set the recording back', async () => {
    await using folder = await TemporaryFolder.create();
    const path = folder.file('a.flv');
    const file = await RecordingFile.open({ path, append: false });
    for (const offset of [10_000, 0, 2 ** 33]) {
      for (const message of source) {
        file.add(shifted(message, offset), 0);
      }
    }
    await file.close();
    const tags = readTags(await readFile(path));
    assertForward(tags);
    assert.ok(Math.abs((tags.at(-1)?.timestamp ?? 0) - 12_000) < 300);
  });

  it('that was silent leaves as much silence in the recording', async () => {
    await using folder = await TemporaryFolder.create();
    const file = await RecordingFile.open({ path: folder.file('a.flv'), append: false });
    const payload = Buffer.from('2f00', 'hex');
    file.add(createMediaMessage('audio', 1000, payload), 1000);
    file.add(createMediaMessage('audio', 61_000, payload), 61_000);
    assert.equal(file.durationMs, 60_000);
    await file.close();
  });
});

describe('a server that is killed while it records', () => {
  it('leaves a file that can be played and appended to', async () => {
    await using folder = await TemporaryFolder.create();
    const path = folder.file('a.flv');
    await makeFLV(folder.file('source.flv'), 4);
    for (const round of [1, 2, 3]) {
      const flushed = await recordAndKill(folder.file('source.flv'), path, 10 + round * 37);
      const { packets } = await probe(path);
      const media = (packets['video'] ?? 0) + (packets['audio'] ?? 0);
      assert.ok(media >= flushed, `${media} packets of ${flushed} that were flushed`);
    }
    assertForward(readTags(await readFile(path)));
    await writeFile(folder.file('b.flv'), await readFile(path));
    await record(folder.file('b.flv'), source, true);
    assert.equal(await decodingErrors(folder.file('b.flv')), '');
  });
});

/** Appends in a process of its own until it is killed; gives how many media messages it said are in the file. */
async function recordAndKill(from: string, path: string, killAfter: number): Promise<number> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=red5-source', WRITER, from, path],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let flushed = 0;
  child.stdout.on('data', (text: Buffer) => {
    flushed = Number(text.toString().trim().split('\n').at(-1));
    if (flushed >= killAfter) child.kill('SIGKILL');
  });
  await once(child, 'exit');
  assert.equal(child.signalCode, 'SIGKILL');
  return flushed;
}

function readTags(bytes: Buffer): FLVTag[] {
  return [...new FLVReader().push(bytes)];
}

interface Described {
  readonly keyframes: { readonly times: number[]; readonly filepositions: number[] };
  readonly filesize: number;
  readonly width: number;
}

function metadataOf(bytes: Buffer): Described {
  const values = readFLVMetadata(readTags(bytes)[0]?.payload ?? Buffer.alloc(0));
  assert.ok(values !== undefined);
  return values as unknown as Described;
}

/** Each kind of media goes forward in time, and none is far behind another. */
function assertForward(tags: readonly FLVTag[]): void {
  const last = { audio: 0, video: 0 };
  for (const { type, timestamp } of tags) {
    if (type === 'data') continue;
    assert.ok(timestamp >= last[type], `${type} goes back from ${last[type]} to ${timestamp}`);
    last[type] = timestamp;
  }
}
