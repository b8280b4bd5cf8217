// The bytes of an RTMP client, as far as the programs here need them.
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

const USE = message(
  19,
  Buffer.concat([Buffer.from('\0\x02so', 'latin1'), Buffer.alloc(12), Buffer.of(1, 0, 0, 0, 0)]),
);

/** All sockets that are told so read into this: who is given bytes has to take what it needs at once. */
const shared = Buffer.allocUnsafe(64 * 1024);

/**
 * Connects and subscribes to shared object `so`; resolves when that was answered.
 *
 * `received` gets everything that comes after that, with less work than an event for each; without it listen to `data`.
 */
export async function join(port, app, received) {
  let bytes = Buffer.alloc(0);
  let isJoined = false;
  let resolve;
  const joined = new Promise((done) => {
    resolve = done;
  });
  const take = (more) => {
    bytes = Buffer.concat([bytes, more]);
    isJoined = bytes.includes(USED);
    if (isJoined) resolve();
  };
  const callback = (length, buffer) => {
    (isJoined ? received : take)(buffer.subarray(0, length));
    return true;
  };
  const onread = received === undefined ? undefined : { buffer: shared, callback };
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
  socket.on('error', () => {});
  if (received === undefined) socket.on('data', take);
  socket.write(Buffer.concat([connectBytes(app), USE]));
  await joined;
  socket.off('data', take);
  bytes = undefined;
  return socket;
}

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
