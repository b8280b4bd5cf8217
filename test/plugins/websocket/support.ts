import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTLS } from 'node:tls';
import { WebSocket } from 'ws';
import { createLogger } from '../../../src/base/index.ts';
import {
  type WebSocketConnection,
  WebSocketDataListener,
  WebSocketPlugin,
  WebSocketScope,
  type WSMessage,
} from '../../../src/plugins/websocket/index.ts';
import {
  MultiThreadedApplicationAdapter,
  Server,
  type SocketHandler,
  TCPTransport,
  TLSHandler,
  WebScope,
} from '../../../src/server/index.ts';

const silent = createLogger({ level: 'silent', format: 'json' });

/** Writes down what it hears, and answers as a test tells it to. */
export class RecordingListener extends WebSocketDataListener {
  readonly events: string[] = [];
  readonly messages: WSMessage[] = [];
  onConnect: (connection: WebSocketConnection) => void = () => undefined;
  onMessage: (message: WSMessage) => void | Promise<void> = () => undefined;

  override onWSConnect(connection: WebSocketConnection): void {
    this.events.push(`connect ${connection.path}`);
    this.onConnect(connection);
  }

  override onWSMessage(message: WSMessage): void | Promise<void> {
    this.messages.push(message);
    this.events.push(`message ${message.messageAsString}`);
    return this.onMessage(message);
  }

  override onWSDisconnect(connection: WebSocketConnection): void {
    this.events.push(`disconnect ${connection.path}`);
  }

  override stop(): void {
    this.events.push('stop');
  }
}

export interface TestServer extends AsyncDisposable {
  readonly server: Server;
  readonly plugin: WebSocketPlugin;
  readonly transport: TCPTransport;
  readonly port: number;
  /** `ws://127.0.0.1:port`, or `wss:` */
  readonly url: string;
  /** Deploys an application; by default one whose handler says yes to all. */
  deploy(name: string, handler?: MultiThreadedApplicationAdapter): Promise<WebScope>;
  /** Deploys an application with a `WebSocketScope` for all paths. */
  deployWith(name: string, ...listeners: WebSocketDataListener[]): Promise<WebScope>;
  stop(): Promise<void>;
}

