// Clients in a thread of their own: each sends a numbered line four times a second, and waits for each to come back.

import { createRequire } from 'node:module';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

const { port, count, repository, webapps = ['changed', 'other'], protocol } = workerData;
const { WebSocket } = createRequire(path.join(repository, 'package.json'))('ws');

const clients = [];
for (let index = 0; index < count; index += 1) {
  const webapp = webapps[index % webapps.length];
  const url = `ws://127.0.0.1:${port}/${webapp}/room${index % 10}`;
  const socket = new WebSocket(url, protocol === undefined ? [] : [protocol]);
  const client = { webapp, socket, index, sent: 0, waiting: new Map(), closed: false };
  socket.on('message', (data) => {
    const [from, number] = String(data).split(' ');
    if (Number(from) !== client.index) return;
    const at = client.waiting.get(number);
    client.waiting.delete(number);
    if (at !== undefined) delays[webapp].push(performance.now() - at);
  });
  socket.on('close', () => {
    client.closed = true;
  });
  clients.push(client);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
}

let delays = empty();
let timer;
parentPort.on('message', (word) => (word === 'measure' ? measure() : stop()));
parentPort.postMessage('ready');

function empty() {
  return Object.fromEntries(webapps.map((name) => [name, []]));
}

function measure() {
  delays = empty();
  let turn = 0;
  // A part of the clients at a time, so that they do not queue behind each other.
  timer = setInterval(() => {
    for (const client of clients) {
      if (client.index % 25 !== turn % 25 || client.closed) continue;
      client.waiting.set(String(client.sent), performance.now());
      client.socket.send(`${client.index} ${client.sent}`);
      client.sent += 1;
    }
    turn += 1;
  }, 10);
}

function stop() {
  clearInterval(timer);
  setTimeout(() => {
    const parts = webapps.map((name) => {
      const all = delays[name].sort((a, b) => a - b);
      const at = (share) =>
        all[Math.min(all.length - 1, Math.floor(all.length * share))]?.toFixed(1);
      return `${name}: ${all.length} answers, median ${at(0.5)} ms, 99% ${at(0.99)} ms, longest ${at(1)} ms`;
    });
    const lost = clients.reduce((sum, { waiting }) => sum + waiting.size, 0);
    const closed = clients.filter((client) => client.closed).length;
    parentPort.postMessage(`${parts.join('; ')}; ${lost} lost, ${closed} clients closed`);
  }, 1000);
}
