import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { Inbox } from '../Inbox.ts';
import { decodeAMF0, encodeAMF0 } from './amf0.ts';
import { ChunkReader, type RTMPMessage, writeChunks } from './chunks.ts';
import {
  decodeSharedObjectMessage,
  encodeSharedObjectMessage,
  type SharedObjectItem,
  type SharedObjectMessage,
} from './sharedObjectMessage.ts';

const messageType = { userControl: 4, sharedObject: 19, command: 20 } as const;

/** Messages kept; tests look at the first ones only, and one under load receives very many. */
const maxMessages = 1000;

/** A command from the server: its name, transaction, command object and arguments. */
export interface RTMPCommand {
  readonly name: string;
  readonly transaction: number;
  readonly properties: unknown;
  readonly args: readonly unknown[];
}

export interface RTMPConnectOptions {
  /** Put into `tcUrl`; the default is 127.0.0.1. */
  readonly host?: string;
  readonly args?: readonly unknown[];
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** The answer to `connect`. */
export interface RTMPConnectReply {
  readonly accepted: boolean;
  readonly properties: unknown;
  readonly info: Readonly<Record<string, unknown>>;
}

/**
 * A plain RTMP client for tests: bytes over one socket, nothing of `src`.
 *
 * It keeps whatever it receives, so that a test can look at the order of messages as well as at their contents.
 */
export class RTMPTestClient {
  readonly messages: Inbox<RTMPMessage> = new Inbox<RTMPMessage>('RTMP messages');
  readonly commands: Inbox<RTMPCommand> = new Inbox<RTMPCommand>('RTMP commands');
  /** What the handshake brought: S0, S1, S2 and the C1 they answer. */
  readonly handshake: RTMPHandshake;
  /** Resolves when the socket is gone, whoever closed it. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #port: number;
  readonly #reader = new ChunkReader();
  readonly #sharedObjects = new Map<string, RTMPSharedObject>();
  #transaction = 0;

  private constructor(socket: Socket, port: number, handshake: RTMPHandshake) {
    this.#socket = socket;
    this.#port = port;
    this.handshake = handshake;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {}); // 'close' follows
    socket.on('data', (bytes) => this.#received(bytes));
    socket.once('close', () => {
      for (const inbox of [this.messages, this.commands]) inbox.end('connection closed');
      for (const object of this.#sharedObjects.values()) object.batches.end('connection closed');
    });
    socket.resume(); // paused since the handshake
  }

  /** Opens the socket and does the plain handshake. */
  static async open(port: number): Promise<RTMPTestClient> {
    const socket = connectSocket({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const c1 = randomBytes(1536);
    c1.fill(0, 0, 8); // time 0, version 0: the plain form
    socket.write(Buffer.concat([Buffer.of(3), c1]));
    const reply = await readExactly(socket, 1 + 1536 + 1536);
    const handshake = {
      c1,
      s0: reply.readUInt8(0),
      s1: reply.subarray(1, 1537),
      s2: reply.subarray(1537),
    };
    socket.write(handshake.s1);
    return new RTMPTestClient(socket, port, handshake);
  }

  /** Opens, connects to an application or room and fails unless the server accepts. */
  static async join(
    port: number,
    app: string,
    options?: RTMPConnectOptions,
  ): Promise<RTMPTestClient> {
    const client = await RTMPTestClient.open(port);
    const reply = await client.connect(app, options);
    if (!reply.accepted) throw new Error(`${app} refused: ${JSON.stringify(reply.info)}`);
    return client;
  }

  /** Sends `connect` and waits for the answer, whatever it is. */
  async connect(app: string, options: RTMPConnectOptions = {}): Promise<RTMPConnectReply> {
    const tcUrl = `rtmp://${options.host ?? '127.0.0.1'}:${this.#port}/${app}`;
    const transaction = this.#command(
      'connect',
      { app, tcUrl, flashVer: 'LNX 0,0,0,0', fpad: false, objectEncoding: 0, ...options.extra },
      options.args ?? [],
    );
    const reply = await this.#reply(transaction);
    return {
      accepted: reply.name === '_result',
      properties: reply.properties,
      info: reply.args[0] as Readonly<Record<string, unknown>>,
    };
  }

  /** Calls a method of the application; the answer is `_result` or `_error`. */
  async call(method: string, ...args: readonly unknown[]): Promise<RTMPCommand> {
    return this.#reply(this.#command(method, null, args));
  }

  /** The client's view of a shared object; the same one for the same name. */
  sharedObject(name: string, persistent = false): RTMPSharedObject {
    let object = this.#sharedObjects.get(name);
    if (!object) {
      object = new RTMPSharedObject(name, persistent, (events) =>
        this.send({
          type: messageType.sharedObject,
          chunkStream: 3,
          payload: encodeSharedObjectMessage({ name, version: 0, persistent, events }),
        }),
      );
      this.#sharedObjects.set(name, object);
    }
    return object;
  }

  /** Writes one message. */
  send(message: { type: number; chunkStream: number; payload: Buffer; streamID?: number }): void {
    this.sendBytes(writeChunks({ streamID: 0, ...message }));
  }

  /** Writes bytes as they are, right or wrong. */
  sendBytes(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Closes as a client that goes away normally. */
  async close(): Promise<void> {
    this.#socket.end();
    await this.closed;
  }

  /** Vanishes without a word. */
  destroy(): void {
    this.#socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  #command(name: string, properties: unknown, args: readonly unknown[]): number {
    this.#transaction += 1;
    this.send({
      type: messageType.command,
      chunkStream: 3,
      payload: encodeAMF0(name, this.#transaction, properties, ...args),
    });
    return this.#transaction;
  }

  #reply(transaction: number): Promise<RTMPCommand> {
    return this.commands.first(
      ({ name, transaction: answered }) =>
        answered === transaction && (name === '_result' || name === '_error'),
      { what: `the answer to transaction ${transaction}` },
    );
  }

  #received(bytes: Buffer): void {
    this.#reader.read(bytes, (message) => {
      if (this.messages.items.length < maxMessages) this.messages.push(message);
      if (message.type === messageType.command) this.#receivedCommand(message.payload);
      if (message.type === messageType.sharedObject) this.#receivedBatch(message.payload);
      if (message.type === messageType.userControl) this.#receivedControl(message.payload);
    });
  }

