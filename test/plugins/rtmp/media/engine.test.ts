import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import engineLogger from 'node-media-server/src/core/logger.js';
import {
  ENGINE_CHUNK_SIZE,
  forStream,
  MediaEngine,
  routeEngineLog,
} from '../../../../src/plugins/rtmp/media/MediaEngine.ts';
import { createMediaMessage, type MediaType } from '../../../../src/server/index.ts';
import { LogKeeper } from '../startRTMP.ts';
import { type Received, WireChunks } from '../WireChunks.ts';
import { TAG } from './StreamClient.ts';

/** Reads what the engine wrote as a client does that was told its chunk size. */
function read(bytes: Buffer): Received[] {
  const chunks = new WireChunks();
  const announce = Buffer.from('020000000000040100000000', 'hex');
  const size = Buffer.alloc(4);
  size.writeUInt32BE(ENGINE_CHUNK_SIZE);
  chunks.push(Buffer.concat([announce, size]));
  return chunks.push(bytes);
}

function open(): MediaEngine {
  const engine = new MediaEngine('/live/cam');
  engine.open();
  return engine;
}

describe('node-media-server', () => {
  it('is the version that MediaEngine was written for', async () => {
    const file = createRequire(import.meta.url).resolve('node-media-server/package.json');
    const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
    assert.equal(version, '4.4.3');
    const own = JSON.parse(await readFile('package.json', 'utf8')) as {
      dependencies: Record<string, string>;
    };
    assert.equal(own.dependencies['node-media-server'], '4.4.3');
  });

  it('is imported by one file, and brings neither its servers nor express', async () => {
    const require = createRequire(import.meta.url);
    const loaded = Object.keys(require.cache).filter((file) => file.includes('node_modules'));
    const names = loaded.flatMap((file) => /node-media-server\/src\/(.+)$/.exec(file)?.[1] ?? []);
    assert.deepEqual(names.toSorted(), [
      'core/avpacket.js',
      'core/context.js',
      'core/logger.js',
      'protocol/amf.js',
      'protocol/flv.js',
      'protocol/rtmp.js',
      'server/broadcast_server.js',
      'session/base_session.js',
    ]);
    assert.ok(!loaded.some((file) => file.includes('/express/')));
  });

  it('writes its log through ours', () => {
    const log = new LogKeeper();
    routeEngineLog(log);
    engineLogger.log('something broke', 'error');
    engineLogger.log('chatter');
    assert.deepEqual(
      log.lines.map(({ level, message }) => `${level} ${message}`),
      ['error something broke'],
    );
  });
});

describe('MediaEngine', () => {
  const sizes = [1, 2, 127, 128, 65_534, 65_535, 65_536, 131_070, 131_071, 300_000];
  const times = [0, 1, 0xff_fffe, 0xff_ffff, 0x100_0000, 0xffff_ffff, 2 ** 32, 2 ** 32 + 7];
  const types: readonly [MediaType, number, number][] = [
    ['audio', 8, 0xaf],
    ['video', 9, 0x27],
    ['data', 18, 0x02],
  ];
  for (const [type, number, first] of types) {
    it(`builds ${type} of any size and time, as a strict reader expects it`, () => {
      const engine = open();
      for (const size of sizes) {
        for (const time of times) {
          const payload = Buffer.alloc(size, first);
          const bytes = engine.broadcast(createMediaMessage(type, time, payload));
          const [got, ...more] = read(forStream(bytes, 7));
          assert.ok(got !== undefined && more.length === 0, `${size} at ${time}`);
          const what = [got.type, got.stream, got.time, got.payload.equals(payload)];
          assert.deepEqual(what, [number, 7, time % 2 ** 32, true], `${size} at ${time}`);
          assert.deepEqual(read(bytes)[0]?.stream, 1);
          assert.ok(engine.encode(createMediaMessage(type, time, payload)).equals(bytes));
        }
      }
      engine.close();
    });
  }

  it('keeps everything since the last key frame, in the form that players get', () => {
    const engine = open();
    const send = (type: MediaType, tag: Buffer, time: number): void => {
      engine.broadcast(createMediaMessage(type, time, tag));
    };
    send('video', TAG.videoHeader, 0);
    send('video', TAG.inter, 1);
    assert.deepEqual(engine.gop, []);
    for (const time of [100, 200]) {
      send('video', TAG.key, time);
      send('audio', TAG.audio, time + 1);
      send('video', TAG.inter, time + 2);
    }
    const kept = engine.gop.flatMap(read);
    assert.deepEqual(
      kept.map(({ time, stream }) => [time, stream]),
      [200, 201, 202].map((time) => [time, 1]),
    );
    engine.forgetGOP();
    send('video', TAG.inter, 300);
    assert.deepEqual(engine.gop, []);
    send('video', Buffer.from([0x12, 1]), 400); // A key frame of an old codec, which the engine would not know.
    assert.equal(engine.gop.length, 1);
    engine.close();
  });

  it('never looks into what clients sent', () => {
    const engine = open();
    const rubbish = ['', '00', '02000a', '11', '0affffffff', '0300', '90', '9f', '17', '1700'];
    for (const hex of rubbish) {
      for (const type of ['audio', 'video', 'data'] as const) {
        const payload = Buffer.from(`${hex}00`, 'hex');
        engine.broadcast(createMediaMessage(type, 0, payload));
      }
    }
    engine.close();
  });
});
