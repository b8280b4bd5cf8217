import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  createMediaMessage,
  MultiThreadedApplicationAdapter,
  StreamSettings,
} from '../../../../src/server/index.ts';
import { set, USE } from '../RawClient.ts';
import { startRTMP } from '../startRTMP.ts';
import { amf0, readAll } from '../wireValues.ts';
import { StreamClient, TAG } from './StreamClient.ts';

const BEGIN = [
  'StreamBegin',
  'NetStream.Play.Reset',
  'NetStream.Play.Start',
  'data |RtmpSampleAccess',
] as const;

describe('RTMP streams', () => {
  it('rule 61: says what plays before it sends the first of it', async () => {
    await using rtmp = await startRTMP();
    await using publisher = await StreamClient.connect(rtmp.port);
    await using player = await StreamClient.connect(rtmp.port);
    const from = await publisher.publish('cam');
    publisher.data(from, amf0('@setDataFrame', 'onMetaData', { width: 320 }));
    publisher.audio(from, TAG.audioHeader, 0);
    await publisher.raw.settled();
    const at = await player.createStream();
    player.on(at, 'play', 'cam');
    await player.media(at, TAG.audioHeader);
    assert.deepEqual(player.take(at), [...BEGIN, 'data onMetaData']);
    assert.ok(player.raw.received.some((m) => m.type === 1 && m.payload.readUInt32BE() === 65_535));
  });

  it('tells a status with what Flash looks for in it', async () => {
    await using rtmp = await startRTMP();
    await using client = await StreamClient.connect(rtmp.port);
    const stream = await client.createStream();
    client.on(stream, 'publish', 'cam', 'live');
    assert.deepEqual(await client.status('NetStream.Publish.Start', stream), {
      level: 'status',
      code: 'NetStream.Publish.Start',
      description: 'cam is now published.',
      details: 'cam',
      clientid: stream,
    });
  });

  it('calls a stream in a room as its client does', async () => {
    await using rtmp = await startRTMP();
    await using publisher = await StreamClient.connect(rtmp.port, 'chat/a');
    await using player = await StreamClient.connect(rtmp.port);
    const sent = await publisher.createStream();
    publisher.on(sent, 'publish', 'b/cam', 'live');
    const started = await publisher.status('NetStream.Publish.Start', sent);
    assert.equal(started['details'], 'b/cam');
    const at = await player.play('a/b/cam');
    publisher.group(sent, 0);
    await player.media(at, TAG.inter);
    player.on(at, 'pause', true, 0);
    assert.equal((await player.status('NetStream.Pause.Notify', at))['details'], 'a/b/cam');
    publisher.raw.call('FCUnpublish', 5, null, 'b/cam');
    const ended = await publisher.status('NetStream.Unpublish.Success', sent);
    assert.equal(ended['details'], 'b/cam');
    const gone = await player.status('NetStream.Play.UnpublishNotify', at);
    assert.equal(gone['details'], 'a/b/cam');
    player.on(at, 'closeStream');
    assert.equal((await player.status('NetStream.Play.Stop', at))['details'], 'a/b/cam');
  });

  it('gives a late joiner metadata, headers and the group of pictures, on its own stream number', async () => {
    await using rtmp = await startRTMP();
    await using publisher = await StreamClient.connect(rtmp.port, 'chat/a/b');
    await using player = await StreamClient.connect(rtmp.port, 'chat/a/b');
    const from = await publisher.publish('cam');
    publisher.data(from, amf0('@setDataFrame', 'onMetaData', { width: 320 }));
    publisher.group(from, 0);
    publisher.group(from, 1000);
    await publisher.raw.settled();
    for (const expected of [1, 2, 3]) {
      const at = await player.play('cam');
      assert.equal(at, expected);
      await player.media(at, TAG.inter);
      assert.deepEqual(player.take(at).slice(-6), [
        'data |RtmpSampleAccess',
        'data onMetaData',
        'videoHeader@1000',
        'audioHeader@1000',
        'key@1000',
        'audio@1010',
      ]);
    }
    publisher.video(from, TAG.key, 2000);
    for (const at of [1, 2, 3]) assert.equal((await player.media(at, TAG.key)).time, 2000);
  });

  it('rule 60: a second publisher of a name is refused, and the first goes on', async () => {
    await using rtmp = await startRTMP();
    await using first = await StreamClient.connect(rtmp.port);
    await using second = await StreamClient.connect(rtmp.port);
    await using player = await StreamClient.connect(rtmp.port);
    const from = await first.publish('cam');
    const at = await player.play('cam');
    const other = await second.createStream();
    second.on(other, 'publish', 'cam', 'live');
    const { level, description } = await second.status('NetStream.Publish.BadName', other);
    assert.deepEqual([level, description], ['error', 'cam']);
    second.group(other, 7000);
    await second.raw.settled();
    first.group(from, 0);
    await player.media(at, TAG.inter);
    assert.deepEqual(player.take(at).slice(-3), ['audioHeader@0', 'key@0', 'audio@10']);
  });

  it('rule 62: players are told that the publisher has gone, stay, and see the next', async () => {
    await using rtmp = await startRTMP();
    const publisher = await StreamClient.connect(rtmp.port);
    await using player = await StreamClient.connect(rtmp.port);
    const from = await publisher.publish('cam');
    const at = await player.play('cam');
    publisher.video(from, TAG.key, 500);
    await player.media(at, TAG.key);
    player.take(at);
    await publisher.close();
    await player.status('NetStream.Play.UnpublishNotify', at);
    await player.raw.settled();
    assert.deepEqual(player.take(at), ['StreamEOF']);
    await using next = await StreamClient.connect(rtmp.port);
    next.video(await next.publish('cam'), TAG.key, 0);
    const { time } = await player.media(at, TAG.key);
    assert.ok(time > 500, `${time}`);
    assert.deepEqual(player.take(at), ['NetStream.Play.PublishNotify', 'StreamBegin']);
  });

  it('lets players wait for a publisher', async () => {
    await using rtmp = await startRTMP();
    await using player = await StreamClient.connect(rtmp.port);
    const at = await player.createStream();
    player.on(at, 'play', 'later');
    await player.status('NetStream.Play.Start', at);
    await using publisher = await StreamClient.connect(rtmp.port);
    publisher.group(await publisher.publish('later'), 0);
    await player.media(at, TAG.inter);
    assert.deepEqual(player.take(at), [
      'StreamBegin',
      'NetStream.Play.Reset',
      'data |RtmpSampleAccess',
      'NetStream.Play.PublishNotify',
      'StreamBegin',
      'videoHeader@0',
      'audioHeader@0',
      'key@0',
      'audio@10',
    ]);
  });

  for (const how of ['FCUnpublish', 'closeStream', 'deleteStream'] as const) {
    it(`ends publishing with ${how}, and the name is free`, async () => {
      await using rtmp = await startRTMP();
      await using publisher = await StreamClient.connect(rtmp.port);
      const from = await publisher.publish('cam');
      if (how === 'closeStream') publisher.on(from, how);
      else publisher.raw.call(how, 0, null, how === 'FCUnpublish' ? 'cam' : from);
      await publisher.status('NetStream.Unpublish.Success', from);
      await publisher.publish('cam');
    });
  }

  it('plays on one stream one thing after the other, and stops', async () => {
    await using rtmp = await startRTMP();
    await using publisher = await StreamClient.connect(rtmp.port);
    const a = await publisher.publish('a');
    const b = await publisher.publish('b');
    await using player = await StreamClient.connect(rtmp.port);
    const at = await player.play('a');
    player.on(at, 'play', 'b', -1, -1, true);
    await player.status('NetStream.Play.Start', at);
    publisher.video(a, TAG.key, 1);
    publisher.video(b, TAG.key, 2);
    assert.equal((await player.media(at, TAG.key)).time, 2);
    player.on(at, 'closeStream');
    await player.status('NetStream.Play.Stop', at);
    player.take(at);
    publisher.video(b, TAG.key, 3);
    await publisher.raw.settled();
    await player.raw.settled();
    assert.deepEqual(player.take(at), []);
    player.on(at, 'seek', 5);
    await player.status('NetStream.Seek.Failed', at);
  });

  it('pauses, and leaves out audio or video, as the player wants', async () => {
    await using rtmp = await startRTMP();
    await using publisher = await StreamClient.connect(rtmp.port);
    const from = await publisher.publish('cam');
    await using player = await StreamClient.connect(rtmp.port);
    const at = await player.play('cam');
    publisher.group(from, 0);
    await player.media(at, TAG.inter);
    player.on(at, 'pause', true, 40);
    await player.status('NetStream.Pause.Notify', at);
    player.take(at);
    publisher.audio(from, TAG.audio, 60);
    await publisher.raw.settled();
    player.on(at, 'pause', false, 40);
    await player.status('NetStream.Unpause.Notify', at);
    player.on(at, 'receiveAudio', false);
    await player.raw.settled();
    publisher.video(from, TAG.inter, 80);
    publisher.audio(from, TAG.audio, 90);
    publisher.video(from, TAG.key, 120);
    await player.media(at, TAG.key);
    assert.deepEqual(player.take(at), []);
    player.on(at, 'receiveAudio', true);
    player.on(at, 'receiveVideo', false);
    await player.raw.settled();
    publisher.video(from, TAG.inter, 160);
    publisher.audio(from, TAG.audio, 170);
    assert.equal((await player.media(at, TAG.audio)).time, 170);
    assert.deepEqual(player.take(at), []);
  });

  it('carries calls, a shared object, a publisher and two players on one connection', async () => {
    class App extends MultiThreadedApplicationAdapter {
      static readonly remoteMethods = ['echo'];
      echo(value: unknown): unknown {
        return value;
      }
    }
    await using rtmp = await startRTMP({ handler: new App() });
    await using client = await StreamClient.connect(rtmp.port);
    const from = await client.publish('cam');
    const [a, b] = [await client.play('cam'), await client.play('cam')];
    client.raw.so('so', USE);
    await client.raw.sharedObject();
    client.group(from, 0);
    client.raw.so('so', set('x', 1));
    client.raw.call('echo', 9, null, 'hello');
    const answer = await client.raw.wait((m) => m.type === 20 && m.stream === 0);
    assert.deepEqual(readAll(answer.payload), ['_result', 9, null, 'hello']);
    assert.deepEqual((await client.raw.sharedObject()).events, [[5, 'x']]);
    for (const at of [a, b]) await client.media(at, TAG.inter);
    assert.deepEqual(
      [a, b].map((at) => client.take(at).slice(-4)),
      [1, 2].map(() => ['videoHeader@0', 'audioHeader@0', 'key@0', 'audio@10']),
    );
    client.on(from, 'closeStream');
    for (const at of [a, b]) await client.status('NetStream.Play.UnpublishNotify', at);
    assert.deepEqual(rtmp.log.lines, []);
  });

  it('goes on with times beyond 24 and 32 bits', async () => {
    await using rtmp = await startRTMP();
    await using publisher = await StreamClient.connect(rtmp.port);
    const from = await publisher.publish('cam');
    await using player = await StreamClient.connect(rtmp.port);
    const at = await player.play('cam');
    const big = Buffer.concat([TAG.inter, Buffer.alloc(150_000, 7)]);
    publisher.video(from, TAG.key, 0xff_ffe0);
    for (const time of [0xff_fff0, 0xff_ffff, 0x100_0010]) {
      publisher.video(from, big, time);
      assert.equal((await player.media(at, big)).time, time);
    }
    const wraps = await publisher.publish('wraps');
    const there = await player.play('wraps');
    for (const time of [0xffff_fff0, 0x10, 0x40]) {
      publisher.video(wraps, TAG.key, time);
      assert.equal((await player.media(there, TAG.key)).time, time);
    }
    const [application] = rtmp.server.applications;
    assert.ok(application !== undefined);
    const stream = rtmp.server.streams.getBroadcastStream(application, 'wraps');
    assert.equal(stream?.statistics.currentTimestamp, 2 ** 32 + 0x40);
  });

  it('passes every codec on as it is, and knows where each begins', async () => {
    const fourCC = (head: number[], codec: string, ...rest: number[]): Buffer =>
      Buffer.from([...head, ...Buffer.from(codec, 'latin1'), ...rest]);
    const videos = ['hvc1', 'av01', 'vp09'].map((codec) => ({
      name: codec,
      header: fourCC([0x90], codec, 1),
      key: fourCC([0x91], codec, 0, 0, 0, 2),
      inter: fourCC([0xa3], codec, 3),
    }));
    const cases = [
      ...videos,
      {
        name: 'flv-2',
        header: undefined,
        key: Buffer.from([0x12, 1, 2, 3]),
        inter: Buffer.from([0x22, 4]),
      },
      {
        name: 'flv-4',
        header: undefined,
        key: Buffer.from([0x14, 1]),
        inter: Buffer.from([0x24, 4, 5, 6, 7, 8]),
      },
    ];
    await using rtmp = await startRTMP();
    for (const { name, header, key, inter } of cases) {
      await using publisher = await StreamClient.connect(rtmp.port);
      const from = await publisher.publish('cam');
      const opusHeader = fourCC([0x90], 'Opus', 5);
      const opus = fourCC([0x91], 'Opus', 6);
      if (header !== undefined) publisher.video(from, header, 0);
      publisher.audio(from, opusHeader, 0);
      publisher.video(from, key, 0);
      publisher.video(from, inter, 40);
      publisher.video(from, key, 80);
      publisher.audio(from, opus, 90);
      publisher.video(from, inter, 120);
      await publisher.raw.settled();
      await using player = await StreamClient.connect(rtmp.port);
      const at = await player.play('cam');
      const expected = [...(header === undefined ? [] : [header]), opusHeader, key, opus, inter];
      const got: Buffer[] = [];
      while (got.length < expected.length) {
        got.push((await player.raw.wait((m) => m.type === 8 || m.type === 9)).payload);
      }
      assert.deepEqual(got, expected, name);
      assert.equal(at, 1);
    }
  });

  it('takes aggregates apart, reads AMF3 data, and passes on what a publisher sends to handlers', async () => {
    await using rtmp = await startRTMP();
    await using publisher = await StreamClient.connect(rtmp.port);
    const from = await publisher.publish('cam');
    await using player = await StreamClient.connect(rtmp.port);
    const at = await player.play('cam');
    const tag = (type: number, time: number, body: Buffer): Buffer => {
      const head = Buffer.alloc(11);
      head[0] = type;
      head.writeUIntBE(body.length, 1, 3);
      head.writeUIntBE(time, 4, 3);
      const back = Buffer.alloc(4);
      back.writeUInt32BE(body.length + 11);
      return Buffer.concat([head, body, back]);
    };
    const aggregate = Buffer.concat([tag(9, 5000, TAG.key), tag(8, 5020, TAG.audio)]);
    publisher.raw.send(22, aggregate, 6, from, 300);
    assert.equal((await player.media(at, TAG.key)).time, 300);
    assert.equal((await player.media(at, TAG.audio)).time, 320);
    player.take(at);
    const amf3Object = Buffer.from('110a0b010761626304070100'.slice(0, -2), 'hex'); // {abc: 7}
    publisher.raw.send(
      15,
      Buffer.concat([Buffer.of(0), amf0('@setDataFrame', 'onMetaData'), amf3Object]),
      5,
      from,
    );
    publisher.data(from, amf0('onCuePoint', 'x', 1));
    publisher.data(from, amf0('@clearDataFrame', 'onMetaData'));
    publisher.data(from, Buffer.from('ffff', 'hex'));
    const cue = amf0('onCuePoint', 'x', 1);
    await player.media(at, cue);
    const [metadata] = player.raw.received.filter((m) => m.type === 18);
    assert.deepEqual(readAll(metadata?.payload as Buffer), ['onMetaData', { abc: 7 }]);
    await publisher.raw.settled();
    assert.deepEqual(
      rtmp.log.lines.map((line) => line.level),
      ['warn'],
    );
    // Cue points are no metadata: whoever joins late gets what describes the stream.
    await using late = await StreamClient.connect(rtmp.port);
    const there = await late.play('cam');
    await late.media(there, metadata?.payload as Buffer);
    assert.ok(!late.take(there).includes('data onCuePoint'));
  });

  it('lets only the stream that publishes send media, and stops a client that goes on without', async () => {
    await using rtmp = await startRTMP();
    await using publisher = await StreamClient.connect(rtmp.port);
    const from = await publisher.publish('cam');
    await using player = await StreamClient.connect(rtmp.port);
    const at = await player.play('cam');
    for (const stream of [0, at, 9]) player.video(stream, TAG.key, 666);
    publisher.video(from + 1, TAG.key, 777);
    await player.raw.settled();
    publisher.video(from, TAG.key, 1);
    assert.equal((await player.media(at, TAG.key)).time, 1);
    assert.equal(rtmp.log.lines.length, 0);
    const big = Buffer.alloc(300_000, 0x27);
    for (let i = 0; i < 4; i++) player.video(at, big, i);
    await player.raw.closed;
    assert.deepEqual(
      rtmp.log.lines.map((line) => line.fields['code']),
      ['RTMP_NOT_PUBLISHING'],
    );
    publisher.video(from, TAG.key, 2);
    await publisher.raw.settled();
  });

  it('keeps what a publisher sends ahead until the application has decided', async () => {
    let decide: (yes: boolean) => void = () => undefined;
    const app = new MultiThreadedApplicationAdapter();
    app.registerStreamPublishSecurity({
      isPublishAllowed: () =>
        new Promise((resolve) => {
          decide = resolve;
        }),
    });
    await using rtmp = await startRTMP({ handler: app });
    await using player = await StreamClient.connect(rtmp.port);
    const at = await player.play('cam');
    for (const yes of [false, true]) {
      await using publisher = await StreamClient.connect(rtmp.port);
      const from = await publisher.createStream();
      publisher.on(from, 'publish', 'cam', 'live');
      publisher.group(from, 0);
      await publisher.raw.settled();
      assert.deepEqual(publisher.take(from), []);
      decide(yes);
      await publisher.status(yes ? 'NetStream.Publish.Start' : 'NetStream.Publish.BadName', from);
    }
    await player.media(at, TAG.inter);
    assert.equal(player.take(at).filter((text) => text === 'key@0').length, 1);
  });

  it('drops a client that sends more commands ahead than may wait, and leaves out media beyond the limit', async () => {
    const app = new MultiThreadedApplicationAdapter();
    const decide: ((yes: boolean) => void)[] = [];
    app.registerStreamPublishSecurity({
      isPublishAllowed: () => new Promise((resolve) => decide.push(resolve)),
    });
    await using rtmp = await startRTMP({ handler: app });
    await using patient = await StreamClient.connect(rtmp.port);
    const stream = await patient.createStream();
    patient.on(stream, 'publish', 'cam', 'live');
    for (let i = 0; i < 20; i++) patient.video(stream, Buffer.alloc(100_000, 0x27), i); // 2 MB, half of it too much
    await using eager = await StreamClient.connect(rtmp.port);
    const other = await eager.createStream();
    for (let i = 0; i < 300; i++) eager.on(other, 'publish', `cam${i}`, 'live');
    await eager.raw.closed;
    assert.deepEqual(
      rtmp.log.lines.map(({ fields }) => fields['code']),
      ['RTMP_TOO_MANY_CALLS'],
    );
    await patient.raw.settled();
    for (const answer of decide) answer(true);
    await patient.status('NetStream.Publish.Start', stream);
    const [application] = rtmp.server.applications;
    assert.ok(application !== undefined);
    const { statistics } = rtmp.server.streams.getBroadcastStream(application, 'cam') ?? {};
    assert.equal(statistics?.messagesReceived, 10);
  });

  it('asks the application with the name, mode and parameters that the client gave', async () => {
    const app = new MultiThreadedApplicationAdapter();
    const asked: unknown[] = [];
    app.registerStreamPublishSecurity({
      isPublishAllowed: (scope, ...rest) => {
        asked.push([scope.fullPath, ...rest]);
        return true;
      },
    });
    app.registerStreamPlaybackSecurity({
      isPlaybackAllowed: (scope, ...rest) => {
        asked.push([scope.fullPath, ...rest]);
        return false;
      },
    });
    await using rtmp = await startRTMP({ handler: app });
    await using client = await StreamClient.connect(rtmp.port, 'chat/room');
    await client.publish('mp4:cam?token=a%20b&__proto__=x', 'record');
    const at = await client.createStream();
    client.on(at, 'play', 'flv:cam?t=1', 10_000, 20_000, false);
    await client.status('NetStream.Failed', at);
    assert.deepEqual(asked, [
      [
        '/chat/room',
        'cam',
        'record',
        Object.fromEntries([
          ['token', 'a b'],
          ['__proto__', 'x'],
        ]),
      ],
      ['/chat/room', 'cam', 10, 20, false, { t: '1' }],
    ]);
  });

  it('tells a publisher that was taken over, and one that sent nothing for too long', async () => {
    const settings = new StreamSettings();
    settings.publisherPolicy = 'anyone';
    settings.publisherIdleTimeoutMs = 100;
    await using rtmp = await startRTMP();
    rtmp.server.streamSettings = settings;
    await using first = await StreamClient.connect(rtmp.port);
    const from = await first.publish('cam');
    await using second = await StreamClient.connect(rtmp.port);
    const other = await second.publish('cam');
    const { description } = await first.status('NetStream.Publish.BadName', from);
    assert.equal(description, 'Another publisher took the stream over.');
    await second.status('NetStream.Publish.Idle', other);
    await second.publish('cam');
  });

  it('keeps players, untold, for a publisher whose connection breaks and who comes back in time', async () => {
    const settings = new StreamSettings();
    settings.publisherGraceMs = 10_000;
    await using rtmp = await startRTMP();
    rtmp.server.streamSettings = settings;
    const first = await StreamClient.connect(rtmp.port);
    first.group(await first.publish('cam'), 60_000);
    await first.raw.settled();
    await using player = await StreamClient.connect(rtmp.port);
    const at = await player.play('cam');
    await player.media(at, TAG.inter);
    player.take(at);
    await first.close();
    while (rtmp.server.streams.count > 0) await player.raw.settled();
    await using again = await StreamClient.connect(rtmp.port);
    again.group(await again.publish('cam'), 0);
    const { time } = await player.media(at, TAG.inter);
    assert.ok(time >= 60_140 && time < 70_000, `${time}`);
    assert.ok(
      player.take(at).every((text) => /^(videoHeader|audioHeader|key|audio)@60\d{3}$/u.test(text)),
    );
  });

  it('plays recordings that a provider has: length, seeking, pausing, and the end', async () => {
    await using rtmp = await startRTMP();
    const did: string[] = [];
    rtmp.server.streams.addOnDemandProvider({
      getOnDemandStream: (_scope, name) =>
        name !== 'film'
          ? undefined
          : {
              durationMs: 12_500,
              play(subscriber, startMs) {
                const send = (tag: Buffer, time: number): void =>
                  subscriber.deliver(createMediaMessage('video', time, tag));
                send(TAG.videoHeader, startMs);
                send(TAG.key, startMs);
                return {
                  positionMs: startMs,
                  pause: () => did.push('pause'),
                  resume: () => subscriber.ended('complete'),
                  seek: (ms) => {
                    send(TAG.key, ms);
                    return ms;
                  },
                  close: () => did.push('close'),
                };
              },
            },
    });
    await using player = await StreamClient.connect(rtmp.port);
    player.raw.call('getStreamLength', 5, null, 'flv:film');
    assert.deepEqual(await player.raw.command(), ['_result', 5, null, 12.5]);
    const at = await player.createStream();
    player.on(at, 'play', 'film', 2000);
    await player.media(at, TAG.key);
    assert.deepEqual(player.take(at), ['StreamIsRecorded', ...BEGIN, 'videoHeader@2000']);
    player.on(at, 'seek', 7000);
    assert.equal((await player.media(at, TAG.key)).time, 7000);
    await player.status('NetStream.Seek.Notify', at);
    await player.status('NetStream.Play.Start', at);
    player.on(at, 'pause', true, 7000);
    await player.status('NetStream.Pause.Notify', at);
    player.on(at, 'pause', false, 7000);
    await player.status('NetStream.Play.Stop', at);
    await player.raw.settled();
    assert.deepEqual(player.take(at), [
      'data onPlayStatus',
      'StreamEOF',
      'NetStream.Unpause.Notify',
    ]);
    assert.deepEqual(did, ['pause', 'close']);
  });
});
