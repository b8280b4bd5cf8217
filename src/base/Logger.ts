import { type Logger as PinoLogger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { Clock } from './Clock.ts';
import { PeerLines } from './PeerLines.ts';
import type { PeerLogLimits } from './PeerLogLimits.ts';

/** How much is logged; each level includes the ones after it. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/**
 * Where the server and its webapps write what happens.
 *
 * Values that help to find a connection, scope or bean go into `fields`, never into the text. Secrets go into neither. A line that a
 * peer can cause has its `remoteAddress` among the fields, or at least its `session`: such lines are limited, see {@link PeerLogLimits}.
 */
export interface Logger {
  /** For following single messages; off unless asked for. */
  trace(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** For finding out why; off unless asked for. */
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** What an operator wants to know of a server that is well. */
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Something is not as it should be, and the server goes on. */
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Something failed that somebody has to look at. */
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** A logger that names its part of the server, such as `rtmp` or `chat`, on each line. */
  child(name: string): Logger;
  /** Whether a line of this level would be written; ask before an expensive message is made. */
  isLevelEnabled(level: LogLevel): boolean;
  /** Sets how many lines peers may cause, for every logger of the same root. A logger without it writes them all. */
  limitPeerLines?(limits: PeerLogLimits): void;
}

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  /** Default `info`. */
  readonly level?: LogLevel;
  /** `text` for people, `json` (one object a line) for machines. Default `text`. */
  readonly format?: 'text' | 'json';
  /** Default standard output. */
  readonly destination?: NodeJS.WritableStream;
  /** Time over which lines about peers are counted. Default: the real one. */
  readonly clock?: Clock;
}

/** Makes the root logger of a server; everything else derives from it by {@link Logger.child}. */
export function createLogger(options: LoggerOptions = {}): Logger {
  const destination = options.destination ?? process.stdout;
  const base = { level: options.level ?? 'info', base: null };
  if (options.format === 'json') return rootLogger(pino(base, destination), options.clock);
  const pretty = PinoPretty({
    colorize: destination === process.stdout && process.stdout.isTTY === true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,part',
    messageFormat: (log, key) =>
      `${log['part'] ? `[${String(log['part'])}] ` : ''}${String(log[key])}`,
    singleLine: true,
    destination,
  });
  return rootLogger(pino(base, pretty), options.clock);
}

function rootLogger(logger: PinoLogger, clock: Clock | undefined): Logger {
  const peers = new PeerLines((message, fields) => logger.warn(fields, message), clock);
  return new WrappedLogger(logger, '', peers);
}

class WrappedLogger implements Logger {
  readonly #pino: PinoLogger;
  readonly #part: string;
  readonly #peers: PeerLines;

  constructor(logger: PinoLogger, part: string, peers: PeerLines) {
    this.#pino = logger;
    this.#part = part;
    this.#peers = peers;
  }

  trace(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#pino.trace(fields, message);
  }

  debug(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#pino.debug(fields, message);
  }

  info(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (this.#admits('info', fields)) this.#pino.info(fields, message);
  }

  warn(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (this.#admits('warn', fields)) this.#pino.warn(fields, message);
  }

  error(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (this.#admits('error', fields)) this.#pino.error(fields, message);
  }

  child(name: string): Logger {
    const part = this.#part === '' ? name : `${this.#part}.${name}`;
    return new WrappedLogger(this.#pino.child({ part }), part, this.#peers);
  }

  isLevelEnabled(level: LogLevel): boolean {
    return this.#pino.isLevelEnabled(level);
  }

  limitPeerLines(limits: PeerLogLimits): void {
    this.#peers.limits = limits;
  }

  #admits(level: LogLevel, fields: Readonly<Record<string, unknown>>): boolean {
    return this.#pino.isLevelEnabled(level) && this.#peers.admits(fields);
  }
}
