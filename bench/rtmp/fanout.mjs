// Shared-object changes to many listeners: deliveries per second and per CPU second, against a floor program that only writes
// the same bytes to the same number of sockets.
//   node --import tsx bench/rtmp/fanout.mjs [--listeners 10,100,1000] [--seconds 5] [--writers 10] [--window 4]
// Closed loop: each writer has `window` changes under way. CPU is that of the server process alone.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    role: { type: 'string', default: 'all' },
    listeners: { type: 'string', default: '10,100,1000' },
    seconds: { type: 'string', default: '5' },
    writers: { type: 'string', default: '10' },
    window: { type: 'string', default: '4' },
  },
});

const CHANGE_BYTES = 12 + 4 + 12 + 5 + 4 + 9; // header, name, version and flags, event, key, number
const SUCCESS_BYTES = 12 + 4 + 12 + 5 + 4;

if (options.role === 'server') await serve();
else if (options.role === 'floor') await floor();
else await all();

/** The server as it is, with one application. */
async function serve() {
  const { RTMPHandler, RTMPPlugin } = await import('../../src/plugins/rtmp/index.ts');
  const { MultiThreadedApplicationAdapter, Server, TCPTransport, WebScope } = await import(
    '../../src/server/index.ts'
  );
  const server = new Server();
  const plugin = new RTMPPlugin();
  plugin.server = server;
  const scope = new WebScope();
  scope.server = server;
  scope.parent = server.globalScope;
  scope.contextPath = '/bench';
  scope.handler = new MultiThreadedApplicationAdapter();
  const transport = new TCPTransport();
  transport.host = '127.0.0.1';
  transport.handlers = [new RTMPHandler(plugin)];
  await plugin.start();
  await scope.start();
  await transport.start();
  report(transport.address.port);
}

/** Takes any handshake and connect, and then writes what a change makes to every other socket, once per turn. */
async function floor() {
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
    if (message === 'cpu') process.send({ ...process.cpuUsage(), rss: process.memoryUsage().rss });
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
  const file = fileURLToPath(import.meta.url);
  const child = fork(file, ['--role', role], { execArgv: ['--import', 'tsx'] });
  const [{ port }] = await once(child, 'message');
  const cpu = async () => {
    child.send('cpu');
    const [usage] = await once(child, 'message');
    return { seconds: (usage.user + usage.system) / 1e6, rss: usage.rss };
  };
  const writers = Math.min(Number(options.writers), listeners);
  const counts = { deliveries: 0, times: [] };
  const sockets = [];
  for (let i = 0; i < listeners; i++) {
    sockets.push(await (role === 'floor' ? joinFloor(port) : join(port)));
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
    socket.write(change(index, value));
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

function message(type, payload) {
  const header = Buffer.alloc(12);
  header[0] = 3;
  header.writeUIntBE(payload.length, 4, 3);
  header[7] = type;
  return Buffer.concat([header, payload]);
}

function change(index, value) {
  const payload = Buffer.alloc(CHANGE_BYTES - 12);
  payload.write('\0\x02so', 0, 'latin1');
  payload[16] = 3;
  payload.writeUInt32BE(13, 17);
  payload.write(
    `\0\x02${String.fromCharCode(97 + (index % 26))}${Math.floor(index / 26)}`,
    21,
    'latin1',
  );
  payload.writeDoubleBE(value, 26);
  return message(19, payload);
}

async function join(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const handshake = Buffer.alloc(1 + 2 * 1536);
  handshake[0] = 3;
  const text = (t) => Buffer.concat([Buffer.of(0, t.length), Buffer.from(t)]);
  const string = (t) => Buffer.concat([Buffer.of(2), text(t)]);
  const one = Buffer.alloc(9);
  one.writeDoubleBE(1, 1);
  const object = [
    Buffer.of(3),
    text('app'),
    string('bench'),
    text('tcUrl'),
    string('rtmp://h/bench'),
  ];
  const command = Buffer.concat([string('connect'), one, ...object, Buffer.of(0, 0, 9)]);
  const use = Buffer.concat([text('so'), Buffer.alloc(12), Buffer.of(1, 0, 0, 0, 0)]);
  socket.write(Buffer.concat([handshake, message(20, command), message(19, use)]));
  // Until the answer to USE: its last bytes are the events USE_SUCCESS and CLEAR, or the last attribute.
  let bytes = Buffer.alloc(0);
  while (!bytes.includes(Buffer.of(11, 0, 0, 0, 0, 8, 0, 0, 0, 0))) {
    const [more] = await once(socket, 'data');
    bytes = Buffer.concat([bytes, more]);
  }
  return socket;
}

async function joinFloor(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  socket.write(Buffer.of(0, 0, 0, 4));
  await once(socket, 'data');
  return socket;
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
