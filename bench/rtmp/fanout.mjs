// Shared-object changes to many listeners: deliveries per second and per CPU second, against a floor program that only writes
// the same bytes to the same number of sockets.
//   node bench/rtmp/fanout.mjs [--listeners 10,100,1000] [--seconds 5] [--writers 10] [--window 4]
// Needs `npm run build`.
// Closed loop: each writer has `window` changes under way. CPU is that of the server process alone.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CHANGE_BYTES, change, join, pause, SUCCESS_BYTES } from './client.mjs';

const { values: options } = parseArgs({
  options: {
    role: { type: 'string', default: 'all' },
    listeners: { type: 'string', default: '10,100,1000' },
    seconds: { type: 'string', default: '5' },
    writers: { type: 'string', default: '10' },
    window: { type: 'string', default: '4' },
  },
});

if (options.role === 'floor') floor();
else await all();

/** Takes any handshake and connect, and then writes what a change makes to every other socket, once per turn. */
function floor() {
  const change = Buffer.alloc(CHANGE_BYTES);
  change.writeUIntBE(CHANGE_BYTES - 12, 4, 3);
  change[7] = 19;
  const success = Buffer.alloc(SUCCESS_BYTES);
  success.writeUIntBE(SUCCESS_BYTES - 12, 4, 3);
  success[7] = 19;
  const sockets = [];
  let changes = 0;
  let scheduled = false;
  const flush = () => {
    scheduled = false;
    const common = Buffer.concat(Array(changes).fill(change));
    for (const socket of sockets) {
      if (socket.changes === 0) {
        socket.write(common);
      } else {
        const own = socket.changes;
        socket.changes = 0;
        socket.write(
          Buffer.concat([...Array(changes - own).fill(change), ...Array(own).fill(success)]),
        );
      }
    }
    changes = 0;
  };
  const server = createServer({ noDelay: true }, (socket) => {
    let skip = -1;
    let rest = 0;
    socket.changes = 0;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      if (skip < 0) {
        // The first bytes say how much comes before the first change.
        skip = bytes.readUInt32BE(0);
        sockets.push(socket);
        socket.write(Buffer.alloc(1));
      }
      rest += bytes.length - Math.min(skip, bytes.length);
      skip -= Math.min(skip, bytes.length);
      const own = Math.floor(rest / CHANGE_BYTES);
      rest -= own * CHANGE_BYTES;
      if (own === 0) return;
      changes += own;
      socket.changes += own;
      if (!scheduled) setImmediate(flush);
      scheduled = true;
    });
  });
  server.listen(0, '127.0.0.1', () => report(server.address().port));
}

function report(port) {
  process.on('message', (message) => {
    if (message === 'usage')
      process.send({ ...process.cpuUsage(), rss: process.memoryUsage().rss });
  });
  process.send({ port });
}

async function all() {
  console.log(`${options.writers} writers, ${options.window} changes under way each`);
  for (const listeners of options.listeners.split(',').map(Number)) {
    const results = {};
    for (const role of ['floor', 'server', 'floor', 'server']) {
      const result = await measure(role, listeners);
      if ((results[role]?.perCPU ?? 0) < result.perCPU) results[role] = result;
    }
    for (const [role, r] of Object.entries(results)) {
      console.log(
        `${String(listeners).padStart(5)} listeners  ${role.padEnd(6)} ${Math.round(r.rate / 1e3)}k deliveries/s, ` +
          `${Math.round(r.perCPU / 1e3)}k per CPU second, ${(1e6 / r.perCPU).toFixed(2)} CPU s per million, ` +
          `p50 ${r.p50.toFixed(1)} ms, p99 ${r.p99.toFixed(1)} ms, ${Math.round(r.rss / 1e6)} MB`,
      );
    }
    const ratio = results.server.perCPU / results.floor.perCPU;
    console.log(`${String(listeners).padStart(5)} listeners  server / floor = ${ratio.toFixed(2)}`);
  }
}

async function measure(role, listeners) {
  const file = role === 'floor' ? import.meta.url : new URL('server.mjs', import.meta.url);
  const child = fork(fileURLToPath(file), ['--role', role]);
  const [{ port }] = await once(child, 'message');
  const cpu = async () => {
    child.send('usage');
    const [usage] = await once(child, 'message');
    return { seconds: (usage.user + usage.system) / 1e6, rss: usage.rss };
  };
  const writers = Math.min(Number(options.writers), listeners);
  const counts = { deliveries: 0, times: [] };
  const sockets = [];
  for (let i = 0; i < listeners; i++) {
    sockets.push(await (role === 'floor' ? joinFloor(port) : join(port, 'bench')));
  }
  for (const [index, socket] of sockets.entries()) {
    listen(socket, index, index < writers, counts);
  }
  await pause(500); // warm up
  counts.deliveries = 0;
  counts.times.length = 0;
  const begin = performance.now();
  const before = await cpu();
  await pause(Number(options.seconds) * 1000);
  const after = await cpu();
  const seconds = (performance.now() - begin) / 1000;
  const { deliveries, times } = counts;
  times.sort((a, b) => a - b);
  for (const socket of sockets) socket.destroy();
  child.kill();
  await once(child, 'exit');
  return {
    rate: deliveries / seconds,
    perCPU: deliveries / (after.seconds - before.seconds),
    p50: times[Math.floor(times.length * 0.5)] ?? Number.NaN,
    p99: times[Math.floor(times.length * 0.99)] ?? Number.NaN,
    rss: after.rss,
  };
}

/** Counts what comes; a writer sends its next change for each that was acknowledged. */
function listen(socket, index, writes, counts) {
  let rest = Buffer.alloc(0);
  const sent = [];
  let value = 0; // A value that is set again is no change.
  const write = () => {
    sent.push(performance.now());
    value += 1;
    socket.write(change(keyOf(index), value));
  };
  socket.on('data', (bytes) => {
    if (!writes) {
      counts.deliveries += bytes.length / CHANGE_BYTES;
      return;
    }
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let at = 0;
    for (; at + 12 <= rest.length; ) {
      const size = 12 + rest.readUIntBE(at + 4, 3);
      if (at + size > rest.length) break;
      if (rest[at + 7] === 19) {
        if (size === SUCCESS_BYTES) {
          counts.times.push(performance.now() - sent.shift());
          write();
        } else {
          counts.deliveries += 1;
        }
      }
      at += size;
    }
    rest = rest.subarray(at);
  });
  if (writes) for (let i = 0; i < Number(options.window); i++) write();
}

/** Two letters. */
function keyOf(index) {
  return `${String.fromCharCode(97 + (index % 26))}${Math.floor(index / 26) % 10}`;
}

async function joinFloor(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  socket.write(Buffer.of(0, 0, 0, 4));
  await once(socket, 'data');
  return socket;
}
