// Many players that count bytes and throw them away; says how many came each time it is asked.
import { connect } from 'node:net';
import { opening } from './wire.mjs';

const [port, count] = process.argv.slice(2).map(Number);
const buffer = Buffer.allocUnsafe(1 << 20); // All of them read into the same memory.
const got = new Float64Array(count);

for (let i = 0; i < count; i++) {
  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer,
      callback(bytes) {
        got[i] += bytes;
        return true;
      },
    },
  });
  socket.on('error', () => {});
  socket.on('connect', () => socket.write(opening('play')));
  if (i % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 5));
}

process.on('message', () => {
  process.send({ total: got.reduce((sum, n) => sum + n, 0), least: Math.min(...got) });
});
process.send('ready');