  #receivedCommand(payload: Buffer): void {
    const [name, transaction, properties, ...args] = decodeAMF0(payload);
    this.commands.push({
      name: String(name),
      transaction: Number(transaction),
      properties,
      args,
    });
  }

  #receivedBatch(payload: Buffer): void {
    const batch = decodeSharedObjectMessage(payload);
    this.sharedObject(batch.name, batch.persistent).received(batch);
  }

  #receivedControl(payload: Buffer): void {
    const isPing = payload.readUInt16BE(0) === 6;
    if (!isPing) return;
    const pong = Buffer.from(payload);
    pong.writeUInt16BE(7, 0);
    this.send({ type: messageType.userControl, chunkStream: 2, payload: pong });
  }
}

export interface RTMPHandshake {
  readonly c1: Buffer;
  readonly s0: number;
  readonly s1: Buffer;
  readonly s2: Buffer;
}

/** A shared object as a client sees it: what it asks, and every batch it was told. */
export class RTMPSharedObject {
  readonly name: string;
  readonly batches: Inbox<SharedObjectMessage>;
  /** Takes the batches instead of {@link batches}, for those who receive very many. */
  onBatch: ((batch: SharedObjectMessage) => void) | undefined;
  readonly #send: (events: readonly SharedObjectItem[]) => void;

  constructor(
    name: string,
    persistent: boolean,
    send: (events: readonly SharedObjectItem[]) => void,
  ) {
    this.name = name;
    this.batches = new Inbox(`shared object ${name}${persistent ? ' (persistent)' : ''}`);
    this.#send = send;
  }

  /** Subscribes and waits for the first batch. */
  async use(): Promise<SharedObjectMessage> {
    const from = this.batches.items.length;
    this.#send([{ event: 'USE' }]);
    return this.batches.first(({ events }) => events[0]?.event === 'USE_SUCCESS', { from });
  }

  /** Gives up the subscription; nothing is answered. */
  release(): void {
    this.#send([{ event: 'RELEASE' }]);
  }

  set(key: string, value: unknown): void {
    this.setAll({ [key]: value });
  }

  /** Sets several keys in one message. */
  setAll(values: Readonly<Record<string, unknown>>): void {
    this.#send(
      Object.entries(values).map(([key, value]) => ({ event: 'REQUEST_CHANGE', key, value })),
    );
  }

  remove(key: string): void {
    this.#send([{ event: 'REQUEST_REMOVE', key }]);
  }

  send(method: string, ...args: readonly unknown[]): void {
    this.#send([{ event: 'SEND', method, args }]);
  }

  /** Every value this client was told for a key, oldest first. */
  changesOf(key: string): unknown[] {
    return this.batches.items
      .flatMap(({ events }) => events)
      .flatMap((item) => (item.event === 'CHANGE' && item.key === key ? [item.value] : []));
  }

  /** Waits for a batch that tells of this value. */
  async changed(key: string, value: unknown): Promise<SharedObjectMessage> {
    const wanted = JSON.stringify(value);
    return this.batches.first(
      ({ events }) =>
        events.some(
          (item) =>
            item.event === 'CHANGE' && item.key === key && JSON.stringify(item.value) === wanted,
        ),
      { what: `CHANGE ${key}=${wanted}` },
    );
  }

  received(batch: SharedObjectMessage): void {
    if (this.onBatch) this.onBatch(batch);
    else this.batches.push(batch);
  }
}

function readExactly(socket: Socket, count: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const stop = () => {
      socket.off('data', take);
      socket.off('close', fail);
      socket.off('error', fail);
    };
    const take = (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece]);
      if (bytes.length < count) return;
      stop();
      socket.pause();
      if (bytes.length > count) socket.unshift(bytes.subarray(count));
      resolve(bytes.subarray(0, count));
    };
    const fail = () => {
      stop();
      reject(new Error(`the server closed after ${bytes.length} of ${count} handshake bytes`));
    };
    socket.on('data', take);
    socket.once('close', fail);
    socket.once('error', fail);
  });
}
