// Many connections, some that read nothing, and many that come and go: nothing may be left behind.
//   node bench/rtmp/soak.mjs [--connections 5000] [--stalled 50] [--churn 500] [--changes 10] [--seconds 60]
// Needs `npm run build`.
// In rooms of 100; one member of each changes an attribute so many times a second. Exit code 1 when memory, connections or handles grow, or
// when fewer came and went than were to; CPU seconds tell more than that on a machine that has other things to do.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CHANGE_BYTES, change, join, message, pause } from './client.mjs';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '5000' },
    stalled: { type: 'string', default: '50' },
    churn: { type: 'string', default: '500' },
    changes: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '60' },
  },
});
const [connections, stalled, churn, changes, seconds] = [
  'connections',
  'stalled',
  'churn',
  'changes',
  'seconds',
].map((name) => Number(values[name]));
const MEMBERS = 100;

const child = fork(fileURLToPath(new URL('server.mjs', import.meta.url)), [], {
  execArgv: ['--expose-gc'],
});
const [{ port }] = await once(child, 'message');
const usage = () => ask(child);
const describe = (u) =>
  `heap ${(u.heapUsed / 1e6).toFixed(1)} MB, rss ${Math.round(u.rss / 1e6)} MB, ${u.links} links, ` +
  `${u.connections} connections, ${u.handles} handles`;

await warmUp();
const before = await usage();
console.log(`empty      ${describe(before)}`);

const rooms = Math.ceil(connections / MEMBERS);
const sockets = [];
const latencies = [];
let deliveries = 0;
for (let i = 0; i < connections; i++) {
  const member = Math.floor(i / rooms);
  const listener = member === 2 ? measured : received;
  const socket = await join(port, `bench/room${i % rooms}`, listener);
  sockets.push(socket);
  if (i < stalled) socket.pause();
}
const full = await usage();
console.log(
  `${connections} joined ${describe(full)}, ${((full.rss - before.rss) / connections / 1e3).toFixed(1)} KB each`,
);

const origin = performance.now();
let ticks = 0;
const writers = setInterval(() => {
  ticks += 1;
  for (let room = 0; room < rooms; room++) {
    // The second member of each room writes; the first of some rooms are the ones that read nothing.
    sockets[rooms + room]?.write(change('aa', performance.now() - origin + ticks / 1e9));
  }
}, 1000 / changes);
// A sign of life, which these clients give instead of answering pings.
const alive = setInterval(() => {
  for (const socket of sockets) socket.write(message(3, Buffer.alloc(4)));
}, 20_000);
const churner = fork(fileURLToPath(new URL('churner.mjs', import.meta.url)), [port, churn, rooms]);
const begun = await ask(churner); // It takes a while to start.
const started = { at: performance.now(), server: await usage(), own: process.cpuUsage() };

const samples = [];
for (let second = 5; second <= seconds; second += 5) {
  await pause(5000);
  const now = await usage();
  samples.push(now);
  const { closed, answered } = await ask(churner);
  const load = loadavg()[0].toFixed(1);
  console.log(
    `${String(second).padStart(3)} s      ${describe(now)}, ${closed} came and went, ${answered} answered; load ${load}`,
  );
}
const gone = await ask(churner);
const took = (performance.now() - started.at) / 1000;
const rate = (gone.opened - begun.opened) / took;
const cpu = (now, before = { user: 0, system: 0 }) =>
  ((now.user + now.system - before.user - before.system) / 1e6 / took).toFixed(2);
console.log(
  `${rate.toFixed(1)} came and ${((gone.closed - begun.closed) / took).toFixed(1)} went each second; CPU seconds a second: server ${cpu(await usage(), started.server)}, ` +
    `clients that stay ${cpu(process.cpuUsage(started.own))}, others ${cpu(gone, begun)}`,
);
churner.disconnect();
clearInterval(writers);
clearInterval(alive);
latencies.sort((a, b) => a - b);
const at = (part) => latencies[Math.floor(latencies.length * part)]?.toFixed(1);
console.log(
  `${deliveries} deliveries; change to listener p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, p99.9 ${at(0.999)} ms`,
);
for (const socket of sockets) socket.destroy();
// Lingering objects go after 5 s, sockets that never said anything as well.
let after = await usage();
for (let i = 0; i < 30 && !isEmpty(after); i++) {
  await pause(1000);
  after = await usage();
}
console.log(`empty      ${describe(after)}`);
child.kill();

const grown = (after.heapUsed - before.heapUsed) / 1e6;
const early = samples[1]?.heapUsed ?? full.heapUsed;
const drift = ((samples.at(-1)?.heapUsed ?? early) - early) / 1e6;
console.log(`heap grew by ${grown.toFixed(1)} MB in all, by ${drift.toFixed(1)} MB while it ran`);
const isSlow = rate < churn * 0.99;
process.exit(grown > 15 || !isEmpty(after) || isSlow ? 1 : 0);

function isEmpty(now) {
  return now.links === 0 && now.connections === 0 && now.handles <= before.handles + 2;
}

function received(bytes) {
  deliveries += Math.floor(bytes.length / CHANGE_BYTES);
}

function measured(bytes) {
  received(bytes);
  if (bytes.length % CHANGE_BYTES !== 0) return;
  for (let at = 0; at < bytes.length; at += CHANGE_BYTES) {
    latencies.push(performance.now() - origin - bytes.readDoubleBE(at + CHANGE_BYTES - 8));
  }
}

async function ask(process) {
  process.send('usage');
  const [answer] = await once(process, 'message');
  return answer;
}

/** Lets the code be compiled before memory is looked at. */
async function warmUp() {
  const some = await Promise.all(Array.from({ length: 50 }, () => join(port, 'bench/warm')));
  for (let i = 0; i < 200; i++) some[0].write(change('aa', i + 1));
  await pause(500);
  for (const socket of some) socket.destroy();
  await pause(6000);
}
