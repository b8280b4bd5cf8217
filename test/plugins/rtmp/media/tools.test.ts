import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MultiThreadedApplicationAdapter } from '../../../../src/server/index.ts';
import { TemporaryFolder } from '../../../support/TemporaryFolder.ts';
import { startRTMP } from '../startRTMP.ts';

const TIMEOUT_MS = 40_000;

function missing(program: string): string | false {
  const found = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  return found ? false : `${program} is not installed`;
}

const noGStreamer =
  missing('gst-launch-1.0') ||
  (spawnSync('gst-inspect-1.0', ['rtmp2src']).status === 0
    ? false
    : 'GStreamer has no rtmp2src: gstreamer1.0-plugins-bad is not installed');

/** A program that was started, and what it wrote. */
interface Run {
  readonly child: ChildProcess;
  readonly text: () => string;
  readonly done: Promise<void>;
}

function start(program: string, args: readonly string[]): Run {
  const child = spawn(program, args, { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  return { child, text: () => text, done: once(child, 'close').then(() => undefined) };
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const running = start(program, args);
  await running.done;
  return running.text();
}

/** Number of packets of each kind, after a look at every one: times that never go back, frames that can be decoded. */
async function check(file: string): Promise<Record<string, number>> {
  const decoded = await run('ffmpeg', [
    ...['-v', 'error', '-xerror', '-err_detect', 'explode'],
    ...['-i', file, '-f', 'null', '-'],
  ]);
  assert.equal(decoded, '', `decoding ${path.basename(file)}`);
  const listed = await run('ffprobe', [
    ...['-v', 'error', '-show_entries', 'packet=codec_type,dts', '-of', 'csv=p=0', file],
  ]);
  const counts: Record<string, number> = {};
  const last: Record<string, number> = {};
  for (const line of listed.trim().split('\n')) {
    const [kind = '', time = ''] = line.split(',');
    const dts = Number(time);
    assert.ok(dts >= (last[kind] ?? Number.NEGATIVE_INFINITY), `${kind} ${last[kind]} → ${dts}`);
    last[kind] = dts;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** An application that says when so many play, and when somebody publishes. */
class Audience extends MultiThreadedApplicationAdapter {
  #players = 0;
  #changed: () => void = () => undefined;
  #isPublished = false;

  override streamSubscriberStart(): void {
    this.#players += 1;
    this.#changed();
  }

  override streamBroadcastStart(): void {
    this.#isPublished = true;
    this.#changed();
  }

  async playing(count: number): Promise<void> {
    while (this.#players < count) await this.#change();
  }

  async published(): Promise<void> {
    while (!this.#isPublished) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }
}

describe('encoders and players', { skip: missing('ffmpeg') || missing('rtmpdump') }, () => {
  let folder: TemporaryFolder;
  const source = (name: string): string => path.join(folder.path, name);

  before(async () => {
    folder = await TemporaryFolder.create();
    const inputs = [
      ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=25'],
      ...['-f', 'lavfi', '-i', 'sine=frequency=440', '-t', '3'],
    ];
    const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p'];
    assert.equal(await run('ffmpeg', [...inputs, ...h264, '-c:a', 'aac', source('h264.flv')]), '');
    const old = ['-c:v', 'flv', '-g', '25', '-c:a', 'libmp3lame', '-ar', '44100'];
    assert.equal(await run('ffmpeg', [...inputs, ...old, source('old.flv')]), '');
  });

  after(async () => {
    await folder[Symbol.asyncDispose]();
  });

  function publish(file: string, address: string, ...options: string[]): Promise<string> {
    const input = ['-v', 'error', '-re', '-i', source(file), '-c', 'copy', ...options];
    return run('ffmpeg', [...input, '-f', 'flv', address]);
  }

  it('ffmpeg publishes into a nested room, ffmpeg, rtmpdump and ffprobe get every frame', async () => {
    const audience = new Audience();
    await using rtmp = await startRTMP({ handler: audience });
    const room = `rtmp://127.0.0.1:${rtmp.port}/chat/room1/room2`;
    // On its own ffmpeg takes two parts of a path for the application, and the rest for the name.
    const app = ['-rtmp_app', 'chat/room1/room2', '-rtmp_playpath', 'cam'];
    const players = [
      start('ffmpeg', ['-v', 'error', ...app, '-i', room, '-c', 'copy', source('ffmpeg.flv')]),
      start('rtmpdump', [
        ...['-q', '-v', '-r', room, '-a', 'chat/room1/room2', '-y', 'cam'],
        ...['-o', source('rtmpdump.flv')],
      ]),
    ];
    await audience.playing(players.length);
    assert.equal(await publish('h264.flv', room, ...app), '');
    for (const player of players) await player.done;
    const expected = await check(source('h264.flv'));
    assert.deepEqual(await check(source('ffmpeg.flv')), expected);
    assert.deepEqual(await check(source('rtmpdump.flv')), expected);
    assert.deepEqual(rtmp.log.lines, []);
  });

  it('old codecs arrive as they were sent', async () => {
    const audience = new Audience();
    await using rtmp = await startRTMP({ handler: audience });
    const room = `rtmp://127.0.0.1:${rtmp.port}/chat`;
    const player = start('ffmpeg', [
      ...['-v', 'error', '-i', `${room}/old`, '-c', 'copy', source('old2.flv')],
    ]);
    await audience.playing(1);
    assert.equal(await publish('old.flv', `${room}/old`), '');
    await player.done;
    assert.deepEqual(await check(source('old2.flv')), await check(source('old.flv')));
  });

  for (const [what, seconds] of [
    ['24 bits', 16_776],
    ['31 bits, where FLV begins again', 2_147_482],
  ] as const) {
    it(`times go on beyond ${what}`, async () => {
      const audience = new Audience();
      await using rtmp = await startRTMP({ handler: audience });
      const room = `rtmp://127.0.0.1:${rtmp.port}/chat`;
      const file = source(`beyond${seconds}.flv`);
      const player = start('rtmpdump', [
        ...['-q', '-v', '-r', room, '-a', 'chat', '-y', 'cam', '-o', file],
      ]);
      await audience.playing(1);
      await publish('h264.flv', `${room}/cam`, '-output_ts_offset', String(seconds));
      await player.done;
      assert.deepEqual(await check(file), await check(source('h264.flv')));
    });
  }

  it('all of it works in TLS as well', async () => {
    const audience = new Audience();
    await using rtmp = await startRTMP({ handler: audience });
    const address = `rtmps://127.0.0.1:${rtmp.port}/chat/cam`;
    const player = start('ffmpeg', ['-v', 'error', '-i', address, '-c', 'copy', source('tls.flv')]);
    await audience.playing(1);
    assert.equal(await publish('h264.flv', address), '');
    await player.done;
    assert.deepEqual(await check(source('tls.flv')), await check(source('h264.flv')));
  });

  it('ffmpeg that is refused stops with the reason', async () => {
    const audience = new Audience();
    await using rtmp = await startRTMP({ handler: audience });
    const address = `rtmp://127.0.0.1:${rtmp.port}/chat/cam`;
    const first = start('ffmpeg', [
      ...['-v', 'error', '-re', '-i', source('h264.flv'), '-c', 'copy', '-f', 'flv', address],
    ]);
    await audience.published();
    assert.match(await publish('h264.flv', address), /cam/);
    first.child.kill();
    await first.done;
  });

  it('GStreamer publishes and plays', { skip: noGStreamer }, async () => {
    const audience = new Audience();
    await using rtmp = await startRTMP({ handler: audience });
    const address = `rtmp://127.0.0.1:${rtmp.port}/chat/room1/gst`;
    const player = start('gst-launch-1.0', [
      ...[
        '-q',
        'rtmp2src',
        `location=${address}`,
        '!',
        'filesink',
        `location=${source('gst.flv')}`,
      ],
    ]);
    await audience.playing(1);
    const sent = await run('gst-launch-1.0', [
      ...['-q', 'filesrc', `location=${source('h264.flv')}`, '!', 'flvdemux', 'name=d'],
      ...['d.video', '!', 'queue', '!', 'h264parse', '!', 'flvmux', 'name=m', 'streamable=true'],
      ...[
        '!',
        'rtmp2sink',
        `location=${address}`,
        'd.audio',
        '!',
        'queue',
        '!',
        'aacparse',
        '!',
        'm.',
      ],
    ]);
    assert.equal(sent, '');
    await player.done;
    const [got, expected] = [await check(source('gst.flv')), await check(source('h264.flv'))];
    assert.equal(got['video'], expected['video']);
    // Of a file without pauses GStreamer leaves out the last tag when it closes.
    assert.ok((got['audio'] ?? 0) >= (expected['audio'] ?? 0) - 1);
    assert.deepEqual(rtmp.log.lines, []);
  });
});
