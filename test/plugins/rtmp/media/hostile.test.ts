import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type RunningRTMP, startRTMP } from '../startRTMP.ts';
import { amf0 } from '../wireValues.ts';
import { StreamClient, TAG } from './StreamClient.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

interface Hostile {
  readonly name: string;
  /** What a client does that was let publish on a stream. */
  readonly run: (client: StreamClient, stream: number) => void | Promise<void>;
  /** The code its connection ends with; undefined when it lives on. */
  readonly ends?: string;
}

const onMetaData = amf0('@setDataFrame', 'onMetaData');

// Each of these ends the process of a stock node-media-server, or desynchronises its players.
const cases: readonly Hostile[] = [
  {
    name: 'metadata that is undefined',
    run: (client, stream) => client.data(stream, Buffer.concat([onMetaData, hex('06')])),
  },
  {
    name: 'metadata with AMF3 behind marker 0x11',
    run: (client, stream) =>
      client.data(stream, Buffer.concat([onMetaData, hex('11 0a 0b 01 01')])),
  },
  {
    name: 'metadata that is cut off',
    run: (client, stream) =>
      client.data(stream, Buffer.concat([onMetaData, hex('08 000000ff 0003')])),
  },
  {
    name: 'metadata 60,000 levels deep',
    run: (client, stream) =>
      client.data(
        stream,
        Buffer.concat([onMetaData, Buffer.from('03000161'.repeat(60_000), 'hex')]),
      ),
  },
  {
    name: 'metadata with a list of 4,294,967,295 values',
    run: (client, stream) => client.data(stream, Buffer.concat([onMetaData, hex('0a ffffffff')])),
  },
  {
    name: 'data without a name',
    run: (client, stream) => {
      for (const body of ['', '05', '0a00000000', '02', '020000']) client.data(stream, hex(body));
    },
  },
  {
    name: 'AMF3 data, in all lengths up to four bytes',
    run: (client, stream) => {
      for (const body of ['', '00', '0011', '00110a', '000a0b01']) {
        client.raw.send(15, hex(body), 5, stream);
      }
    },
  },
  {
    name: 'empty audio and video',
    run: (client, stream) => {
      client.audio(stream, Buffer.alloc(0), 0);
      client.video(stream, Buffer.alloc(0), 0);
    },
  },
  {
    name: 'video of one to five bytes of every codec, enhanced ones as well',
    run: (client, stream) => {
      for (let first = 0; first < 256; first++) {
        for (let size = 1; size <= 5; size++) {
          client.video(stream, Buffer.alloc(size, first), 0);
          client.audio(stream, Buffer.alloc(size, first), 0);
        }
      }
    },
  },
  {
    name: 'times around 2^32, and back',
    run: (client, stream) => {
      const times = [0xffff_fff0, 0xffff_ffff, 0, 0x8000_0000, 0xffff_fff0, 5, 0x7fff_ffff, 1];
      for (const time of times) client.video(stream, TAG.key, time);
    },
  },
  {
    name: 'a publisher that begins again at the end of time',
    run: async (client, stream) => {
      client.video(stream, TAG.key, 0xffff_fff0);
      client.on(stream, 'closeStream');
      await client.status('NetStream.Unpublish.Success', stream);
      client.on(stream, 'publish', 'hostile', 'live');
      await client.status('NetStream.Publish.Start', stream);
      client.video(stream, TAG.key, 0xffff_fff0);
    },
  },
  {
    name: 'an aggregate that ends within a tag',
    ends: 'RTMP_BAD_MESSAGE',
    run: (client, stream) => client.raw.send(22, hex('09 0000ff 000000 00 000000 17'), 6, stream),
  },
  {
    name: 'an aggregate of aggregates, commands and unknown types',
    run: (client, stream) => {
      const tag = (type: number): Buffer =>
        Buffer.concat([Buffer.of(type), hex('000001 000000 00 000000 17 0000000c')]);
      client.raw.send(22, Buffer.concat([22, 20, 0, 31].map(tag)), 6, stream);
    },
  },
  {
    name: 'names that are no names',
    run: (client, stream) => {
      client.on(stream, 'closeStream');
      for (const name of [null, 7, {}, [], '', '../x', 'a\u0000', 'x'.repeat(10_000)]) {
        client.on(stream, 'publish', name, 'live');
        client.on(stream, 'play', name, 'x', {}, null);
        client.on(stream, 'seek', name);
        client.on(stream, 'pause', name);
        client.on(stream, 'receiveVideo', name);
        client.on(stream, 'play2', name);
      }
    },
  },
  {
    name: 'parameters that are no parameters, very many of them',
    run: async (client, stream) => {
      client.on(stream, 'closeStream');
      const query = '&=&&%zz=%&__proto__=1&constructor=2&'.repeat(200);
      client.on(stream, 'publish', `hostile?${query}`, 'live');
      await client.status('NetStream.Publish.Start', stream);
    },
  },
];

