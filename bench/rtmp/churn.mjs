// What it costs the server to take a client in and to let it go, in CPU time: clients that connect to a room, wait for the answer and close.
//   node bench/rtmp/churn.mjs [--clients 5000] [--at-once 50] [--rooms 50] [--profile folder]
// Needs `npm run build`.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connectBytes } from './client.mjs';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '5000' },
    'at-once': { type: 'string', default: '50' },
    rooms: { type: 'string', default: '50' },
    profile: { type: 'string' },
  },
});
const clients = Number(values.clients);
const profile =
  values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`];
const child = fork(fileURLToPath(new URL('server.mjs', import.meta.url)), [], {
  execArgv: ['--expose-gc', ...profile],
});
const [{ port }] = await once(child, 'message');
const requests = Array.from({ length: Number(values.rooms) }, (_, i) =>
  connectBytes(`bench/room${i}`),
);

await run(500);
const before = await usage();
const own = process.cpuUsage();
const begin = performance.now();
await run(clients);
const seconds = (performance.now() - begin) / 1000;
const after = await usage();
const perClient = (cpu) => Math.round((cpu.user + cpu.system) / clients);
const server = { user: after.user - before.user, system: after.system - before.system };
console.log(
  `${clients} clients in ${seconds.toFixed(1)} s; CPU for each: server ${perClient(server)} µs ` +
    `(${Math.round(server.user / clients)} user, ${Math.round(server.system / clients)} system), ` +
    `clients ${perClient(process.cpuUsage(own))} µs; load ${loadavg()[0].toFixed(1)}`,
);
child.disconnect();
await once(child, 'exit');

async function usage() {
  child.send('usage');
  const [answer] = await once(child, 'message');
  return answer;
}

/** So many clients, some at once. */
async function run(count) {
  let next = 0;
  await Promise.all(
    Array.from({ length: Number(values['at-once']) }, async () => {
      while (next < count) {
        next += 1;
        await comeAndGo(requests[next % requests.length]);
      }
    }),
  );
}

function comeAndGo(bytes) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let received = 0;
    socket.on('error', () => {});
    socket.on('data', (data) => {
      received += data.length;
      // The handshake's answer, and then that of connect.
      if (received > 3073 + 200) socket.destroy();
    });
    socket.on('close', resolve);
    socket.write(bytes);
  });
}
