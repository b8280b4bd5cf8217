import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { RawClient } from '../RawClient.ts';
import { startRTMP } from '../startRTMP.ts';
import { readAll } from '../wireValues.ts';
import { StreamClient } from './StreamClient.ts';

/** What an encoder of enhanced RTMP sent, as in the files of `fixtures/enhancedRTMP`. */
interface Capture {
  readonly origin: string;
  /** Payload of its `connect`. */
  readonly connect: string;
  /** Type, milliseconds and payload of its media, in order. */
  readonly messages: readonly (readonly [number, number, string])[];
}

async function readCapture(name: string): Promise<Capture> {
  const file = new URL(`../../../fixtures/enhancedRTMP/${name}.json`, import.meta.url);
  return JSON.parse(await readFile(file, 'utf8')) as Capture;
}

const AUDIO = 8;
const VIDEO = 9;
const DATA = 18;

/** What a late joiner is given first, as type and the first bytes, and the codecs that the server sees. */
const CASES = [
  {
    name: 'hevc-ac3',
    audio: 'ac-3',
    video: 'hvc1',
    // Decoder, colours; AC-3 has an empty one, and the channels.
    headers: ['9 9068766331', '8 9061632d33', '8 9461632d33', '9 d468766331'],
    key: '91687663310000',
  },
  {
    name: 'av1-opus',
    audio: 'Opus',
    video: 'av01',
    // FFmpeg sends an empty configuration first, and the true one with the first frame.
    headers: ['8 904f707573', '8 944f707573', '9 9061763031', '9 d461763031'],
    key: '91617630311200',
  },
  {
    name: 'vp9-flac',
    audio: 'fLaC',
    video: 'vp09',
    headers: ['9 9076703039', '9 d476703039', '8 90664c6143', '8 94664c6143'],
    key: '91767030398249',
  },
  {
    name: 'tracks',
    audio: 'mp4a',
    video: 'avc1',
    headers: ['9 1700000000', '9 9600617663', '8 af00118856', '8 95006d7034', '8 95046d7034'],
    key: '17010000000000',
  },
] as const;

describe('enhanced RTMP, as FFmpeg sends it', () => {
  for (const { name, audio, video, headers, key } of CASES) {
    it(`${name}: players get every tag as it was, late ones from the last key frame on`, async () => {
      const capture = await readCapture(name);
      const sent = capture.messages.map(([type, time, payload]) => {
        return { type, time, payload: Buffer.from(payload, 'base64') };
      });
      await using rtmp = await startRTMP();
      await using publisher = await StreamClient.connect(rtmp.port);
      await using early = await StreamClient.connect(rtmp.port);
      const from = await publisher.publish('cam');
      const at = await early.play('cam');
      for (const { type, time, payload } of sent) {
        publisher.raw.send(type, payload, 4, from, time);
      }
      const media = sent.filter(({ type }) => type === AUDIO || type === VIDEO);
      for (const { type, time, payload } of media) {
        const got = await early.raw.wait((m) => m.stream === at && m.type === type);
        assert.equal(got.payload.toString('hex'), payload.toString('hex'));
        assert.equal(got.time, time);
      }
      const [stream] = rtmp.server.streams.getBroadcastStreams(
        rtmp.server.applications[0] as never,
      );
      assert.equal(stream?.statistics.audioCodec, audio);
      assert.equal(stream?.statistics.videoCodec, video);

      await using late = await StreamClient.connect(rtmp.port);
      const there = await late.play('cam');
      const last = media.findLastIndex(({ payload }) => payload.toString('hex').startsWith(key));
      assert.ok(last > media.length / 3, 'a key frame in the middle');
      const data = await late.raw.wait(
        (m) => m.type === DATA && readAll(m.payload)[0] === 'onMetaData',
      );
      assert.equal(data.stream, there);
      const begun: string[] = [];
      while (begun.length < headers.length) {
        const header = await late.raw.wait((m) => m.type === AUDIO || m.type === VIDEO);
        begun.push(`${header.type} ${header.payload.toString('hex', 0, 5)}`);
      }
      assert.deepEqual(begun.toSorted(), headers.toSorted());
      const rest = media.slice(last).filter((m) => !isHeader(m.payload));
      for (const { type, payload } of rest) {
        const got = await late.raw.wait((m) => m.type === AUDIO || m.type === VIDEO);
        assert.equal(got.payload.toString('hex'), payload.toString('hex'));
        assert.equal(got.type, type);
      }
    });
  }

  it('is told what the server can do, in the words of version 2, and others are not', async () => {
    await using rtmp = await startRTMP();
    const { connect } = await readCapture('hevc-ac3');
    const [, , given] = readAll(Buffer.from(connect, 'base64')) as [string, number, object];
    const expected = { fourCcList: ['*'], capsEx: 14 };
    for (const [what, extra, answer] of [
      ['FFmpeg', given, expected],
      ['version 2', { videoFourCcInfoMap: { av01: 1 }, capsEx: 1 }, expected],
      ['others', {}, {}],
    ] as const) {
      const client = await RawClient.open(rtmp.port);
      client.connect('chat', { ...extra, app: 'chat' });
      const [name, , properties] = await client.command();
      assert.equal(name, '_result');
      const { fourCcList, capsEx, ...rest } = properties as Record<string, unknown>;
      assert.deepEqual(
        fourCcList === undefined ? {} : { fourCcList: [...(fourCcList as string[])], capsEx },
        answer,
        what,
      );
      const { videoFourCcInfoMap, audioFourCcInfoMap } = rest;
      const map = what === 'others' ? undefined : { '*': 4 };
      assert.deepEqual(plain(videoFourCcInfoMap), map, what);
      assert.deepEqual(plain(audioFourCcInfoMap), map, what);
      await client.close();
    }
  });

  it('keeps modified packets as they are, nanoseconds included', async () => {
    await using rtmp = await startRTMP();
    await using publisher = await StreamClient.connect(rtmp.port);
    const from = await publisher.publish('cam');
    // ModEx with three bytes of nanoseconds before a key frame, and before AAC in its enhanced form.
    const key = Buffer.from('97020000fa0168766331000000aa', 'hex');
    const sound = Buffer.from('97020000fa016d703461bb', 'hex');
    publisher.video(from, Buffer.from('9068766331ff', 'hex'), 0);
    publisher.video(from, key, 0);
    publisher.audio(from, sound, 3);
    await publisher.raw.settled();
    await using player = await StreamClient.connect(rtmp.port);
    await player.play('cam');
    const got: string[] = [];
    while (got.length < 3) {
      const { type, payload } = await player.raw.wait((m) => m.type === AUDIO || m.type === VIDEO);
      got.push(`${type} ${payload.toString('hex')}`);
    }
    assert.deepEqual(got, [
      '9 9068766331ff',
      `9 ${key.toString('hex')}`,
      `8 ${sound.toString('hex')}`,
    ]);
  });
});

function plain(value: unknown): unknown {
  return value === undefined ? undefined : { ...(value as object) };
}

/** By the packet types of the fixtures: sequence start, metadata of video, channels of audio, and the same of a track. */
function isHeader(payload: Buffer): boolean {
  return /^(17000|af00|9[04]|d4|9500|9504|9600)/.test(payload.toString('hex', 0, 3));
}