/** Somebody else publishes and plays, and gets exactly what was published. */
async function expectToWork(rtmp: RunningRTMP): Promise<void> {
  await using publisher = await StreamClient.connect(rtmp.port);
  await using player = await StreamClient.connect(rtmp.port);
  const from = await publisher.publish('good');
  const at = await player.play('good');
  publisher.group(from, 0);
  await player.media(at, TAG.inter);
  assert.deepEqual(player.take(at).slice(-4), [
    'videoHeader@0',
    'audioHeader@0',
    'key@0',
    'audio@10',
  ]);
}

describe('a hostile publisher', () => {
  for (const { name, run, ends } of cases) {
    it(`harms nobody with ${name}`, async () => {
      await using rtmp = await startRTMP();
      await using client = await StreamClient.connect(rtmp.port);
      await using player = await StreamClient.connect(rtmp.port);
      const stream = await client.publish('hostile');
      const at = await player.play('hostile');
      await run(client, stream);
      if (ends === undefined) await client.raw.settled();
      else await client.raw.closed;
      const codes = rtmp.log.lines.filter(({ message }) => message.startsWith('peer dropped'));
      assert.deepEqual(
        codes.map(({ fields }) => fields['code']),
        ends === undefined ? [] : [ends],
      );
      assert.ok(!rtmp.log.lines.some(({ level }) => level === 'error'));
      // The player's chunks are still in step: it reads the answer to a ping.
      await player.raw.settled();
      player.take(at);
      await expectToWork(rtmp);
    });
  }

  it('cannot put anything into the stream of another, whatever it is', async () => {
    await using rtmp = await startRTMP();
    await using publisher = await StreamClient.connect(rtmp.port);
    await using refused = await StreamClient.connect(rtmp.port);
    await using viewer = await StreamClient.connect(rtmp.port);
    const from = await publisher.publish('cam');
    const other = await refused.createStream();
    refused.on(other, 'publish', 'cam', 'live');
    await refused.status('NetStream.Publish.BadName', other);
    const at = await viewer.play('cam');
    for (const client of [refused, viewer]) {
      for (const stream of [0, 1, 2, 3]) {
        client.video(stream, TAG.key, 666);
        client.audio(stream, TAG.audio, 666);
        client.data(stream, Buffer.concat([onMetaData, amf0({ evil: true })]));
        client.raw.send(
          22,
          Buffer.concat([hex('09 000001 000000 00 000000 17 0000000c')]),
          6,
          stream,
        );
      }
      await client.raw.settled();
    }
    publisher.group(from, 0);
    await viewer.media(at, TAG.inter);
    assert.deepEqual(viewer.take(at).slice(-5), [
      'data |RtmpSampleAccess',
      'videoHeader@0',
      'audioHeader@0',
      'key@0',
      'audio@10',
    ]);
    // A stream that was refused once can still be used.
    refused.on(other, 'publish', 'free', 'live');
    await refused.status('NetStream.Publish.Start', other);
  });
});
