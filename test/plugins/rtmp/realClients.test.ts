import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
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

describe('ffmpeg', { skip: !isInstalled('ffmpeg') }, () => {
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
