import { Writable } from 'node:stream';
import { type Logger as PinoLogger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';

/** How much is logged; each level includes the ones after it. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/**
 * Where the server and its webapps write what happens.
 *
 * Values that help to find a connection, scope or bean go into `fields`, never into the text. Secrets go into neither.
 */
export interface Logger {
  trace(message: string, fields?: Readonly<Record<string, unknown>>): void;
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** A logger that names its part of the server, such as `rtmp` or `chat`, on each line. */
  child(name: string): Logger;
  isLevelEnabled(level: LogLevel): boolean;
}

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  /** Default `info`. */
  readonly level?: LogLevel;
  /** `text` for people, `json` (one object a line) for machines. Default `text`. */
  readonly format?: 'text' | 'json';
  /** Default standard output. */
  readonly destination?: NodeJS.WritableStream;
}

/** Makes the root logger of a server; everything else derives from it by {@link Logger.child}. */
export function createLogger(options: LoggerOptions = {}): Logger {
  const destination = options.destination ?? process.stdout;
  const base = { level: options.level ?? 'info', base: null };
  if (options.format === 'json') return new WrappedLogger(pino(base, destination), '');
  const pretty = PinoPretty({
    colorize: destination === process.stdout && process.stdout.isTTY === true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,part',
    messageFormat: (log, key) =>
      `${log['part'] ? `[${String(log['part'])}] ` : ''}${String(log[key])}`,
    singleLine: true,
    // Each logger leaves listeners on what it writes to, and a process may start many servers.
    destination: new Writable({
      decodeStrings: false,
      write: (text: string, _encoding, done) => {
        destination.write(text);
        done();
      },
    }),
  });
  return new WrappedLogger(pino(base, pretty), '');
}

class WrappedLogger implements Logger {
  readonly #pino: PinoLogger;
  readonly #part: string;

  constructor(logger: PinoLogger, part: string) {
    this.#pino = logger;
    this.#part = part;
  }

  trace(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#pino.trace(fields, message);
  }

  debug(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#pino.debug(fields, message);
  }

  info(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#pino.info(fields, message);
  }

  warn(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#pino.warn(fields, message);
  }

  error(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#pino.error(fields, message);
  }

  child(name: string): Logger {
    const part = this.#part === '' ? name : `${this.#part}.${name}`;
    return new WrappedLogger(this.#pino.child({ part }), part);
  }

  isLevelEnabled(level: LogLevel): boolean {
    return this.#pino.isLevelEnabled(level);
  }
}
