// One publisher of 2 Mbit/s to many RTMP players: CPU seconds of the server for each GB delivered, its memory, and how long a frame
// takes from the publisher's write to a player's read. Against node-media-server as it comes and nginx-rtmp, in the same rounds.
//   node bench/media/fanout.mjs [--players 50,200,500] [--rounds 3] [--seconds 8] [--servers nms,red5,red5-20ms,nginx]
//     [--publisher ffmpeg] [--stalled 0]
// ffmpeg publishes for the CPU time; --publisher paced sends each message by itself at its time, and measures the latency.
// --stalled adds players that connect and never read: what they cost in memory, and what they do to the others.
// The server has CPU 0, everybody else CPU 1. Needs `npm run build` and ffmpeg; nginx with libnginx-mod-rtmp for its part.
import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { freePort, makeSource } from './setup.mjs';
import { opening } from './wire.mjs';

const { values: options } = parseArgs({
  options: {
    players: { type: 'string', default: '50,200,500' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    servers: { type: 'string', default: 'nms,red5,red5-20ms,nginx' },
    publisher: { type: 'string', default: 'ffmpeg' },
    stalled: { type: 'string', default: '0' },
  },
});
const NGINX_MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';
const here = import.meta.dirname;
const folder = mkdtempSync(path.join(tmpdir(), 'bench-media-'));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const servers = {
  nms: async () => forked('stock.mjs', [String(await freePort()), path.join(folder, 'store')]),
  red5: () => forked('red5.mjs', []),
  'red5-20ms': () => forked('red5.mjs', ['--flush', '20']),
  'red5-nogop': () => forked('red5.mjs', ['--gop', '0']),
  nginx: startNginx,
};

process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const file = makeSource(folder);
const generator = compiledPlayers();
const kinds = options.servers.split(',').filter((kind) => {
  const missing = kind === 'nginx' && !existsSync(NGINX_MODULE);
  if (missing) console.log('nginx is left out: libnginx-mod-rtmp is not installed');
  return !missing;
});
for (const players of options.players.split(',').map(Number)) {
  const results = Object.fromEntries(kinds.map((kind) => [kind, []]));
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const kind of kinds) results[kind].push(await measure(kind, players));
  }
  report(players, results);
}

async function measure(kind, players) {
  const server = await servers[kind]();
  const isPaced = options.publisher === 'paced';
  const publisher = isPaced
    ? pinned('publisher.mjs', [String(server.port), file])
    : startFFmpeg(server.port);
  if (isPaced) await once(publisher, 'message');
  await pause(1000);
  const rssAlone = rssOf(server.pid);
  const crowd = await startPlayers(server.port, players);
  const stalled = startStalled(server.port, Number(options.stalled));
  await pause(2500);
  if (isPaced) await ask(publisher);
  const [cpu, bytes] = [cpuOf(server.pid), await crowd.ask()];
  const generatorCPU = cpuOf(crowd.child.pid);
  const began = performance.now();
  await pause(Number(options.seconds) * 1000);
  const [cpuAfter, bytesAfter] = [cpuOf(server.pid), await crowd.ask()];
  const seconds = (performance.now() - began) / 1000;
  const latency = isPaced ? await ask(publisher) : undefined;
  const generatorShare = (cpuOf(crowd.child.pid) - generatorCPU) / seconds;
  const rss = rssOf(server.pid);
  for (const socket of stalled) socket.destroy();
  for (const child of [publisher, crowd.child, server.child]) child.kill('SIGKILL');
  await pause(200);
  const delivered = bytesAfter.total - bytes.total;
  return {
    cpuPerGB: (cpuAfter - cpu) / (delivered / 1e9),
    mbits: (delivered * 8) / 1e6 / seconds / players,
    leastShare: ((bytesAfter.least - bytes.least) * players) / delivered,
    rssMB: rss / 1024,
    kBPerPlayer: (rss - rssAlone) / players,
    generatorShare,
    p50: latency?.p50 ?? Number.NaN,
    p99: latency?.p99 ?? Number.NaN,
  };
}

