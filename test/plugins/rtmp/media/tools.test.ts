import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { TemporaryFolder } from '../../../support/TemporaryFolder.ts';
import { startRTMP } from '../startRTMP.ts';
import { Audience, check, missing, noGStreamer, run, start } from './programs.ts';

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
