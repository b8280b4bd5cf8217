import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { FLVReader, type FLVTag, readFLVMetadata } from '../../../../src/io/index.ts';
import {
  type BroadcastStream,
  type Connection,
  Context,
  MultiThreadedApplicationAdapter,
  RecordedStreams,
  RecordingSettings,
  StreamRecorder,
  StreamSettings,
  type WebScope,
} from '../../../../src/server/index.ts';
import { makeFLV, probe, publishFLV } from '../../../support/media.ts';
import { TemporaryFolder } from '../../../support/TemporaryFolder.ts';
import { type LogKeeper, type RunningRTMP, startRTMP } from '../startRTMP.ts';
import { amf0, readAll } from '../wireValues.ts';
import { StreamClient, TAG } from './StreamClient.ts';

interface RecordingServer extends AsyncDisposable {
  readonly port: number;
  readonly log: LogKeeper;
  readonly rtmp: RunningRTMP;
  readonly recorder: StreamRecorder;
  readonly application: WebScope;
  readonly folder: TemporaryFolder;
  /** Tags of a recording, by its path below `streams/`. */
  tags(name: string): Promise<FLVTag[]>;
}

/** A server that records into a folder of its own. */
async function startRecording(
  settings: Partial<RecordingSettings> = {},
  handler = new MultiThreadedApplicationAdapter(),
): Promise<RecordingServer> {
  const folder = await TemporaryFolder.create();
  const rtmp = await startRTMP({ handler });
  const [application] = rtmp.server.applications;
  if (application === undefined) throw new Error('no application');
  application.setServletContext({ name: 'chat', folder: folder.path, isPrivate: () => false });
  application.streamSettings = Object.assign(new StreamSettings(), { waitForPublisher: false });
  const own = Object.assign(new RecordingSettings(), { minFreeBytes: 0 }, settings);
  const context = new Context();
  context.setApplicationContext({
    containsBean: (name) => name === 'recordingSettings',
    getBean: <T>() => own as T,
  });
  application.context = context;
  const recorder = Object.assign(new StreamRecorder(), { server: rtmp.server });
  const recorded = Object.assign(new RecordedStreams(), { server: rtmp.server });
  recorder.start();
  recorded.start();
  return {
    port: rtmp.port,
    log: rtmp.log,
    rtmp,
    recorder,
    application,
    folder,
    async tags(name) {
      return [
        ...new FLVReader({ strict: true }).push(await readFile(folder.file('streams', name))),
      ];
    },
    async [Symbol.asyncDispose]() {
      await recorder.stop();
      recorded.stop();
      await rtmp[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const short = ({ type, payload, timestamp }: FLVTag): string =>
  `${type} ${payload.subarray(0, 2).toString('hex')}@${timestamp}`;

const GROUP = ['video 1700@0', 'audio af00@0', 'video 1701@0', 'audio af01@10', 'video 2701@40'];

/** Publishes `seconds` groups of a second each, and stops. */
async function recordGroups(
  server: RecordingServer,
  name: string,
  seconds: number,
  mode = 'record',
): Promise<void> {
  await using client = await StreamClient.connect(server.port);
  const stream = await client.publish(name, mode);
  await client.status('NetStream.Record.Start', stream);
  client.data(stream, amf0('@setDataFrame', 'onMetaData', { width: 320 }));
  for (let i = 0; i < seconds; i += 1) client.group(stream, i * 1000);
  client.on(stream, 'closeStream');
  await client.status('NetStream.Record.Stop', stream);
}

describe('publishing with mode "record"', () => {
  it("is told in Red5's words, calls the application, and makes a file", async () => {
    const told: string[] = [];
    class Adapter extends MultiThreadedApplicationAdapter {
      override streamRecordStart(stream: BroadcastStream): void {
        told.push(`start ${stream.name}`);
      }
      override streamRecordStop(stream: BroadcastStream): void {
        told.push(`stop ${stream.name}`);
      }
    }
    await using server = await startRecording({}, new Adapter());
    await using client = await StreamClient.connect(server.port);
    const stream = await client.createStream();
    client.on(stream, 'publish', 'cam', 'record');
    assert.equal((await client.status('NetStream.Record.Start', stream))['details'], 'cam');
    assert.deepEqual(client.take(stream), ['NetStream.Publish.Start']);
    client.data(stream, amf0('@setDataFrame', 'onMetaData', { width: 320, encoder: 'x' }));
    client.group(stream, 5000);
    client.on(stream, 'closeStream');
    await client.status('NetStream.Record.Stop', stream);
    assert.deepEqual(client.take(stream), ['NetStream.Unpublish.Success']);
    const [metadata, ...tags] = await server.tags('cam.flv');
    assert.deepEqual(tags.map(short), GROUP);
    const values = readFLVMetadata(metadata?.payload ?? Buffer.alloc(0));
    assert.equal(values?.['width'], 320);
    assert.equal(values?.['duration'], 0.04);
    assert.deepEqual(told, ['start cam', 'stop cam']);
  });

  it('takes the place of the file that is there; "append" goes on with it', async () => {
    await using server = await startRecording();
    await recordGroups(server, 'cam', 3);
    await recordGroups(server, 'cam', 1);
    assert.equal((await server.tags('cam.flv')).length, 1 + GROUP.length);
    await recordGroups(server, 'cam', 1, 'append');
    const [, ...tags] = await server.tags('cam.flv');
    assert.deepEqual(tags.map(short), [
      ...GROUP,
      ...['video 1700@80', 'audio af00@80', 'video 1701@80', 'audio af01@90', 'video 2701@120'],
    ]);
  });

  it('records rooms into folders of their own', async () => {
    await using server = await startRecording();
    await using client = await StreamClient.connect(server.port, 'chat/room1/inner');
    const stream = await client.publish('cam', 'record');
    await client.status('NetStream.Record.Start', stream);
    client.group(stream, 0);
    client.on(stream, 'closeStream');
    await client.status('NetStream.Record.Stop', stream);
    assert.equal((await server.tags('room1/inner/cam.flv')).length, 1 + GROUP.length);
  });

  it('records what a name puts into a room into the same folder', async () => {
    await using server = await startRecording();
    await recordGroups(server, 'mp4:room1/inner/cam', 1);
    assert.equal((await server.tags('room1/inner/cam.flv')).length, 1 + GROUP.length);
  });

  it('completes the file when the connection breaks', async () => {
    await using server = await startRecording();
    const client = await StreamClient.connect(server.port);
    const stream = await client.publish('cam', 'record');
    await client.status('NetStream.Record.Start', stream);
    client.group(stream, 0);
    await client.raw.settled();
    const [live] = server.rtmp.server.streams.getBroadcastStreams(server.application);
    await client.close();
    while (live !== undefined && server.recorder.isRecording(live)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await server.tags('cam.flv')).length, 1 + GROUP.length);
  });

  it("goes on live without a recording, and says so, where the name can be no file's", async () => {
    await using server = await startRecording();
    await using client = await StreamClient.connect(server.port);
    await using player = await StreamClient.connect(server.port);
    for (const name of ['.hidden', 'C:cam', 'a/.b']) {
      const stream = await client.publish(name, 'record');
      assert.equal((await client.status('NetStream.Record.NoAccess', stream))['level'], 'error');
      const at = await player.play(name);
      client.group(stream, 0);
      await player.media(at, TAG.inter);
      client.on(stream, 'closeStream');
    }
    assert.deepEqual(await readdir(server.folder.path), []);
  });

  it('is refused altogether with a name that leads elsewhere', async () => {
    await using server = await startRecording();
    await using client = await StreamClient.connect(server.port);
    for (const name of ['../cam', '/etc/cam', 'a/../../cam', 'a\\..\\cam']) {
      const stream = await client.createStream();
      client.on(stream, 'publish', name, 'record');
      await client.status('NetStream.Failed', stream);
    }
    assert.deepEqual(await readdir(server.folder.path), []);
  });

  it('is only live where clients may not record', async () => {
    await using server = await startRecording({ clientsMayRecord: false });
    await using client = await StreamClient.connect(server.port);
    const stream = await client.publish('cam', 'record');
    client.group(stream, 0);
    client.on(stream, 'closeStream');
    await client.status('NetStream.Unpublish.Success', stream);
    assert.deepEqual(await readdir(server.folder.path), []);
  });

  it('ends the recording at a limit, and the stream goes on', async () => {
    await using server = await startRecording({ maxDurationMs: 2_000 });
    await using client = await StreamClient.connect(server.port);
    await using player = await StreamClient.connect(server.port);
    const stream = await client.publish('cam', 'record');
    await client.status('NetStream.Record.Start', stream);
    const at = await player.play('cam');
    for (let i = 0; i < 4; i += 1) client.group(stream, i * 1000);
    await client.status('NetStream.Record.Stop', stream);
    client.video(stream, Buffer.concat([TAG.key, Buffer.from([9])]), 9000);
    await player.media(at, Buffer.concat([TAG.key, Buffer.from([9])]));
    const last = (await server.tags('cam.flv')).at(-1);
    assert.equal(last?.timestamp, 2000);
  });
});

describe('recording without being asked', () => {
  it('records all streams of an application that is set up so, and goes on with their files', async () => {
    await using server = await startRecording({ autoRecord: true });
    for (const round of [1, 2]) {
      await recordGroups(server, 'cam', 1, 'live');
      assert.equal((await server.tags('cam.flv')).length, 1 + round * GROUP.length);
    }
  });

  it('is what server code may do, under another name', async () => {
    await using server = await startRecording();
    await using client = await StreamClient.connect(server.port);
    const stream = await client.publish('cam');
    client.group(stream, 0);
    await client.raw.settled();
    const [live] = server.rtmp.server.streams.getBroadcastStreams(server.application);
    assert.ok(live !== undefined);
    await server.recorder.record(live, { name: '2026/take1' });
    await assert.rejects(server.recorder.record(live), { code: 'ALREADY_RECORDING' });
    assert.equal(server.recorder.isRecording(live), true);
    await server.recorder.stopRecording(live);
    // The group of pictures that was under way is in it.
    assert.equal((await server.tags('2026/take1.flv')).length, 1 + GROUP.length);
  });

  it('records what FFmpeg publishes in real time', async () => {
    await using server = await startRecording({ autoRecord: true });
    const publisher = publishFLV(`rtmp://127.0.0.1:${server.port}/chat/cam`, 2);
    await publisher.ended;
    const path = server.folder.file('streams/cam.flv');
    while ((await stat(path).catch(() => undefined))?.isFile() !== true) await tick();
    const [live] = server.rtmp.server.streams.getBroadcastStreams(server.application);
    while (live !== undefined && server.recorder.isRecording(live)) await tick();
    await server.recorder.stop();
    const { packets, codecs, duration } = await probe(path);
    assert.deepEqual(codecs, ['aac', 'h264']);
    assert.equal(packets['video'], 50);
    assert.ok(Math.abs(duration - 2) < 0.1, `${duration} s`);
  });
});

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

const BEGIN = [
  'StreamIsRecorded',
  'StreamBegin',
  'NetStream.Play.Reset',
  'NetStream.Play.Start',
  'data |RtmpSampleAccess',
  'data onMetaData',
];

describe('playing a recording', () => {
  it('says that it is one, sends it, and says that it is complete', async () => {
    await using server = await startRecording();
    await recordGroups(server, 'cam', 1);
    await using player = await StreamClient.connect(server.port);
    const at = await player.createStream();
    player.on(at, 'play', 'cam');
    await player.raw.wait((m) => m.stream === at && m.payload.includes('NetStream.Play.Stop'));
    await player.raw.settled();
    assert.deepEqual(player.take(at), [
      ...BEGIN,
      ...['videoHeader@0', 'audioHeader@0', 'key@0', 'audio@10', 'inter@40'],
      ...['data onPlayStatus', 'StreamEOF'],
    ]);
  });

  it('seeks to key frames, with what decoders need, and pauses', async () => {
    await using server = await startRecording();
    await recordGroups(server, 'cam', 60);
    await using player = await StreamClient.connect(server.port);
    const at = await player.play('cam', 30_000);
    await player.media(at, TAG.key);
    const taken = player.take(at);
    const first = taken.indexOf('data onMetaData');
    assert.deepEqual(taken.slice(first, first + 3), [
      'data onMetaData',
      'videoHeader@30000',
      'audioHeader@30000',
    ]);
    player.on(at, 'seek', 50_700);
    assert.match(
      String((await player.status('NetStream.Seek.Notify', at))['description']),
      /Seeking 50000/,
    );
    await player.status('NetStream.Play.Start', at);
    const key = await player.raw.wait(
      (m) => m.stream === at && m.time === 50_000 && m.payload.equals(TAG.key),
    );
    assert.equal(key.time, 50_000);
    player.on(at, 'pause', true, 50_000);
    await player.status('NetStream.Pause.Notify', at);
    await player.raw.settled();
    player.take(at);
    await player.raw.settled();
    assert.deepEqual(player.take(at), []);
    player.on(at, 'seek', 10_700);
    await player.status('NetStream.Seek.Notify', at);
    const shown = await player.media(at, TAG.key);
    assert.equal(shown.time, 10_000, 'the picture is shown, though it pauses');
    await player.raw.settled();
    player.take(at);
    await player.raw.settled();
    assert.deepEqual(player.take(at), []);
    player.on(at, 'pause', false, 10_000);
    await player.status('NetStream.Unpause.Notify', at);
    assert.equal((await player.media(at, TAG.audio)).time, 10_010);
    assert.equal((await player.media(at, TAG.key)).time, 11_000);
  });

  it('sends no more than the player is to have ahead', async () => {
    await using server = await startRecording();
    await recordGroups(server, 'cam', 60);
    await using player = await StreamClient.connect(server.port);
    const began = performance.now();
    const at = await player.play('cam');
    await player.raw.wait((m) => m.stream === at && m.time === 4_000);
    await player.raw.settled();
    const times = player.raw.received.filter((m) => m.stream === at).map((m) => m.time);
    const allowed = 5_000 + performance.now() - began;
    assert.ok(Math.max(...times) <= allowed, `${Math.max(...times)} ms of ${allowed}`);
  });

  it('plays from and for as long as was asked', async () => {
    await using server = await startRecording();
    await recordGroups(server, 'cam', 5);
    await using player = await StreamClient.connect(server.port);
    const at = await player.createStream();
    player.on(at, 'play', 'cam', 2_000, 1_000);
    await player.raw.wait((m) => m.stream === at && m.payload.includes('NetStream.Play.Stop'));
    const media = player.take(at).filter((text) => /^(key|inter|audio)@/.test(text));
    assert.deepEqual(media, ['key@2000', 'audio@2010', 'inter@2040', 'key@3000']);
  });

  const orders: readonly [name: string, start: number, isLive: boolean, expected: string][] = [
    ['-2 plays what is live', -2, true, 'live'],
    ['-2 plays the recording of what is not', -2, false, 'recorded'],
    ['-1 plays what is live', -1, true, 'live'],
    ['-1 plays no recording', -1, false, 'NetStream.Play.StreamNotFound'],
    ['a place in it plays the recording, whatever is live', 1_000, true, 'recorded'],
  ];
  for (const [name, start, isLive, expected] of orders) {
    it(`start ${name}`, async () => {
      await using server = await startRecording();
      await recordGroups(server, 'cam', 3);
      await using publisher = await StreamClient.connect(server.port);
      if (isLive) publisher.group(await publisher.publish('cam'), 0);
      await publisher.raw.settled();
      await using player = await StreamClient.connect(server.port);
      const at = await player.createStream();
      player.on(at, 'play', 'cam', start);
      if (expected.startsWith('NetStream')) {
        await player.status(expected, at);
        return;
      }
      await player.media(at, TAG.key);
      assert.equal(player.take(at).includes('StreamIsRecorded'), expected === 'recorded');
    });
  }

  for (const [app, name] of [
    ['chat', 'films/2026/one'],
    ['chat', 'films/2026/one.flv'],
    ['chat', 'flv:films/2026/one.flv'],
    ['chat', 'films/2026/flv:one'],
    ['chat/films', '2026/one'],
    ['chat/films/2026', 'one.flv'],
  ] as const) {
    it(`finds a file in folders as "${name}" of ${app}`, async () => {
      const asked: string[] = [];
      class Cinema extends MultiThreadedApplicationAdapter {
        override appStart(): boolean {
          this.registerStreamPlaybackSecurity({
            isPlaybackAllowed: (scope, title) => asked.push(`${scope.fullPath} ${title}`) > 0,
          });
          return true;
        }
      }
      await using server = await startRecording({}, new Cinema());
      await recordGroups(server, 'films/2026/one', 30);
      await using player = await StreamClient.connect(server.port, app);
      const at = await player.play(name);
      await player.media(at, TAG.inter);
      assert.match(asked.join(), /^\/chat\/films\/2026 one(\.flv)?$/);
      player.on(at, 'seek', 2000);
      const sought = await player.status('NetStream.Seek.Notify', at);
      assert.equal(sought['details'], name.replace(/flv:/, ''));
    });
  }

  it("does not show a room's recordings to whom the room refuses", async () => {
    class Office extends MultiThreadedApplicationAdapter {
      override roomConnect(connection: Connection): boolean {
        return connection.connectParams['flashVer'] === 'manager';
      }
    }
    await using server = await startRecording({}, new Office());
    await server.folder.write({ 'streams/private/x': '' });
    await makeFLV(server.folder.file('streams/private/talk.flv'), 1);
    await using player = await StreamClient.connect(server.port);
    const at = await player.createStream();
    player.on(at, 'play', 'private/talk');
    assert.equal((await player.status('NetStream.Failed', at))['level'], 'error');
  });

  it('is told how long it is', async () => {
    await using server = await startRecording();
    await recordGroups(server, 'cam', 3);
    await using client = await StreamClient.connect(server.port);
    for (const [name, length] of [
      ['cam', 2.04],
      ['flv:cam', 2.04],
      ['none', 0],
      ['../cam', 0],
    ] as const) {
      client.raw.call('getStreamLength', 9, null, name);
      const answer = await client.raw.wait((m) => m.type === 20 && readAll(m.payload)[1] === 9);
      assert.equal(readAll(answer.payload)[3], length, name);
    }
  });

  it('ends with a status when the file is cut short meanwhile', async () => {
    await using server = await startRecording();
    await recordGroups(server, 'cam', 60);
    const path = server.folder.file('streams/cam.flv');
    const bytes = await readFile(path);
    await using player = await StreamClient.connect(server.port);
    await writeFile(path, bytes.subarray(0, bytes.length - 3));
    const at = await player.play('cam', 58_000);
    await player.raw.wait((m) => m.stream === at && m.payload.includes('NetStream.Play.Stop'));
    assert.ok(player.take(at).includes('key@59000'));
  });

  it("gives FFmpeg every frame of another program's file", async () => {
    await using server = await startRecording();
    await server.folder.write({ 'streams/x': '' });
    await makeFLV(server.folder.file('streams/film.flv'), 4);
    const { packets, codecs } = await probe(`rtmp://127.0.0.1:${server.port}/chat/film`);
    assert.deepEqual(codecs, ['aac', 'h264']);
    assert.equal(packets['video'], 100);
  });
});
