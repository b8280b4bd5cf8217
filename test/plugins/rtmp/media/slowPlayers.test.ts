import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { StreamSettings } from '../../../../src/server/index.ts';
import { startRTMP } from '../startRTMP.ts';
import { StreamClient, TAG } from './StreamClient.ts';

const FRAME_BYTES = 50_000;
const KEY_EVERY = 25;

/** Sends frames in one chunk each, with their number in front; key frames now and then. */
class FastPublisher {
  readonly #client: StreamClient;
  readonly #stream: number;
  #count = 0;

  private constructor(client: StreamClient, stream: number) {
    this.#client = client;
    this.#stream = stream;
  }

  static async start(client: StreamClient, name: string): Promise<FastPublisher> {
    const stream = await client.publish(name);
    client.raw.stream.write(Buffer.from('020000000000040100000000000f4240', 'hex')); // chunks of 1,000,000
    return new FastPublisher(client, stream);
  }

  /** Sends so many frames, not faster than the server reads them. */
  async send(frames: number): Promise<void> {
    for (let i = 0; i < frames; i++) {
      const head = Buffer.alloc(12);
      head[0] = 6;
      head.writeUIntBE(this.#count * 40, 1, 3);
      head.writeUIntBE(FRAME_BYTES, 4, 3);
      head[7] = 9;
      head.writeUInt32LE(this.#stream, 8);
      const body = Buffer.alloc(FRAME_BYTES, 9);
      body.set(this.#count % KEY_EVERY === 0 ? TAG.key : TAG.inter);
      body.writeUInt32BE(this.#count, 6);
      this.#count += 1;
      if (!this.#client.raw.stream.write(Buffer.concat([head, body]))) {
        await new Promise<void>((resolve) => this.#client.raw.stream.once('drain', resolve));
      }
    }
  }
}

/** Numbers of the frames that came. */
function framesOf(client: StreamClient): number[] {
  return client.raw.received
    .filter((message) => message.type === 9)
    .map((message) => message.payload.readUInt32BE(6));
}

describe('a player that reads nothing', () => {
  it('takes no memory, holds nobody up, and is disconnected', async () => {
    await using rtmp = await startRTMP();
    await using publisher = await StreamClient.connect(rtmp.port);
    const stalled = await StreamClient.connect(rtmp.port);
    await stalled.play('cam');
    await using good = await StreamClient.connect(rtmp.port);
    await good.play('cam');
    const fast = await FastPublisher.start(publisher, 'cam');
    stalled.raw.stream.pause();
    const before = process.memoryUsage().rss;
    const got: number[] = [];
    for (let sent = 0; sent < 3000; sent += 50) {
      await fast.send(50); // 150 MB in all
      while (framesOf(good).length < 50) await setImmediate();
      got.push(...framesOf(good));
      good.raw.received.length = 0;
    }
    assert.deepEqual(
      got,
      Array.from({ length: 3000 }, (_, i) => i),
    );
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    assert.ok(grown < 100, `${grown} MiB`);
    assert.deepEqual(
      rtmp.log.lines.map(({ fields }) => fields['code']),
      ['RTMP_QUEUE_FULL'],
    );
    stalled.raw.stream.resume();
    await stalled.raw.closed;
  });

  it('that goes on in time gets on with a key frame, and is told that it missed some', async () => {
    const settings = new StreamSettings();
    settings.maxPlayerQueueBytes = 1_000_000;
    settings.maxPlayerBacklogBytes = 1_000_000_000;
    settings.maxGOPBytes = 0;
    await using rtmp = await startRTMP();
    rtmp.server.streamSettings = settings;
    await using publisher = await StreamClient.connect(rtmp.port);
    await using slow = await StreamClient.connect(rtmp.port);
    const at = await slow.play('cam');
    const fast = await FastPublisher.start(publisher, 'cam');
    slow.raw.stream.pause();
    await fast.send(400);
    await publisher.raw.settled();
    slow.raw.stream.resume();
    await slow.status('NetStream.Play.InsufficientBW', at);
    while (!framesOf(slow).some((frame) => frame >= 400)) {
      await fast.send(5);
      await publisher.raw.settled();
    }
    const frames = framesOf(slow);
    const gaps = frames.filter((frame, i) => i > 0 && frame !== (frames[i - 1] as number) + 1);
    assert.ok(gaps.length >= 1 && frames.length < 400, `${frames.length} frames`);
    assert.deepEqual(
      gaps.filter((frame) => frame % KEY_EVERY !== 0),
      [],
    );
    assert.deepEqual(rtmp.log.lines, []);
  });

  it('begins with no more than the GOP cache may have, however late it joins', async () => {
    const settings = new StreamSettings();
    settings.maxGOPBytes = 10 * FRAME_BYTES;
    await using rtmp = await startRTMP();
    rtmp.server.streamSettings = settings;
    await using publisher = await StreamClient.connect(rtmp.port);
    await using first = await StreamClient.connect(rtmp.port);
    await first.play('cam');
    const fast = await FastPublisher.start(publisher, 'cam');
    for (const [frames, expected] of [
      [6, [0, 1, 2, 3, 4, 5]],
      [10, []],
    ] as const) {
      await fast.send(frames);
      await publisher.raw.settled();
      await using late = await StreamClient.connect(rtmp.port);
      await late.play('cam');
      await late.raw.settled();
      assert.deepEqual(framesOf(late), expected);
    }
  });

  it('never begins within a group of pictures, however many messages that has', async () => {
    await using rtmp = await startRTMP();
    await using publisher = await StreamClient.connect(rtmp.port);
    await using first = await StreamClient.connect(rtmp.port);
    await first.play('cam');
    const from = await publisher.publish('cam');
    publisher.video(from, TAG.key, 0);
    for (let i = 1; i <= 4100; i++) publisher.video(from, TAG.inter, i);
    await publisher.raw.settled();
    await using late = await StreamClient.connect(rtmp.port);
    const at = await late.play('cam');
    publisher.video(from, TAG.inter, 5000);
    publisher.video(from, TAG.key, 5001);
    await late.media(at, TAG.key);
    assert.deepEqual(
      late.take(at).filter((text) => text.includes('@')),
      [],
    );
  });
});
