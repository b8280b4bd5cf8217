import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Received, WireChunks } from './WireChunks.ts';
import { amf0, readAll, utf, WireReader } from './wireValues.ts';

/** One event of a shared-object message: its number, and what is in it. */
export type ReceivedEvent = readonly [number, ...unknown[]];

interface Waiter {
  readonly accepts: (message: Received) => boolean;
  readonly resolve: (message: Received) => void;
  readonly reject: (error: Error) => void;
}

const HANDSHAKE = 1536;
const WAIT_MS = 5000;

/** An RTMP client made of bytes, which shares nothing with `src`. It answers nothing by itself. */
export class RawClient {
  readonly stream: Duplex;
  /** Everything that came, in order, and was not taken by a wait. */
  readonly received: Received[] = [];
  readonly closed: Promise<void>;
  isClosed = false;
  #bytes: Buffer = Buffer.alloc(0);
  #handshakeLeft = 1 + 2 * HANDSHAKE;
  readonly #waiters: Waiter[] = [];
  readonly #chunks = new WireChunks();
  s0s1s2: Buffer = Buffer.alloc(0);

  constructor(stream: Duplex) {
    this.stream = stream;
    this.closed = new Promise((resolve) => {
      stream.on('close', () => {
        this.isClosed = true;
        for (const waiter of this.#waiters.splice(0)) waiter.reject(new Error('closed'));
        resolve();
      });
    });
    stream.on('error', () => undefined);
    stream.on('data', (bytes: Buffer) => this.#data(bytes));
  }

  /** Opens a socket and shakes hands. */
  static async open(port: number): Promise<RawClient> {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const client = new RawClient(socket);
    client.shake();
    return client;
  }

  /** Opens a socket, shakes hands and connects; returns the answer's arguments. */
  static async connected(
    port: number,
    app = 'chat',
    extra: Readonly<Record<string, unknown>> = {},
  ): Promise<RawClient> {
    const client = await RawClient.open(port);
    client.connect(app, extra);
    const [name] = await client.command();
    if (name !== '_result') throw new Error(`connect was answered with ${String(name)}`);
    return client;
  }

  /** Sends C0, C1 and C2 at once. */
  shake(): void {
    const c = Buffer.alloc(1 + 2 * HANDSHAKE, 1);
    c[0] = 3;
    c.fill(0, 1, 9);
    this.stream.write(c);
  }

  connect(app: string, extra: Readonly<Record<string, unknown>> = {}, ...args: unknown[]): void {
    this.call('connect', 1, { app, tcUrl: `rtmp://localhost/${app}`, ...extra }, ...args);
  }

  /** Sends one message of type 20. */
  call(name: string, transaction: number, object: unknown, ...args: unknown[]): void {
    this.send(20, amf0(name, transaction, object, ...args));
  }

  /** Sends one message of type 19 with events that are ready-made. */
  so(name: string, ...events: Buffer[]): void {
    this.send(19, Buffer.concat([utf(name), Buffer.alloc(12), ...events]));
  }

  send(type: number, payload: Buffer, cs = 3, stream = 0, time = 0): void {
    this.stream.write(message(type, payload, cs, stream, time));
  }

  /** The next message that is accepted; others stay. */
  wait(accepts: (message: Received) => boolean): Promise<Received> {
    const at = this.received.findIndex(accepts);
    if (at >= 0) return Promise.resolve(this.received.splice(at, 1)[0] as Received);
    if (this.isClosed) return Promise.reject(new Error('closed'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nothing came')), WAIT_MS);
      this.#waiters.push({
        accepts,
        resolve: (message) => {
          clearTimeout(timer);
          resolve(message);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }

  waitType(type: number): Promise<Received> {
    return this.wait((m) => m.type === type);
  }

  /** Name, transaction, object and arguments of the next command. */
  async command(): Promise<unknown[]> {
    const { type, payload } = await this.wait((m) => m.type === 20 || m.type === 17);
    return readAll(type === 17 ? payload.subarray(1) : payload);
  }

  /** Version and events of the next shared-object message. */
  async sharedObject(): Promise<{ name: string; version: number; events: ReceivedEvent[] }> {
    return readSharedObject(await this.wait((m) => m.type === 19 || m.type === 16));
  }

  /** Resolves when the server has answered everything sent so far. */
  async settled(): Promise<void> {
    const mark = Math.floor(Math.random() * 0x7fffffff);
    const ping = Buffer.alloc(6);
    ping.writeUInt16BE(6);
    ping.writeUInt32BE(mark, 2);
    this.send(4, ping, 2);
    await this.wait(
      (m) => m.type === 4 && m.payload.readUInt16BE() === 7 && m.payload.readUInt32BE(2) === mark,
    );
  }

  async close(): Promise<void> {
    this.stream.destroy();
    await this.closed;
  }

  #data(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (this.#handshakeLeft > 0) {
      if (this.#bytes.length < this.#handshakeLeft) return;
      this.s0s1s2 = this.#bytes.subarray(0, this.#handshakeLeft);
      this.#bytes = this.#bytes.subarray(this.#handshakeLeft);
      this.#handshakeLeft = 0;
    }
    const messages = this.#chunks.push(this.#bytes);
    this.#bytes = Buffer.alloc(0);
    for (const received of messages) this.#take(received);
  }

  #take(received: Received): void {
    const at = this.#waiters.findIndex((waiter) => waiter.accepts(received));
    if (at >= 0) this.#waiters.splice(at, 1)[0]?.resolve(received);
    else this.received.push(received);
  }
}

/** A message in chunks of 128 bytes with headers 0 and 3. */
export function message(type: number, payload: Buffer, cs = 3, stream = 0, time = 0): Buffer {
  const header = Buffer.alloc(12);
  header[0] = cs;
  header.writeUIntBE(Math.min(time, 0xffffff), 1, 3);
  header.writeUIntBE(payload.length, 4, 3);
  header[7] = type;
  header.writeUInt32LE(stream, 8);
  const extended = Buffer.alloc(time >= 0xffffff ? 4 : 0);
  if (extended.length > 0) extended.writeUInt32BE(time);
  const parts = [header, extended, payload.subarray(0, 128)];
  for (let at = 128; at < payload.length; at += 128) {
    parts.push(Buffer.of(0xc0 | cs), extended, payload.subarray(at, at + 128));
  }
  return Buffer.concat(parts);
}

/** One event of a shared-object message. */
export function event(code: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(5);
  head[0] = code;
  head.writeUInt32BE(data.length, 1);
  return Buffer.concat([head, data]);
}

export const USE: Buffer = event(1);

export function set(key: string, value: unknown): Buffer {
  return event(3, Buffer.concat([utf(key), amf0(value)]));
}

export function readSharedObject({ type, payload }: Received): {
  name: string;
  version: number;
  events: ReceivedEvent[];
} {
  const reader = new WireReader(payload);
  if (type === 16) reader.u8();
  const name = reader.utf();
  const version = reader.u32();
  reader.at += 8;
  const events: ReceivedEvent[] = [];
  while (!reader.atEnd) {
    const code = reader.u8();
    const end = reader.u32() + reader.at;
    if (code === 4) events.push([code, reader.utf(), reader.value()]);
    else if (code === 5 || code === 9) events.push([code, reader.utf()]);
    else if (code === 7) events.push([code, reader.utf(), reader.utf()]);
    else if (code === 6) {
      const values: unknown[] = [];
      while (reader.at < end) values.push(reader.value());
      events.push([code, ...values]);
    } else events.push([code]);
    if (reader.at !== end) throw new Error('an event that does not end where it says');
  }
  return { name, version, events };
}
