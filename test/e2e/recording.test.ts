import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { FLVReader } from '../../src/io/index.ts';
import { probe, publishFLV } from '../support/media.ts';
import { ServerFolder, ServerProcess } from '../support/ServerProcess.ts';
import { plainWebapp } from '../support/serverFiles.ts';

const SETTINGS = `  recordingSettings:
    class: RecordingSettings
    properties: { autoRecord: true, minFreeBytes: 0 }
`;

describe('a server that is killed while it records', { timeout: 150_000 }, () => {
  it('leaves a file that plays; started again, it goes on with it and plays it to a client', async () => {
    await using folder = await ServerFolder.create();
    await mkdir(folder.file('webapps/studio'));
    for (const [name, text] of Object.entries(plainWebapp('studio'))) {
      await writeFile(folder.file(name), name.endsWith('.yaml') ? text + SETTINGS : text);
    }
    const path = folder.file('webapps/studio/streams/cam.flv');
    const sizeOf = async () => (await stat(path).catch(() => undefined))?.size ?? 0;
    const recordUntil = async (server: ServerProcess, bytes: number) => {
      const publisher = publishFLV(`rtmp://127.0.0.1:${server.ports.rtmp}/studio/cam`);
      while ((await sizeOf()) < bytes) await new Promise((resolve) => setTimeout(resolve, 20));
      return publisher;
    };

    const first = await ServerProcess.start({ folder: folder.path });
    const interrupted = await recordUntil(first, 250_000);
    first.kill();
    await first.exited();
    await interrupted.ended;
    const killedAt = await sizeOf();
    const before = await probe(path);
    assert.deepEqual(before.codecs, ['aac', 'h264']);
    assert.ok((before.packets['video'] ?? 0) > 25, `${before.packets['video']} frames`);

    await using second = await ServerProcess.start({ folder: folder.path });
    const publisher = await recordUntil(second, killedAt + 250_000);
    await publisher.stop();
    await second.logged(/recording ends/);
    const after = await probe(path);
    assert.ok((after.packets['video'] ?? 0) > (before.packets['video'] ?? 0) + 25);
    const reader = new FLVReader({ strict: true });
    const bytes = await readFile(path);
    const times = [...reader.push(bytes)].filter(({ type }) => type === 'video');
    assert.equal(reader.position, bytes.length, 'nothing is cut off at its end');
    const isForward = times.every(
      ({ timestamp }, at) => timestamp >= (times[at - 1]?.timestamp ?? 0),
    );
    assert.ok(isForward, 'times go forward');
    const played = await probe(second.httpURL('/studio/cam.flv'));
    assert.equal(played.packets['video'], after.packets['video']);
    assert.equal((await fetch(second.httpURL('/studio/streams/cam.flv'))).status, 404);
    assert.equal(await second.stop(), 0);
  });
});
