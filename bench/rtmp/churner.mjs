// Clients that come and go at a steady rate, for soak.mjs: a process of its own, so that they do not wait for the clients that stay.
// Arguments: port, clients a second, rooms. Counts on request, and ends with its parent.
import { connect } from 'node:net';
import { connectBytes } from './client.mjs';

const [port, rate, rooms] = process.argv.slice(2).map(Number);
const requests = Array.from({ length: rooms }, (_, i) => connectBytes(`bench/room${i}`));
const shared = Buffer.allocUnsafe(64 * 1024);
/** The server's handshake, and what it says to an accepted connect. */
const ANSWERED_BYTES = 3073 + 200;
let opened = 0;
let closed = 0;
let answered = 0;

const begin = performance.now();
setInterval(() => {
  // By the clock and not by the interval, which comes late when the machine is busy.
  const due = Math.floor(((performance.now() - begin) / 1000) * rate);
  while (opened < due) comeAndGo();
}, 10);

process.on('message', () => process.send({ opened, closed, answered, ...process.cpuUsage() }));
process.on('disconnect', () => process.exit());

/** Connects to a room, and goes: in the handshake, before the answer, or as soon as it has the answer. */
function comeAndGo() {
  const nth = opened;
  opened += 1;
  const bytes = requests[nth % rooms];
  const stays = nth % 3 === 2;
  let received = 0;
  const callback = (length) => {
    received += length;
    if (!stays || received < ANSWERED_BYTES) return true;
    answered += 1;
    socket.destroy();
    return false;
  };
  const socket = connect({ port, host: '127.0.0.1', onread: { buffer: shared, callback } });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed += 1;
  });
  socket.write(nth % 3 === 0 ? bytes.subarray(0, nth % bytes.length) : bytes);
  if (!stays) setTimeout(() => socket.destroy(), nth % 100);
}