/** A server with the WebSocket plugin on a port of its own; with TLS on request. */
export async function startServer(
  settings: Partial<WebSocketPlugin> = {},
  { secure = false }: { readonly secure?: boolean } = {},
): Promise<TestServer> {
  const server = new Server();
  server.logger = silent;
  const plugin = Object.assign(new WebSocketPlugin(), settings, { server });
  const transport = Object.assign(new TCPTransport(), {
    name: 'websocket',
    host: '127.0.0.1',
    handlers: [plugin] as readonly SocketHandler[],
    logger: server.logger,
  });
  const tls = Object.assign(new TLSHandler(), {
    selfSigned: true,
    handlers: [plugin],
    logger: server.logger,
  });
  await plugin.start();
  if (secure) {
    await tls.start();
    transport.handlers = [tls];
  }
  await transport.start();
  const port = transport.address?.port ?? 0;
  const applications: WebScope[] = [];
  const deploy = async (name: string, handler = new MultiThreadedApplicationAdapter()) => {
    const scope = new WebScope();
    scope.server = server;
    scope.parent = server.globalScope;
    scope.contextPath = `/${name}`;
    scope.handler = handler;
    await scope.start();
    applications.push(scope);
    return scope;
  };
  const stop = async () => {
    await transport.stop();
    tls.stop();
    for (const application of applications) await application.stop();
    await plugin.stop();
    await server.stop();
  };
  return {
    server,
    plugin,
    transport,
    port,
    url: `${secure ? 'wss' : 'ws'}://127.0.0.1:${port}`,
    deploy,
    async deployWith(name, ...listeners) {
      const scope = await deploy(name);
      const webSocketScope = new WebSocketScope(scope);
      webSocketScope.listeners = listeners;
      webSocketScope.register();
      return scope;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** A `ws` client that keeps what it got, so that nothing is missed between awaits. */
export class TestClient {
  readonly socket: WebSocket;
  readonly texts: string[] = [];
  readonly binaries: Buffer[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #arrived = new EventEmitter();

  constructor(url: string, protocols: string[] = [], options: WebSocket.ClientOptions = {}) {
    this.socket = new WebSocket(url, protocols, {
      perMessageDeflate: false,
      rejectUnauthorized: false,
      ...options,
    });
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.binaries.push(data);
      else this.texts.push(data.toString());
      this.#arrived.emit('message');
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    this.socket.on('error', () => undefined);
  }

  static async open(
    url: string,
    protocols: string[] = [],
    options: WebSocket.ClientOptions = {},
  ): Promise<TestClient> {
    const client = new TestClient(url, protocols, options);
    await once(client.socket, 'open');
    return client;
  }

  /** Waits until so many texts have come. */
  async received(count: number): Promise<string[]> {
    while (this.texts.length < count) await once(this.#arrived, 'message');
    return this.texts;
  }

  send(data: string | Buffer): void {
    this.socket.send(data);
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/** The HTTP status with which a handshake is refused. */
export async function refusedStatus(
  url: string,
  protocols: string[] = [],
  options: WebSocket.ClientOptions = {},
): Promise<number> {
  const socket = new WebSocket(url, protocols, options);
  socket.on('error', () => undefined);
  const [, response] = await once(socket, 'unexpected-response');
  socket.terminate();
  return (response as { statusCode: number }).statusCode;
}

/** A raw connection, for bytes that no client library would send. */
export class RawClient {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  readonly #changed = new EventEmitter();
  isEnded = false;

  constructor(port: number, secure = false) {
    this.socket = secure
      ? connectTLS({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : connect(port, '127.0.0.1');
    this.socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#changed.emit('change');
    });
    const ended = () => {
      this.isEnded = true;
      this.#changed.emit('change');
    };
    this.socket.on('end', ended);
    this.socket.on('close', ended);
    this.socket.on('error', ended);
  }

  static request(path: string, headers: readonly string[] = []): string {
    return [
      `GET ${path} HTTP/1.1`,
      'Host: localhost',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
      ...headers,
      '\r\n',
    ].join('\r\n');
  }

  /** Opens a WebSocket and takes the 101 away, so that only frames are left to read. */
  static async upgrade(port: number, path: string, secure = false): Promise<RawClient> {
    const client = new RawClient(port, secure);
    client.socket.write(RawClient.request(path));
    const head = await client.readUntil('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 101 /);
    return client;
  }

  write(bytes: Buffer | string): void {
    this.socket.write(bytes);
  }

  async readUntil(end: string): Promise<string> {
    for (;;) {
      const at = this.#received.indexOf(end);
      if (at >= 0) return this.#take(at + end.length).toString();
      if (this.isEnded) return this.#take(this.#received.length).toString();
      await once(this.#changed, 'change');
    }
  }

  async read(length: number): Promise<Buffer> {
    while (this.#received.length < length && !this.isEnded) await once(this.#changed, 'change');
    return this.#take(Math.min(length, this.#received.length));
  }

  /** Reads one unmasked frame. */
  async readFrame(): Promise<{ opcode: number; fin: boolean; rsv: number; payload: Buffer }> {
    const head = await this.read(2);
    if (head.length < 2) throw new Error('the connection ended');
    const [first = 0, second = 0] = head;
    let length = second & 127;
    if (length === 126) length = (await this.read(2)).readUInt16BE();
    else if (length === 127) length = Number((await this.read(8)).readBigUInt64BE());
    return {
      opcode: first & 15,
      fin: (first & 0x80) !== 0,
      rsv: (first >> 4) & 7,
      payload: await this.read(length),
    };
  }

  /** Everything until the other side has closed. */
  async readToEnd(): Promise<Buffer> {
    while (!this.isEnded) await once(this.#changed, 'change');
    return this.#take(this.#received.length);
  }

  destroy(): void {
    this.socket.destroy();
  }

  #take(length: number): Buffer {
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }
}

/** Makes a masked frame as a client sends it. */
export function clientFrame(
  opcode: number,
  payload: string | Buffer = '',
  { fin = true, rsv = 0, masked = true }: { fin?: boolean; rsv?: number; masked?: boolean } = {},
): Buffer {
  const data = Buffer.from(payload as string);
  const mask = Buffer.from([0x12, 0x34, 0x56, 0x78]);
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const bit = masked ? 0x80 : 0;
  if (data.length < 126) head.push(bit | data.length);
  else if (data.length < 65_536) head.push(bit | 126, data.length >> 8, data.length & 255);
  else
    head.push(bit | 127, 0, 0, 0, 0, ...Buffer.from(Uint32Array.of(data.length).buffer).reverse());
  if (!masked) return Buffer.concat([Buffer.from(head), data]);
  const body = data.map((byte, at) => byte ^ (mask[at & 3] ?? 0));
  return Buffer.concat([Buffer.from(head), mask, body]);
}

/** Waits until something holds, without a fixed delay; the test's time-out ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
