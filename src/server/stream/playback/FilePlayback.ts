import { type FileHandle, open } from 'node:fs/promises';
import {
  background,
  type Clock,
  describeError,
  type Logger,
  type Timer,
} from '../../../base/index.ts';
import { FLVReader, type PlacedFLVTag, writeAMF0 } from '../../../io/index.ts';
import { createMediaMessage, type MediaMessage } from '../MediaMessage.ts';
import type { OnDemandPlayback } from '../OnDemandProvider.ts';
import type { EndReason, StreamSubscriber } from '../StreamSubscriber.ts';
import type { RecordingIndex } from './RecordingIndex.ts';

/** How fast a recording is sent. */
export interface PlaybackPace {
  /** How much of it a player is given before its time. */
  readonly aheadMs: number;
  /** Bytes that may wait for one player; nothing is sent meanwhile. */
  readonly maxQueuedBytes: number;
}

/** What a playback is made of. */
export interface FilePlaybackOptions {
  readonly path: string;
  readonly index: RecordingIndex;
  readonly pace: PlaybackPace;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly subscriber: StreamSubscriber;
  /** Where it ends, in milliseconds of the recording. */
  readonly endMs: number;
}

const READ_BYTES = 256 * 1024;
const TICK_MS = 50;

/**
 * One subscriber's playing of a file: what is to be sent now is read, bit by bit, while the player takes it.
 *
 * Seeking goes to a key frame, and says first what decoders need for it. Times are those of the recording.
 */
export class FilePlayback implements OnDemandPlayback {
  readonly #options: FilePlaybackOptions;
  #file: Promise<FileHandle> | undefined;
  #reader: FLVReader;
  #tags: Iterator<PlacedFLVTag> | undefined;
  /** A tag whose time has not come. */
  #next: PlacedFLVTag | undefined;
  #timer: Timer | undefined;
  /** How many are reading; one at a time goes on. */
  #readers = 0;
  #isPaused = false;
  #isClosed = false;
  /** Number of the seek that counts; whatever an older one was doing is void. */
  #round = 0;
  #positionMs: number;
  /** The time of the recording that belongs to {@link FilePlayback.#startedAt}. */
  #startedAtMs: number;
  #startedAt: number;
  #pausedAt = 0;
  #skipVideoUntil = Number.NEGATIVE_INFINITY;

  private constructor(options: FilePlaybackOptions, startMs: number) {
    this.#options = options;
    this.#positionMs = startMs;
    this.#startedAtMs = startMs;
    this.#startedAt = options.clock.now();
    this.#reader = new FLVReader();
  }

  /** Begins to play. */
  static start(options: FilePlaybackOptions, startMs: number): FilePlayback {
    const playback = new FilePlayback(options, startMs);
    playback.#begin(startMs);
    return playback;
  }

  get positionMs(): number {
    return this.#positionMs;
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#pausedAt = this.#options.clock.now();
    this.#stopTimer();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#startedAt += this.#options.clock.now() - this.#pausedAt;
    this.#startTimer();
  }

  seek(ms: number): number {
    const target = Math.min(ms, this.#options.index.durationMs);
    this.#stopTimer();
    return this.#begin(target);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopTimer();
    const { logger } = this.#options;
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined)
      background(
        file.then((open) => open.close()),
        logger,
        'closing a file',
      );
  }

