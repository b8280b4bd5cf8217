import type { Clock, Logger } from '../../../src/base/index.ts';
import { RTMPHandler, RTMPPlugin } from '../../../src/plugins/rtmp/index.ts';
import {
  MultiThreadedApplicationAdapter,
  Server,
  TCPTransport,
  TLSHandler,
  WebScope,
} from '../../../src/server/index.ts';

/** One line of the log. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps its lines. */
export class LogKeeper implements Logger {
  readonly lines: LogLine[];

  constructor(lines: LogLine[] = []) {
    this.lines = lines;
  }

  trace(): void {}

  debug(): void {}

  info(message: string, fields = {}): void {
    this.lines.push({ level: 'info', message, fields });
  }

  warn(message: string, fields = {}): void {
    this.lines.push({ level: 'warn', message, fields });
  }

  error(message: string, fields = {}): void {
    this.lines.push({ level: 'error', message, fields });
  }

  child(): Logger {
    return this;
  }

  isLevelEnabled(): boolean {
    return true;
  }
}

export interface RunningRTMP extends AsyncDisposable {
  readonly port: number;
  readonly server: Server;
  readonly plugin: RTMPPlugin;
  readonly log: LogKeeper;
}

export interface StartOptions {
  readonly handler?: MultiThreadedApplicationAdapter;
  readonly clock?: Clock;
  /** Properties of the plugin that differ from their defaults. */
  readonly plugin?: Partial<RTMPPlugin>;
}

/** A server with application `chat` that speaks RTMP on any free port. */
export async function startRTMP(options: StartOptions = {}): Promise<RunningRTMP> {
  const log = new LogKeeper();
  const server = new Server();
  server.logger = log;
  if (options.clock !== undefined) server.clock = options.clock;
  const plugin = new RTMPPlugin();
  plugin.server = server;
  Object.assign(plugin, options.plugin);
  const scope = new WebScope();
  scope.server = server;
  scope.parent = server.globalScope;
  scope.contextPath = '/chat';
  scope.handler = options.handler ?? new MultiThreadedApplicationAdapter();
  const transport = new TCPTransport();
  transport.host = '127.0.0.1';
  transport.logger = log;
  const tls = new TLSHandler();
  tls.selfSigned = true;
  tls.logger = new LogKeeper();
  tls.handlers = [new RTMPHandler(plugin)];
  transport.handlers = [new RTMPHandler(plugin), tls];
  await tls.start();
  await plugin.start();
  await scope.start();
  await transport.start();
  return {
    port: transport.address?.port ?? 0,
    server,
    plugin,
    log,
    async [Symbol.asyncDispose]() {
      await transport.stop();
      tls.stop();
      await scope.stop();
      await plugin.stop(AbortSignal.timeout(500));
      await server.stop();
    },
  };
}
