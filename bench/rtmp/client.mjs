// The bytes of an RTMP client, as far as the programs here need them.
import { once } from 'node:events';
import { connect } from 'node:net';

const HANDSHAKE = Buffer.alloc(1 + 2 * 1536);
HANDSHAKE[0] = 3;
const USED = Buffer.of(11, 0, 0, 0, 0, 8, 0, 0, 0, 0); // USE_SUCCESS and CLEAR

/** A message of one chunk, at most 128 bytes. */
export function message(type, payload) {
  const header = Buffer.alloc(12);
  header[0] = 3;
  header.writeUIntBE(payload.length, 4, 3);
  header[7] = type;
  return Buffer.concat([header, payload]);
}

/** Sets attribute `key` (two letters) of shared object `so` to a number: always the same length. */
export function change(key, value) {
  const payload = Buffer.alloc(34);
  payload.write('\0\x02so', 0, 'latin1');
  payload[16] = 3;
  payload.writeUInt32BE(13, 17);
  payload.write(`\0\x02${key}`, 21, 'latin1');
  payload.writeDoubleBE(value, 26);
  return message(19, payload);
}

/** Bytes that every other subscriber gets for a {@link change}, and the ones its author gets. */
export const CHANGE_BYTES = 46;
export const SUCCESS_BYTES = 37;

/** Handshake and connect to an application or room. */
export function connectBytes(app) {
  const text = (t) => Buffer.concat([Buffer.of(0, t.length), Buffer.from(t)]);
  const string = (t) => Buffer.concat([Buffer.of(2), text(t)]);
  const one = Buffer.alloc(9);
  one.writeDoubleBE(1, 1);
  const object = [Buffer.of(3), text('app'), string(app), text('tcUrl'), string('rtmp://h/x')];
  const command = Buffer.concat([string('connect'), one, ...object, Buffer.of(0, 0, 9)]);
  return Buffer.concat([HANDSHAKE, message(20, command)]);
}

/** Connects and subscribes to shared object `so`; resolves when that was answered. */
export async function join(port, app) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  const use = Buffer.concat([
    Buffer.from('\0\x02so', 'latin1'),
    Buffer.alloc(12),
    Buffer.of(1, 0, 0, 0, 0),
  ]);
  socket.write(Buffer.concat([connectBytes(app), message(19, use)]));
  let bytes = Buffer.alloc(0);
  while (!bytes.includes(USED)) {
    const [more] = await once(socket, 'data');
    bytes = Buffer.concat([bytes, more]);
  }
  return socket;
}

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
