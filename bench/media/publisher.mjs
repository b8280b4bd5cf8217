// Publishes an FLV file at its pace, each video frame with the time of its sending at its end, and plays it to see how long that
// takes: over RTMP, and with the port of a third argument over HTTP-FLV and WebSocket-FLV. Says the latencies when it is asked.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { WebSocket } from 'ws';
import { flvReader, message, opening, reader, tagsOf } from './wire.mjs';

const CHUNK_SIZE = 65_536;
const [port, file, httpPort] = [Number(process.argv[2]), process.argv[3], process.argv[4]];
const tags = tagsOf(readFileSync(file));
const MARK = 0x5eed;

const publisher = connect({ port, host: '127.0.0.1', noDelay: true });
publisher.on('error', () => {});
await once(publisher, 'connect');
publisher.write(opening('publish'));
await new Promise((resolve) => {
  publisher.on(
    'data',
    reader((type, _time, payload) => {
      if (type === 20 && payload.includes('NetStream.Publish.Start')) resolve();
    }),
  );
});
const size = Buffer.alloc(4);
size.writeUInt32BE(CHUNK_SIZE);
publisher.write(message({ type: 1, payload: size, chunks: 2 }));

const latencies = new Map();

/** Notes how long the frames of one player took. */
function watch(name) {
  latencies.set(name, []);
  return (type, _time, payload) => {
    if (type !== 9 || payload.length < 20 || payload.readUInt16BE(payload.length - 10) !== MARK)
      return;
    latencies.get(name).push(performance.now() - payload.readDoubleBE(payload.length - 8));
  };
}

const player = connect({ port, host: '127.0.0.1', noDelay: true });
player.on('error', () => {});
player.write(opening('play'));
player.on('data', reader(watch('RTMP')));
if (httpPort !== undefined) {
  const address = `127.0.0.1:${httpPort}/live/cam.flv`;
  get(`http://${address}`, (response) => response.on('data', flvReader(watch('HTTP-FLV'))));
  new WebSocket(`ws://${address}`).on('message', flvReader(watch('WebSocket-FLV')));
}

process.on('message', () => {
  const players = {};
  for (const [name, times] of latencies) {
    const sorted = times.toSorted((a, b) => a - b);
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    players[name] = { count: sorted.length, p50: at(0.5), p99: at(0.99) };
    latencies.set(name, []);
  }
  process.send({ ...players.RTMP, players });
});
process.send('ready');

const start = performance.now();
for (let round = 0; ; round++) {
  const offset = round * (tags.at(-1).time + 33);
  for (const tag of tags) {
    const isHeader = tag.type === 18 || tag.payload[1] === 0;
    if (round > 0 && isHeader && tag.type !== 8) continue;
    const due = start + offset + tag.time;
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    let { payload } = tag;
    if (tag.type === 9 && !isHeader && payload.length > 20) {
      payload = Buffer.from(payload);
      payload.writeUInt16BE(MARK, payload.length - 10);
      payload.writeDoubleBE(performance.now(), payload.length - 8);
    }
    const chunks = tag.type === 8 ? 4 : tag.type === 9 ? 6 : 5;
    const time = offset + tag.time;
    publisher.write(
      message({ type: tag.type, payload, stream: 1, chunks, time, chunkSize: CHUNK_SIZE }),
    );
  }
}
