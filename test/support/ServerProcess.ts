import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const repository = path.resolve(import.meta.dirname, '../..');

export interface ServerPorts {
  readonly http: number;
  readonly rtmp: number;
  readonly ws: number;
}

/**
 * The folder a server runs in: a copy of `conf/` and `webapps/`, which a test may change.
 *
 * Removed when the test ends.
 */
export class ServerFolder {
  readonly path: string;

  private constructor(folder: string) {
    this.path = folder;
  }

  static async create(): Promise<ServerFolder> {
    const folder = await mkdtemp(path.join(tmpdir(), 'red5-e2e-'));
    await mkdir(path.join(folder, 'webapps'));
    await cp(path.join(repository, 'conf'), path.join(folder, 'conf'), { recursive: true });
    await cp(path.join(repository, 'webapps/chat'), path.join(folder, 'webapps/chat'), {
      recursive: true,
    });
    return new ServerFolder(folder);
  }

  /** A path inside the folder. */
  file(...parts: readonly string[]): string {
    return path.join(this.path, ...parts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

export interface ServerStartOptions {
  readonly folder: string;
  /** The default takes free ports. */
  readonly ports?: ServerPorts;
  /** More arguments for `red5 start`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The real server in a process of its own: the built `dist/main.js`, as a user starts it. */
export class ServerProcess {
  readonly ports: ServerPorts;
  readonly #child: ChildProcess;
  readonly #exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  #log = '';

  private constructor(child: ChildProcess, ports: ServerPorts) {
    this.#child = child;
    this.ports = ports;
    this.#exit = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
    const collect = (text: Buffer) => {
      this.#log += text.toString();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
  }

  /** Starts the server and waits until it listens on every port. */
  static async start(options: ServerStartOptions): Promise<ServerProcess> {
    const server = await ServerProcess.spawn(options);
    try {
      await server.logged(/started/i);
      for (const port of Object.values(server.ports))
        await server.logged(new RegExp(`:${port}\\b`));
    } catch (cause) {
      server.kill();
      throw new Error(`the server did not start:\n${server.log}`, { cause });
    }
    return server;
  }

  /** Starts the process without waiting for anything. */
  static async spawn(options: ServerStartOptions): Promise<ServerProcess> {
    const ports = options.ports ?? (await freePorts());
    const child = spawn(
      process.execPath,
      [
        path.join(repository, 'dist/main.js'),
        'start',
        '--root',
        options.folder,
        ...(options.args ?? []),
      ],
      {
        cwd: options.folder,
        env: {
          ...process.env,
          NODE_OPTIONS: '',
          HTTP_PORT: String(ports.http),
          RTMP_PORT: String(ports.rtmp),
          WS_PORT: String(ports.ws),
          ...options.env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    return new ServerProcess(child, ports);
  }

  /** Everything the process wrote so far. */
  get log(): string {
    return this.#log;
  }

  get processID(): number {
    return this.#child.pid as number;
  }

  /** `http://127.0.0.1:port` + path. */
  httpURL(pathname = '/'): string {
    return `http://127.0.0.1:${this.ports.http}${pathname}`;
  }

  /** `ws://127.0.0.1:port` + path, on the WebSocket port. */
  wsURL(pathname: string): string {
    return `ws://127.0.0.1:${this.ports.ws}${pathname}`;
  }

  /** Waits for a line of the log. */
  async logged(pattern: RegExp, timeoutMs = 20_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!pattern.test(this.#log)) {
      if (this.#child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`${pattern} was not logged:\n${this.#log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ctrl-C, then waits until the process ends by itself; fails when it does not in time. */
  async stop(timeoutMs = 15_000): Promise<number | null> {
    this.#child.kill('SIGINT');
    return this.exited(timeoutMs);
  }

  /** Waits until the process ends by itself; fails when it does not in time. */
  async exited(timeoutMs = 15_000): Promise<number | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`the process did not end by itself:\n${this.#log}`)),
        timeoutMs,
      );
    });
    try {
      const { code } = await Promise.race([this.#exit, late]);
      return code;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process the hard way. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.kill();
    await this.#exit;
  }
}

/** Ports that were free a moment ago. */
export async function freePorts(): Promise<ServerPorts> {
  const servers = [0, 1, 2].map(() => createServer().listen(0, '127.0.0.1'));
  const ports: number[] = [];
  for (const server of servers) {
    if (!server.listening) await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    ports.push(address.port);
  }
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
  const [http, rtmp, ws] = ports as [number, number, number];
  return { http, rtmp, ws };
}