function report(players, results) {
  const median = (kind, key) => {
    const sorted = results[kind].map((result) => result[key]).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  };
  console.log(`\n${players} players, medians of ${options.rounds}`);
  for (const kind of kinds) {
    const cpu = median(kind, 'cpuPerGB');
    const ratio = kinds.includes('nms') ? cpu / median('nms', 'cpuPerGB') : Number.NaN;
    const all = results[kind].map((result) => result.cpuPerGB.toFixed(2)).join(' ');
    console.log(
      `${kind.padEnd(10)} ${cpu.toFixed(2)} CPU s/GB (${ratio.toFixed(2)} of stock; ${all})` +
        `  ${median(kind, 'rssMB').toFixed(0)} MB, ${median(kind, 'kBPerPlayer').toFixed(0)} KB a player` +
        `  latency p50 ${median(kind, 'p50').toFixed(1)} p99 ${median(kind, 'p99').toFixed(1)} ms` +
        `  ${median(kind, 'mbits').toFixed(2)} Mbit/s each, least ${median(kind, 'leastShare').toFixed(2)}` +
        `${results[kind].every(isValid) ? '' : '  VOID: not every player got all of it'}` +
        `  (players used ${median(kind, 'generatorShare').toFixed(2)} of a core)`,
    );
  }
}

/** Whether all players got the stream: the generator kept up, or else the round says nothing. */
function isValid({ leastShare, mbits }) {
  return leastShare > 0.9 && mbits > 1.85;
}

/** The players as a program of its own, if there is a compiler; players.mjs otherwise, which keeps up with about 200. */
function compiledPlayers() {
  const program = path.join(folder, 'players');
  const made = spawnSync('cc', ['-O2', '-o', program, path.join(here, 'players.c')]);
  if (made.status !== 0) {
    console.log('no C compiler: players.mjs plays');
    return undefined;
  }
  writeFileSync(path.join(folder, 'opening'), opening('play'));
  return program;
}

async function startPlayers(port, players) {
  if (generator === undefined) {
    const child = pinned('players.mjs', [String(port), String(players)]);
    await once(child, 'message');
    return { child, ask: () => ask(child) };
  }
  const args = ['-c', '1', generator, String(port), String(players), path.join(folder, 'opening')];
  const child = spawn('taskset', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  return {
    child,
    async ask() {
      child.stdin.write('how much\n');
      return JSON.parse((await once(lines, 'line'))[0]);
    },
  };
}

function startStalled(port, count) {
  return Array.from({ length: count }, () => {
    const socket = connect({ port, host: '127.0.0.1' }).pause();
    socket.on('error', () => {});
    socket.write(opening('play'));
    return socket;
  });
}

function rssOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

function startFFmpeg(port) {
  const input = ['-v', 'quiet', '-re', '-stream_loop', '-1', '-i', file, '-c', 'copy'];
  const output = ['-f', 'flv', `rtmp://127.0.0.1:${port}/live/cam`];
  return spawn('taskset', ['-c', '1', 'ffmpeg', ...input, ...output], { stdio: 'ignore' });
}

async function forked(script, args) {
  const child = fork(path.join(here, script), args);
  spawnSync('taskset', ['-a', '-p', '-c', '0', String(child.pid)]);
  const [{ port }] = await once(child, 'message');
  spawnSync('taskset', ['-a', '-p', '-c', '0', String(child.pid)]);
  return { child, pid: child.pid, port };
}

function pinned(script, args) {
  const child = fork(path.join(here, script), args);
  spawnSync('taskset', ['-a', '-p', '-c', '1', String(child.pid)]);
  return child;
}

async function startNginx() {
  const port = await freePort();
  const conf = path.join(folder, 'nginx.conf');
  writeFileSync(
    conf,
    `load_module ${NGINX_MODULE}; daemon off; master_process off; pid ${folder}/nginx.pid;
     error_log ${folder}/nginx.log; worker_rlimit_nofile 4096; events { worker_connections 2048; }
     rtmp { server { listen 127.0.0.1:${port}; chunk_size 65535; application live { live on; } } }`,
  );
  const child = spawn('taskset', ['-c', '0', 'nginx', '-p', folder, '-c', conf], {
    stdio: 'ignore',
  });
  await pause(500);
  return { child, pid: child.pid, port };
}

async function ask(child) {
  child.send('how much');
  const [answer] = await once(child, 'message');
  return answer;
}

/** CPU seconds of all threads of a process. */
function cpuOf(pid) {
  let ns = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  }
  return ns / 1e9;
}
