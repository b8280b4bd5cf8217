import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { RTMPHandler, RTMPPlugin } from '../../../../src/plugins/rtmp/index.ts';
import { TCPTransport } from '../../../../src/server/index.ts';
import { TemporaryFolder } from '../../../support/TemporaryFolder.ts';
import { type FLVServer, startFLV } from '../flv/startFLV.ts';
import { Audience, check, missing, noGStreamer, run, start } from './programs.ts';

/** The stream of all these tests, as a person would write it. */
const PLACE = 'live/room1/room2/cam';

interface Studio extends AsyncDisposable {
  readonly flv: FLVServer;
  readonly audience: Audience;
  /** `rtmp://127.0.0.1:port` */
  readonly rtmp: string;
}

async function startStudio(): Promise<Studio> {
  const audience = new Audience();
  const flv = await startFLV({ waitMs: 30_000 });
  const plugin = Object.assign(new RTMPPlugin(), { server: flv.server });
  const transport = Object.assign(new TCPTransport(), {
    host: '127.0.0.1',
    handlers: [new RTMPHandler(plugin)],
    logger: flv.server.logger,
  });
  await plugin.start();
  await transport.start();
  await flv.deploy('live', { adapter: audience });
  return {
    flv,
    audience,
    rtmp: `rtmp://127.0.0.1:${transport.address?.port}`,
    async [Symbol.asyncDispose]() {
      await transport.stop();
      await flv.stop();
      await plugin.stop(AbortSignal.timeout(500));
    },
  };
}

/** Who splits the address how. The application that a program asks for is what decides, so each has its own. */
const PUBLISHERS: readonly {
  readonly name: string;
  readonly skip?: string | false;
  readonly publish: (rtmp: string, file: string) => Promise<string>;
}[] = [
  {
    name: 'FFmpeg, live/room1 and room2/cam',
    publish: (rtmp, file) =>
      run('ffmpeg', [
        ...['-v', 'error', '-re', '-i', file, '-c', 'copy'],
        ...['-f', 'flv', `${rtmp}/${PLACE}`],
      ]),
  },
  {
    name: 'FFmpeg, live and room1/room2/cam',
    publish: (rtmp, file) =>
      run('ffmpeg', [
        ...['-v', 'error', '-re', '-i', file, '-c', 'copy'],
        ...['-rtmp_app', 'live', '-rtmp_playpath', 'room1/room2/cam'],
        ...['-f', 'flv', `${rtmp}/live`],
      ]),
  },
  {
    name: 'GStreamer, live/room1/room2 and cam',
    skip: noGStreamer,
    publish: (rtmp, file) =>
      run('gst-launch-1.0', [
        ...['-q', 'filesrc', `location=${file}`, '!', 'flvdemux', 'name=d'],
        ...['d.video', '!', 'queue', '!', 'h264parse', '!', 'flvmux', 'name=m', 'streamable=true'],
        ...['!', 'rtmp2sink', `location=${rtmp}/${PLACE}`],
        ...['d.audio', '!', 'queue', '!', 'aacparse', '!', 'm.'],
      ]),
  },
  {
    name: 'librtmp in GStreamer, live/room1 and room2/cam',
    skip: noGStreamer,
    publish: (rtmp, file) =>
      run('gst-launch-1.0', [
        ...['-q', 'filesrc', `location=${file}`, '!', 'flvdemux', 'name=d'],
        ...['d.video', '!', 'queue', '!', 'h264parse', '!', 'flvmux', 'name=m', 'streamable=true'],
        ...['!', 'rtmpsink', `location=${rtmp}/${PLACE} live=1`],
        ...['d.audio', '!', 'queue', '!', 'aacparse', '!', 'm.'],
      ]),
  },
];

