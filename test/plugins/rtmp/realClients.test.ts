import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
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

  it('is told that there is no such application', async () => {
    await using rtmp = await startRTMP();
    assert.match(await dump(rtmp.port, 'nosuchapp'), /NetConnection\.Connect\.InvalidApp/);
  });
});
