import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bandwidth, RTMPConnection } from '../../../src/plugins/rtmp/index.ts';
import { MultiThreadedApplicationAdapter, Red5 } from '../../../src/server/index.ts';
import { RawClient } from './RawClient.ts';
import { startRTMP } from './startRTMP.ts';
import type { Received } from './WireChunks.ts';
import { readAll } from './wireValues.ts';

/** Answers what the server asks until it is told the end; returns the names of all commands, and the last one whole. */
async function answerAll(
  client: RawClient,
  done: string,
  isAnswered = true,
): Promise<{ names: unknown[]; last: unknown[]; asked: unknown[][] }> {
  const names: unknown[] = [];
  const asked: unknown[][] = [];
  for (;;) {
    const command = await client.command();
    names.push(command[0]);
    if (command[0] === done) return { names, last: command, asked };
    if (typeof command[1] !== 'number' || command[1] === 0 || command[0] === '_result') continue;
    asked.push(command);
    client.call(isAnswered ? '_result' : '_error', command[1], null, 0);
  }
}

function sizes(asked: readonly unknown[][], payload: (args: unknown[]) => unknown): number[] {
  return asked.map(([, , , ...args]) => String(payload(args)).length);
}

describe('bandwidth', () => {
  it('is measured for checkBandwidth as Flash Media Server does: onBWCheck three times, then numbers', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.connected(rtmp.port);
    client.call('checkBandwidth', 2, null);
    const { names, last, asked } = await answerAll(client, 'onBWDone');
    assert.deepEqual(names, ['_result', 'onBWCheck', 'onBWCheck', 'onBWCheck', 'onBWDone']);
    assert.deepEqual(
      sizes(asked, ([payload]) => payload),
      [0, 16_384, 49_152],
    );
    const numbers = last.slice(3) as number[];
    assert.equal(numbers.length, 4);
    const [kbitDown = 0, deltaDown = 0, deltaTime = 0, latency = -1] = numbers;
    assert.equal(deltaDown, 524.288);
    assert.ok(deltaTime > 0 && latency >= 0);
    assert.equal(kbitDown, Math.round(deltaDown / deltaTime));
  });

  it('is measured for _checkbw under the names of Flash Media Server 2', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.connected(rtmp.port);
    client.call('_checkbw', 4, null);
    const { names, last } = await answerAll(client, '_onbwdone');
    assert.deepEqual(names, ['_result', '_onbwcheck', '_onbwcheck', '_onbwcheck', '_onbwdone']);
    assert.equal(last.length, 5, 'latency and kilobits');
  });

  it('wants no answer of its own for transaction 0', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.connected(rtmp.port);
    client.call('checkBandwidth', 0, null);
    const { names } = await answerAll(client, 'onBWDone');
    assert.equal(names.includes('_result'), false);
  });

  it('is measured when a client has connected if the server is told to, in one object as Red5 does', async () => {
    await using rtmp = await startRTMP({ plugin: { bandwidthDetection: true } });
    const client = await RawClient.connected(rtmp.port, 'chat', { objectEncoding: 3 });
    const { last, asked } = await answerAll(client, 'onBWDone');
    assert.deepEqual(
      asked.map(([, , , step]) => Object.keys(step as object)),
      Array(3).fill(['count', 'sent', 'timePassed', 'payload', 'latency', 'cumLatency']),
    );
    assert.deepEqual(Object.keys(last[3] as object), [
      'kbitDown',
      'deltaDown',
      'deltaTime',
      'latency',
    ]);
  });

  it('can be asked for by an application', async () => {
    const measured: Promise<Bandwidth>[] = [];
    class Handler extends MultiThreadedApplicationAdapter {
      static readonly remoteMethods = ['measure'];

      measure(): void {
        measured.push((Red5.getConnectionLocal() as RTMPConnection).checkBandwidth());
      }
    }
    await using rtmp = await startRTMP({ handler: new Handler() });
    const client = await RawClient.connected(rtmp.port);
    client.call('measure', 2, null);
    await answerAll(client, 'onBWDone');
    assert.equal((await measured[0])?.deltaDown, 524.288);
  });

  it('is left to an application that has a method of the name', async () => {
    class Handler extends MultiThreadedApplicationAdapter {
      static readonly remoteMethods = ['checkBandwidth'];

      checkBandwidth(): string {
        return 'mine';
      }
    }
    await using rtmp = await startRTMP({ handler: new Handler() });
    const client = await RawClient.connected(rtmp.port);
    client.call('checkBandwidth', 2, null);
    assert.deepEqual(await client.command(), ['_result', 2, null, 'mine']);
  });

  it('is told as unknown when the client has no onBWCheck', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.connected(rtmp.port);
    client.call('checkBandwidth', 2, null);
    const { names, last } = await answerAll(client, 'onBWDone', false);
    assert.deepEqual(names, ['_result', 'onBWCheck', 'onBWDone']);
    assert.equal(last.length, 3, 'no arguments');
  });

  it('makes no circle with clients that answer each onBWDone with _checkbw, as FFmpeg and librtmp do', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.connected(rtmp.port);
    client.call('checkBandwidth', 2, null);
    await answerAll(client, 'onBWDone');
    client.call('_checkbw', 3, null);
    await answerAll(client, '_onbwdone');
    await client.settled();
    assert.deepEqual(client.received.filter(isCommand).map(nameOf), []);
  });

  it('is measured once at a time, however often a client asks that answers nothing', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.connected(rtmp.port);
    for (let i = 0; i < 100; i++) client.call('checkBandwidth', 0, null);
    await client.settled();
    assert.deepEqual(client.received.filter(isCommand).map(nameOf), ['onBWCheck']);
    const [first] = client.received.filter(isCommand);
    client.call('_result', readAll((first as Received).payload)[1] as number, null, 0);
    assert.deepEqual((await answerAll(client, 'onBWDone')).names.at(-1), 'onBWDone');
    await client.settled();
    assert.deepEqual(client.received.filter(isCommand).map(nameOf), []);
  });

  it('of the way up is told by counting bytes', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.connected(rtmp.port);
    client.call('checkBandwidthUp', 2, null, [17]);
    const [name, , , counted] = await client.command();
    assert.equal(name, '_result');
    const { cOutBytes, cInBytes, time } = counted as Record<string, number>;
    assert.equal(time, 17);
    assert.ok((cOutBytes ?? 0) > 3073 && (cInBytes ?? 0) > 100);
  });
});

function isCommand({ type }: Received): boolean {
  return type === 20;
}

function nameOf({ payload }: Received): unknown {
  return readAll(payload)[0];
}
