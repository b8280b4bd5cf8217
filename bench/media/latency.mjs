// How long a frame takes from the publisher's write to a player's read over RTMP, HTTP-FLV and WebSocket-FLV, with the server as a user
// starts it: the `live` webapp, its security and its callbacks.
//   node bench/media/latency.mjs [--seconds 20]
// Needs `npm run build` and ffmpeg.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { freePort, makeSource } from './setup.mjs';

const { values: options } = parseArgs({ options: { seconds: { type: 'string', default: '20' } } });
const root = path.join(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'bench-latency-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const [rtmp, http] = [await freePort(), await freePort()];
const start = [path.join(root, 'dist/main.js'), 'start'];
const ports = [`-Drtmp.port=${rtmp}`, `-Dhttp.port=${http}`];
const server = spawn(process.execPath, [...start, ...ports], { cwd: root, stdio: 'ignore' });
await Promise.all([listening(rtmp), listening(http)]);
const publisher = fork(path.join(import.meta.dirname, 'publisher.mjs'), [
  ...[String(rtmp), makeSource(folder), String(http)],
]);
await once(publisher, 'message');
await pause(3000);
await ask(); // What came while all code was new is not counted.
await pause(Number(options.seconds) * 1000);
for (const [name, { count, p50, p99 }] of Object.entries((await ask()).players)) {
  const times = `p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms`;
  console.log(`${name.padEnd(14)} ${times}  ${count} frames`);
}
publisher.kill('SIGKILL');
server.kill('SIGINT');

async function ask() {
  publisher.send('how long');
  const [answer] = await once(publisher, 'message');
  return answer;
}

async function listening(port) {
  for (let tries = 0; tries < 100; tries++) {
    const socket = connect({ port, host: '127.0.0.1' });
    const isOpen = await new Promise((resolve) => {
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await pause(100);
  }
  throw new Error(`the server does not listen on port ${port}`);
}
