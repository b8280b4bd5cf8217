import { mkdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  background,
  type Clock,
  describeError,
  type Logger,
  type Timer,
} from '../../../base/index.ts';
import type { MediaMessage } from '../MediaMessage.ts';
import { RecordingFile } from './RecordingFile.ts';

/** What a recording may use. A limit of 0 is none. */
export interface RecordingLimits {
  /** Bytes of one file. */
  readonly maxBytes: number;
  /** Milliseconds of one file. */
  readonly maxDurationMs: number;
  /** Bytes that are to stay free on the disk. */
  readonly minFreeBytes: number;
  /** Bytes that may wait for a slow disk. */
  readonly maxQueuedBytes: number;
}

/** Why a recording ended: it was stopped, reached a limit, or could not be written. */
export interface RecordingEnd {
  readonly kind: 'stopped' | 'limit' | 'failed';
  readonly description: string;
}

/** What is needed to begin a recording. */
export interface RecordingOptions {
  /** Absolute path of the file; folders are made. */
  readonly path: string;
  readonly append: boolean;
  readonly limits: RecordingLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called once, when the file is closed. */
  readonly onEnded: (end: RecordingEnd) => void;
}

/** What the server's death may cost. */
const FLUSH_MS = 250;

/** How often the beginning of the file is brought up to date, and the disk looked at. */
const CHECK_MS = 5_000;

/**
 * A recording that is being made: takes messages at once and writes them in the background.
 *
 * Whatever goes wrong ends the recording and nothing else.
 */
export class Recording {
  readonly path: string;
  readonly #file: RecordingFile;
  readonly #options: RecordingOptions;
  readonly #flushing: Timer;
  readonly #checking: Timer;
  #work: Promise<void> = Promise.resolve();
  #isWriting = false;
  #end: RecordingEnd | undefined;
  #ended: Promise<void> | undefined;

  private constructor(file: RecordingFile, options: RecordingOptions) {
    const { clock } = options;
    this.path = options.path;
    this.#file = file;
    this.#options = options;
    this.#flushing = clock.every(FLUSH_MS, () => {
      if (!this.#isWriting) this.#do(() => this.#file.flush());
    });
    this.#checking = clock.every(CHECK_MS, () => {
      this.#do(() => this.#file.describe());
      background(this.#checkSpace(), options.logger, 'looking at the free space');
    });
  }

  /**
   * Opens the file and begins.
   *
   * @throws what the file system says, a `ProtocolError` when a file is to be appended to that is no FLV, or `LIMIT_REACHED`
   */
  static async start(options: RecordingOptions): Promise<Recording> {
    const { path, append, limits } = options;
    const folder = dirname(path);
    await mkdir(folder, { recursive: true });
    const fault = await spaceFault(folder, limits.minFreeBytes);
    if (fault !== undefined) throw new Error(fault);
    return new Recording(await RecordingFile.open({ path, append }), options);
  }

  /** Bytes of the file so far. */
  get bytes(): number {
    return this.#file.bytes;
  }

  /** Milliseconds of the file so far. */
  get durationMs(): number {
    return this.#file.durationMs;
  }

  /** Takes the next message of the stream; does nothing once the recording has ended. */
  add(message: MediaMessage): void {
    if (this.#end !== undefined) return;
    const file = this.#file;
    file.add(message, this.#options.clock.now());
    const { maxBytes, maxDurationMs, maxQueuedBytes } = this.#options.limits;
    if (maxBytes > 0 && file.bytes >= maxBytes) {
      this.#finishSoon({ kind: 'limit', description: `the file has reached ${maxBytes} bytes` });
    } else if (maxDurationMs > 0 && file.durationMs >= maxDurationMs) {
      this.#finishSoon({ kind: 'limit', description: `the file has reached ${maxDurationMs} ms` });
    } else if (maxQueuedBytes > 0 && file.pendingBytes > maxQueuedBytes) {
      const description = `the disk is too slow: ${file.pendingBytes} bytes wait for it`;
      this.#finishSoon({ kind: 'failed', description });
    }
  }

  /** Ends the recording; resolves when the file is complete. Safe twice. */
  async stop(): Promise<void> {
    await this.#finish({ kind: 'stopped', description: 'the recording was stopped' });
  }

  #finishSoon(end: RecordingEnd): void {
    background(this.#finish(end), this.#options.logger, 'closing a recording');
  }

  #finish(end: RecordingEnd): Promise<void> {
    this.#end ??= end;
    this.#ended ??= this.#close();
    return this.#ended;
  }

  async #close(): Promise<void> {
    this.#flushing.cancel();
    this.#checking.cancel();
    await this.#work;
    try {
      await this.#file.close();
    } catch (error) {
      this.#end = failure(error);
    }
    const { onEnded, logger } = this.#options;
    const end = this.#end as RecordingEnd;
    if (end.kind !== 'stopped') {
      logger.warn(`recording ended: ${end.description}`, { file: this.path });
    }
    onEnded(end);
  }

  /** One thing at a time, so that each write begins where the last has ended. */
  #do(write: () => Promise<void>): void {
    this.#isWriting = true;
    this.#work = this.#work
      .then(() => (this.#end === undefined ? write() : undefined))
      .catch((error: unknown) => {
        this.#finishSoon(failure(error));
      })
      .finally(() => {
        this.#isWriting = false;
      });
  }

  async #checkSpace(): Promise<void> {
    const fault = await spaceFault(dirname(this.path), this.#options.limits.minFreeBytes);
    if (fault !== undefined) await this.#finish({ kind: 'limit', description: fault });
  }
}

function failure(error: unknown): RecordingEnd {
  return { kind: 'failed', description: describeError(error) };
}

async function spaceFault(folder: string, minFreeBytes: number): Promise<string | undefined> {
  if (minFreeBytes <= 0) return undefined;
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  return free < minFreeBytes
    ? `only ${free} bytes are free on the disk; ${minFreeBytes} are to stay free`
    : undefined;
}
