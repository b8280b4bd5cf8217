/**
 * For tests of webapps: a server with one webapp in it, and clients. Imported as `red5-node/testing`.
 *
 * @packageDocumentation
 */
import { existsSync } from 'node:fs';
import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { createLogger, type LogLevel } from './base/index.ts';
import type { RunningServer } from './boot/index.ts';
import { startServer } from './startServer.ts';

const packageFolder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Options of {@link startWebapp}. */
export interface StartWebappOptions {
  /** Folder with a `conf/red5.yaml` of its own. Default: the one that ships. */
  readonly root?: string;
  /** Placeholders of bean files, as `-Dkey=value` sets them. */
  readonly properties?: Readonly<Record<string, string>>;
  /** What the server logs. Default `warn`. */
  readonly logLevel?: LogLevel;
}

/**
 * Starts a server of its own, on free ports of this machine, with one webapp in it.
 *
 * @param folder - the webapp's folder
 * @throws Error with all problems of the webapp when it does not start
 * @example await using webapp = await startWebapp(path.join(import.meta.dirname, '..'));
 */
export async function startWebapp(
  folder: string,
  options: StartWebappOptions = {},
): Promise<WebappUnderTest> {
  const real = await realpath(folder);
  const webapps = await mkdtemp(path.join(tmpdir(), 'red5-webapp-'));
  await symlink(real, path.join(webapps, path.basename(real)), 'junction');
  const ports = { 'http.port': '0', 'rtmp.port': '0', 'ws.port': '0' };
  const loopback = { 'http.host': '127.0.0.1', 'rtmp.host': '127.0.0.1', 'ws.host': '127.0.0.1' };
  const tools = { 'webapps.watch': 'false', 'admin.listen': 'off' };
  try {
    const server = await startServer({
      root: options.root ?? packageFolder,
      webapps,
      systemProperties: { ...ports, ...loopback, ...tools, ...options.properties },
      logger: createLogger({ level: options.logLevel ?? 'warn' }),
    });
    const webapp = new WebappUnderTest(server, webapps);
    const [deployment] = server.deployments;
    if (deployment?.state === 'running') return webapp;
    await webapp.stop();
    const why = existsSync(real)
      ? 'it has no red5-*.yaml or red5-*.xml'
      : 'there is no such folder';
    throw new Error(`webapp "${folder}" did not start\n${deployment?.problems.join('\n') ?? why}`);
  } catch (error) {
    await rm(webapps, { recursive: true, force: true });
    throw error;
  }
}

/** A webapp that runs for a test; stopped by {@link stop}, or by `await using`. */
export class WebappUnderTest implements AsyncDisposable {
  /** The server it runs in. */
  readonly server: RunningServer;
  readonly #webapps: string;
  readonly #clients = new Set<WebSocketClient>();

  /** @internal */
  constructor(server: RunningServer, webapps: string) {
    this.server = server;
    this.#webapps = webapps;
  }

  /** `http://127.0.0.1:port/chat/` and what comes after it. */
  httpURL(pathname = ''): string {
    return `http://127.0.0.1:${this.#port('http')}${this.#place(pathname)}`;
  }

  /** `ws://127.0.0.1:port/chat/` and what comes after it: a room. */
  webSocketURL(pathname = ''): string {
    return `ws://127.0.0.1:${this.#port('websocket')}${this.#place(pathname)}`;
  }

  /** `rtmp://127.0.0.1:port/chat/` and what comes after it: a room. */
  rtmpURL(pathname = ''): string {
    return `rtmp://127.0.0.1:${this.#port('rtmp')}${this.#place(pathname)}`;
  }

  /** Connects a WebSocket client to a room; closed with the webapp at the latest. */
  async connect(room = ''): Promise<WebSocketClient> {
    const client = await WebSocketClient.open(this.webSocketURL(room));
    this.#clients.add(client);
    return client;
  }

  /** Disconnects the clients of {@link connect} and stops the server. */
  async stop(): Promise<void> {
    for (const client of this.#clients) await client.close();
    await this.server.stop();
    await rm(this.#webapps, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #place(pathname: string): string {
    const [contextPath = '/'] = this.server.deployments[0]?.contextPaths ?? [];
    return `${contextPath.replace(/\/$/, '')}/${pathname.replace(/^\//, '')}`;
  }

  #port(transport: string): number {
    const address = this.server.addresses.find((one) => one.transport === transport);
    if (address === undefined) throw new Error(`the server has no transport "${transport}"`);
    return address.port;
  }
}

/** A WebSocket client for tests: texts that arrive wait until they are asked for. */
export class WebSocketClient {
  readonly #socket: WebSocket;
  readonly #texts: string[] = [];
  readonly #waiting: ((text: string) => void)[] = [];
  readonly #closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const next = this.#waiting.shift();
      if (next === undefined) this.#texts.push(String(data));
      else next(String(data));
    });
    socket.on('error', () => {}); // 'close' follows
    this.#closed = new Promise((resolve) => socket.on('close', resolve));
  }

  /** Connects; fails when the server refuses. */
  static open(url: string): Promise<WebSocketClient> {
    const socket = new WebSocket(url);
    const client = new WebSocketClient(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(client));
      socket.once('error', reject);
    });
  }

  /** Resolves with the close code when the connection is gone. */
  get closed(): Promise<number> {
    return this.#closed;
  }

  /** Sends a text as it is, anything else as JSON. */
  send(message: unknown): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next text; fails when none arrives in time. */
  next(timeoutMs = 2_000): Promise<string> {
    const text = this.#texts.shift();
    if (text !== undefined) return Promise.resolve(text);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        reject(new Error(`no message within ${timeoutMs} ms`));
      }, timeoutMs);
      const take = (arrived: string) => {
        clearTimeout(timer);
        resolve(arrived);
      };
      this.#waiting.push(take);
    });
  }

  /** Closes as a browser does. */
  async close(): Promise<void> {
    this.#socket.close();
    await this.#closed;
  }
}