/** What takes the stream into a file, by the address alone or with its split spelled out. */
const PLAYERS: readonly {
  readonly name: string;
  readonly skip?: string | false;
  /** It asks for the beginning, and so does not wait for a publisher. */
  readonly isLate?: true;
  readonly command: (studio: Studio, file: string) => readonly [string, ...string[]];
}[] = [
  {
    name: 'ffmpeg',
    command: ({ rtmp }, file) => [
      ...(['ffmpeg', '-v', 'error', '-i', `${rtmp}/${PLACE}`, '-c', 'copy', file] as const),
    ],
  },
  {
    name: 'rtmpdump-address',
    command: ({ rtmp }, file) => ['rtmpdump', '-q', '-v', '-r', `${rtmp}/${PLACE}`, '-o', file],
  },
  {
    name: 'rtmpdump-name',
    command: ({ rtmp }, file) => [
      ...(['rtmpdump', '-q', '-v', '-r', `${rtmp}/live`, '-a', 'live'] as const),
      ...['-y', 'room1/room2/cam', '-o', file],
    ],
  },
  {
    name: 'rtmpdump-rooms',
    command: ({ rtmp }, file) => [
      ...(['rtmpdump', '-q', '-v', '-r', `${rtmp}/live`, '-a', 'live/room1/room2'] as const),
      ...['-y', 'cam', '-o', file],
    ],
  },
  {
    name: 'curl-rtmp',
    isLate: true,
    command: ({ rtmp }, file) => ['curl', '-s', '-o', file, `${rtmp}/${PLACE}`],
  },
  {
    name: 'gstreamer',
    skip: noGStreamer,
    command: ({ rtmp }, file) => [
      ...(['gst-launch-1.0', '-q', 'rtmp2src', `location=${rtmp}/${PLACE}`] as const),
      ...['!', 'filesink', `location=${file}`],
    ],
  },
  {
    name: 'curl-http',
    command: ({ flv }, file) => ['curl', '-s', '-o', file, flv.url(`/${PLACE}.flv`)],
  },
];

describe('an address with rooms', { skip: missing('ffmpeg') || missing('rtmpdump') }, () => {
  let folder: TemporaryFolder;
  const source = (name: string): string => path.join(folder.path, name);

  before(async () => {
    folder = await TemporaryFolder.create();
    const made = await run('ffmpeg', [
      ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=160x90:rate=25'],
      ...['-f', 'lavfi', '-i', 'sine=frequency=440', '-t', '2'],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p'],
      ...['-c:a', 'aac', source('source.flv')],
    ]);
    assert.equal(made, '');
  });

  after(async () => {
    await folder[Symbol.asyncDispose]();
  });

  for (const [at, publisher] of PUBLISHERS.entries()) {
    it(`is one stream for all players: published by ${publisher.name}`, {
      skip: publisher.skip ?? false,
    }, async () => {
      await using studio = await startStudio();
      const begin = ({ name, command }: (typeof PLAYERS)[number]) => {
        const file = source(`${at}-${name}.flv`);
        const [program, ...args] = command(studio, file);
        return { file, run: start(program, args) };
      };
      const players = PLAYERS.filter(({ skip = false }) => skip === false);
      const early = players.filter(({ isLate }) => isLate !== true).map(begin);
      // A player over HTTP is told of when there is something to play.
      await studio.audience.playing(early.length - 1);
      const publishing = publisher.publish(studio.rtmp, source('source.flv'));
      await studio.audience.published();
      const late = players.filter(({ isLate }) => isLate === true).map(begin);
      assert.equal(await publishing, '');
      const expected = await check(source('source.flv'));
      for (const player of early) {
        await player.run.done;
        const got = await check(player.file);
        assert.equal(got['video'], expected['video'], player.file);
        // Of a file without pauses GStreamer leaves out the last tag when it closes.
        assert.ok((got['audio'] ?? 0) >= (expected['audio'] ?? 0) - 1, player.file);
      }
      for (const player of late) {
        await player.run.done;
        assert.ok(((await check(player.file))['video'] ?? 0) > 1, player.file);
      }
    });
  }
});