  /** Goes to the key frame at or before a time; returns its time. */
  #begin(targetMs: number): number {
    const { index } = this.#options;
    const entry = index.keyframes.before(targetMs);
    const isInside = entry !== undefined && entry.timestamp <= targetMs;
    // Without video any tag is a beginning: the file is gone through from its front, and what is too early left out.
    const from = isInside ? entry : { timestamp: 0, position: 0 };
    const startMs = index.keyframes.entries.length === 0 ? targetMs : from.timestamp;
    this.#round += 1;
    this.#next = undefined;
    this.#tags = undefined;
    this.#positionMs = startMs;
    this.#skipVideoUntil = startMs;
    this.#reader = new FLVReader({
      maxTagBytes: Number.POSITIVE_INFINITY,
      position: from.position,
    });
    this.#startClock(startMs);
    background(
      this.#sendSetUp(from.position, startMs, this.#round),
      this.#options.logger,
      'playing a recording',
    );
    return startMs;
  }

  /** Sends what describes the stream and what decoders need at a place, then goes on. */
  async #sendSetUp(position: number, timestamp: number, round: number): Promise<void> {
    const { index } = this.#options;
    const headers = new Map<string, MediaMessage>();
    // Whoever asked is answered first.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      for (const at of index.headers.filter((header) => header < position)) {
        const message = await this.#readHeader(at, timestamp);
        if (message !== undefined) headers.set(message.headerKey, message);
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#isClosed || this.#round !== round) return;
    const metadata = writeAMF0('onMetaData', new Map(Object.entries(index.metadata)));
    this.#deliver(createMediaMessage('data', timestamp, metadata));
    for (const header of headers.values()) this.#deliver(header);
    if (this.#isPaused) await this.#showKeyframe(round);
    this.#startTimer();
  }

  /** A player that pauses is given the one picture that it has sought. */
  async #showKeyframe(round: number): Promise<void> {
    this.#readers += 1;
    try {
      const tag = this.#next ?? (await this.#readTag());
      if (this.#round !== round || this.#isClosed || tag === undefined) return;
      this.#next = tag;
      const { type, timestamp, payload } = tag;
      if (!createMediaMessage(type, timestamp, payload).isKeyFrame) return;
      this.#next = undefined;
      this.#deliverTag(tag);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#readers -= 1;
    }
  }

  async #readHeader(position: number, timestamp: number): Promise<MediaMessage | undefined> {
    const file = await this.#open();
    for (let size = 4096; size <= 2 ** 24; size *= 16) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, position);
      const [tag] = new FLVReader({ maxTagBytes: Number.POSITIVE_INFINITY, position }).push(
        buffer.subarray(0, bytesRead),
      );
      if (tag !== undefined) return createMediaMessage(tag.type, timestamp, tag.payload);
      if (bytesRead < size) break;
    }
    return undefined;
  }

  #startClock(positionMs: number): void {
    this.#startedAtMs = positionMs;
    this.#startedAt = this.#options.clock.now();
    this.#pausedAt = this.#startedAt;
  }

  #startTimer(): void {
    if (this.#isClosed || this.#isPaused || this.#timer !== undefined) return;
    this.#timer = this.#options.clock.every(TICK_MS, () => this.#tick());
    this.#tick();
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #tick(): void {
    if (this.#readers > 0) return;
    this.#readers += 1;
    const done = this.#pump(this.#round).finally(() => {
      this.#readers -= 1;
    });
    background(done, this.#options.logger, 'playing a recording');
  }

  /** Sends what is due, as far as the player takes it. */
  async #pump(round: number): Promise<void> {
    const { clock, pace, subscriber, endMs } = this.#options;
    const dueMs = this.#startedAtMs + (clock.now() - this.#startedAt) + pace.aheadMs;
    try {
      for (;;) {
        if (this.#isVoid(round) || (subscriber.queuedBytes ?? 0) > pace.maxQueuedBytes) return;
        const tag = this.#next ?? (await this.#readTag());
        // Kept while the player pauses; void when it has gone elsewhere meanwhile.
        if (this.#round === round) this.#next = tag;
        if (this.#isVoid(round)) return;
        if (tag === undefined || tag.timestamp > endMs) {
          this.#end('complete');
          return;
        }
        if (tag.timestamp > dueMs) return;
        this.#next = undefined;
        this.#deliverTag(tag);
      }
    } catch (error) {
      if (!this.#isVoid(round)) this.#fail(error);
    }
  }

  #isVoid(round: number): boolean {
    return this.#isClosed || this.#isPaused || this.#round !== round;
  }

  #deliverTag({ type, timestamp, payload }: PlacedFLVTag): void {
    if (payload.length === 0) return;
    const message = createMediaMessage(type, timestamp, payload);
    if (message.isMetadata) return; // It was sent at the beginning.
    // Audio that stands in the file before the key frame it belongs to.
    if (timestamp < this.#skipVideoUntil && !message.isSequenceHeader) return;
    this.#positionMs = Math.max(this.#positionMs, timestamp);
    this.#deliver(message);
  }

  #deliver(message: MediaMessage): void {
    this.#options.subscriber.deliver?.(message);
  }

  /** The next tag of the file; undefined at its end. */
  async #readTag(): Promise<PlacedFLVTag | undefined> {
    const reader = this.#reader;
    const { index } = this.#options;
    for (;;) {
      const { value } = this.#tags?.next() ?? {};
      if (value !== undefined) return value;
      const position = reader.position + reader.buffered;
      const size = Math.min(READ_BYTES, index.end - position);
      if (size <= 0) return undefined;
      const file = await this.#open();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, position);
      if (bytesRead === 0 || this.#reader !== reader) return undefined;
      this.#tags = reader.push(buffer.subarray(0, bytesRead));
    }
  }

  #open(): Promise<FileHandle> {
    this.#file ??= open(this.#options.path, 'r');
    return this.#file;
  }

  #fail(error: unknown): void {
    this.#options.logger.warn(`playing a recording failed: ${describeError(error)}`, {
      file: this.#options.path,
    });
    this.#end('failed');
  }

  #end(reason: EndReason): void {
    this.close();
    this.#options.subscriber.ended(reason);
  }
}
