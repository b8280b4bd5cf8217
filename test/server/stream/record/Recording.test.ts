import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from '../../../../src/base/index.ts';
import { FLVReader, readFLVMetadata } from '../../../../src/io/index.ts';
import { createMediaMessage } from '../../../../src/server/index.ts';
import {
  Recording,
  type RecordingEnd,
  type RecordingLimits,
} from '../../../../src/server/stream/record/Recording.ts';
import { TemporaryFolder } from '../../../support/TemporaryFolder.ts';
import { ManualClock } from '../../support/ManualClock.ts';
import { RecordingLogger } from '../../support/RecordingLogger.ts';

const FULL_DISK = fileURLToPath(new URL('./fullDisk.ts', import.meta.url));

const UNLIMITED: RecordingLimits = {
  maxBytes: 0,
  maxDurationMs: 0,
  minFreeBytes: 0,
  maxQueuedBytes: 0,
};

const BODY = Buffer.concat([Buffer.from('1701000000', 'hex'), Buffer.alloc(1000)]);

const frame = (timestamp: number) => createMediaMessage('video', timestamp, BODY);

interface Started {
  readonly recording: Recording;
  readonly ended: Promise<RecordingEnd>;
  readonly logger: RecordingLogger;
}

async function start(path: string, limits: Partial<RecordingLimits>): Promise<Started> {
  const logger = new RecordingLogger();
  let recording: Recording | undefined;
  const ended = new Promise<RecordingEnd>((resolve, reject) => {
    Recording.start({
      path,
      append: false,
      limits: { ...UNLIMITED, ...limits },
      clock: systemClock,
      logger,
      onEnded: resolve,
    }).then((started) => {
      recording = started;
    }, reject);
  });
  while (recording === undefined) {
    await Promise.race([ended, new Promise((resolve) => setImmediate(resolve))]);
  }
  return { recording, ended, logger };
}

describe('a recording that reaches a limit', () => {
  const cases = [
    { name: 'of bytes', limits: { maxBytes: 200_000 }, kind: 'limit' },
    { name: 'of time', limits: { maxDurationMs: 5_000 }, kind: 'limit' },
    { name: 'of what may wait for the disk', limits: { maxQueuedBytes: 50_000 }, kind: 'failed' },
  ] as const;
  for (const { name, limits, kind } of cases) {
    it(`${name} ends, is complete up to there, and takes no more`, async () => {
      await using folder = await TemporaryFolder.create();
      const path = folder.file('deep/er/a.flv');
      const { recording, ended, logger } = await start(path, limits);
      for (let i = 0; i < 10_000; i += 1) recording.add(frame(i * 40));
      const end = await ended;
      assert.equal(end.kind, kind);
      const reader = new FLVReader({ strict: true });
      const bytes = await readFile(path);
      const count = [...reader.push(bytes)].length;
      assert.equal(reader.position, bytes.length);
      assert.ok(count > 1 && count < 1000, `${count} tags`);
      assert.ok(logger.lines.some((line) => line.includes('recording ended')));
      await recording.stop();
    });
  }

  it('of free space does not begin', async () => {
    await using folder = await TemporaryFolder.create();
    const minFreeBytes = Number.MAX_SAFE_INTEGER;
    await assert.rejects(start(folder.file('a.flv'), { minFreeBytes }), /are to stay free/);
    assert.deepEqual(await readdir(folder.path), []);
  });
});

describe('a recording on a disk that is full', () => {
  it('ends, and what is in the file can be played and appended to', async () => {
    await using folder = await TemporaryFolder.create();
    const path = folder.file('a.flv');
    const limited = 'ulimit -f 4000; exec "$0" "$@"';
    const node = [process.execPath, '--import', 'tsx', '--conditions=red5-source', FULL_DISK, path];
    const { stdout } = await promisify(execFile)('sh', ['-c', limited, ...node]);
    assert.match(stdout, /^failed EFBIG/);
    const bytes = await readFile(path);
    const reader = new FLVReader({ strict: true });
    const tags = [...reader.push(bytes)];
    assert.ok(tags.length > 1, `${tags.length} tags`);
    assert.equal(reader.position, bytes.length);
    assert.equal(readFLVMetadata(tags[0]?.payload ?? Buffer.alloc(0))?.['filesize'], bytes.length);
  });
});

describe('a recording', () => {
  it('has on disk what came before the last quarter of a second', async () => {
    await using folder = await TemporaryFolder.create();
    const clock = new ManualClock();
    const recording = await Recording.start({
      path: folder.file('a.flv'),
      append: false,
      limits: UNLIMITED,
      clock,
      logger: new RecordingLogger(),
      onEnded: () => undefined,
    });
    recording.add(frame(0));
    recording.add(frame(40));
    await clock.advance(250);
    let count = 0;
    while (count < 3)
      count = [...new FLVReader().push(await readFile(folder.file('a.flv')))].length;
    assert.equal(count, 3);
    await recording.stop();
  });

  it('that is stopped twice ends once', async () => {
    await using folder = await TemporaryFolder.create();
    const { recording, ended } = await start(folder.file('a.flv'), {});
    recording.add(frame(0));
    await Promise.all([recording.stop(), recording.stop()]);
    assert.equal((await ended).kind, 'stopped');
  });

  it('where nothing can be written fails to start', {
    skip: process.getuid?.() === 0,
  }, async () => {
    await using folder = await TemporaryFolder.create();
    await chmod(folder.path, 0o500);
    await assert.rejects(start(folder.file('a.flv'), {}));
  });
});
