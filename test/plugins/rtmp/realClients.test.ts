import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import type { Connection, ServiceCapableConnection } from '../../../src/server/index.ts';
import { MultiThreadedApplicationAdapter } from '../../../src/server/index.ts';
import { startRTMP } from './startRTMP.ts';

const TIMEOUT_MS = 20_000;

function isInstalled(program: string): boolean {
  return spawnSync(program, ['-version']).error === undefined;
}

/** Runs a program to its end; returns everything it wrote. */
async function run(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { timeout: TIMEOUT_MS });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (part: string) => {
      text += part;
    });
  }
  await once(child, 'close');
  return text;
}

/** Calls `onBWDone` on every client, as Flash Media Server does. */
class BandwidthTeller extends MultiThreadedApplicationAdapter {
  override appConnect(connection: Connection): boolean {
    (connection as Connection & ServiceCapableConnection).notify('onBWDone', []);
    return true;
  }
}

describe('ffmpeg', { skip: !isInstalled('ffmpeg') }, () => {
  const source = ['-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=10', '-t', '2'];

  it('connects and is told that its stream is not taken', async () => {
    await using rtmp = await startRTMP();
    const address = `rtmp://127.0.0.1:${rtmp.port}/chat/room1/cam`;
    const text = await run('ffmpeg', ['-loglevel', 'debug', ...source, '-f', 'flv', address]);
    assert.match(text, /This server takes no streams/);
    assert.deepEqual(rtmp.log.lines, []);
  });

  it('connects and is told that there is no stream to play', async () => {
    await using rtmp = await startRTMP();
    const text = await run('ffmpeg', ['-i', `rtmp://127.0.0.1:${rtmp.port}/chat/room1/cam`]);
    assert.match(text, /There is no such stream/);
    assert.deepEqual(rtmp.log.lines, []);
  });

  it('asks for its bandwidth after onBWDone, once, and goes on', async () => {
    await using rtmp = await startRTMP({ handler: new BandwidthTeller() });
    const address = `rtmp://127.0.0.1:${rtmp.port}/chat/cam`;
    const text = await run('ffmpeg', ['-loglevel', 'debug', '-i', address]);
    assert.match(text, /There is no such stream/);
    assert.doesNotMatch(text, /Server error: (?!There is no such stream)/);
    assert.deepEqual(rtmp.log.lines, []);
  });

  it('is told that there is no such application', async () => {
    await using rtmp = await startRTMP();
    const text = await run('ffmpeg', ['-i', `rtmp://127.0.0.1:${rtmp.port}/nosuchapp/cam`]);
    assert.match(text, /No scope 'nosuchapp' on this server/);
  });
});

describe('rtmpdump', { skip: !isInstalled('rtmpdump') }, () => {
  function dump(port: number, app: string): Promise<string> {
    const address = `rtmp://127.0.0.1:${port}/${app}`;
    return run('rtmpdump', ['-V', '-r', address, '-a', app, '-y', 'cam', '-o', '/dev/null']);
  }

  it('shakes hands with a digest, connects and is told that there is no stream to play', async () => {
    await using rtmp = await startRTMP();
    const text = await dump(rtmp.port, 'chat/room1');
    assert.match(text, /Handshaking finished/);
    assert.match(text, /NetConnection\.Connect\.Success/);
    assert.match(text, /NetStream\.Play\.StreamNotFound/);
    assert.deepEqual(rtmp.log.lines, []);
  });

  it('asks for its bandwidth after onBWDone, is asked and answers, and goes on', async () => {
    await using rtmp = await startRTMP({ handler: new BandwidthTeller() });
    const text = await dump(rtmp.port, 'chat');
    assert.equal(text.match(/server invoking <onBWDone>/g)?.length, 1);
    assert.match(text, /server invoking <_onbwcheck>/);
    assert.match(text, /NetStream\.Play\.StreamNotFound/);
    assert.deepEqual(rtmp.log.lines, []);
  });

  it('is told that there is no such application', async () => {
    await using rtmp = await startRTMP();
    assert.match(await dump(rtmp.port, 'nosuchapp'), /NetConnection\.Connect\.InvalidApp/);
  });
});

/** A process of the npm package `rtmp-client`, which takes lines of `[key, value]` and writes down what it hears. */
class NpmClient implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #heard: unknown[] = [];
  #wake: () => void = () => undefined;

  constructor(port: number) {
    const script = path.resolve(import.meta.dirname, '../../support/rtmp/npmClient.mjs');
    this.#child = spawn(process.execPath, [script, `rtmp://127.0.0.1:${port}/chat/room1`], {
      timeout: TIMEOUT_MS,
    });
    createInterface(this.#child.stdout).on('line', (line) => {
      this.#heard.push(JSON.parse(line));
      this.#wake();
    });
  }

  set(key: string, value: unknown): void {
    this.#child.stdin.write(`${JSON.stringify([key, value])}\n`);
  }

  /** Everything it heard, as soon as that are so many things. */
  async heard(count: number): Promise<unknown[]> {
    while (this.#heard.length < count && this.#child.exitCode === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#heard;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill();
    await once(this.#child, 'close');
  }
}

describe('the npm package rtmp-client', () => {
  it('shares an object between two processes', async () => {
    await using rtmp = await startRTMP();
    await using writer = new NpmClient(rtmp.port);
    await using reader = new NpmClient(rtmp.port);
    const joined = [
      ['status', 'NetConnection.Connect.Success'],
      ['sync', [['clear', null, null]]],
    ];
    assert.deepEqual(await writer.heard(2), joined);
    assert.deepEqual(await reader.heard(2), joined);
    writer.set('topic', 'hello');
    await reader.heard(3);
    writer.set('list', [1, 'x', { a: null }]);
    assert.deepEqual(await reader.heard(4), [
      ...joined,
      ['sync', [['change', 'topic', 'hello']]],
      ['sync', [['change', 'list', [1, 'x', { a: null }]]]],
    ]);
    assert.deepEqual(rtmp.log.lines, []);
  });
});
