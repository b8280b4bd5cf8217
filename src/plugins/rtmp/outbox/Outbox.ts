import type { Duplex } from 'node:stream';
import type { SharedObjectBatch } from '../../../server/index.ts';
import type { BufferBudget } from '../chunk/BufferBudget.ts';
import { type RTMPErrorCode, rtmpError } from '../rtmpErrors.ts';
import type { BufferMerger } from './BufferMerger.ts';
import { coalesce, type WaitingMessage } from './coalesce.ts';
import type { TurnFlusher } from './TurnFlusher.ts';

/** Bytes the stream may hold before messages wait here, where they can still be put together. */
const STREAM_BYTES = 64 * 1024;

/** What one turn may gather, in times of what may wait: who joins gets the states of several large shared objects at once. */
const TURN_FACTOR = 8;

/** What an {@link Outbox} needs. */
export interface OutboxOptions {
  readonly stream: Duplex;
  readonly flusher: TurnFlusher;
  /** Bytes that may wait for one reader. */
  readonly maxQueuedBytes: number;
  /** Memory for what waits, shared by all connections. */
  readonly budget: BufferBudget;
  /** Makes the bytes of shared-object messages that were put together. */
  readonly encode: (batch: SharedObjectBatch) => Buffer;
  /** Called when the reader stops keeping up, and when it keeps up again. */
  readonly onStalled: (stalled: boolean) => void;
  /** Called when more waits than allowed; the connection is to be closed. */
  readonly onOverflow: (error: Error) => void;
}

/**
 * What goes out to one peer, in order, with one write per turn of the event loop.
 *
 * When the peer reads too slowly, messages wait here within a limit: changes of shared objects are put together to their latest
 * state; calls and statuses cannot be, so when they alone pass the limit the connection ends.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #dirty = false;
  #stalled = false;
  #closed = false;
  #waiting: WaitingMessage[] = [];
  /** Bytes of what waits, without media. */
  #waitingBytes = 0;
  #mediaBytes = 0;
  #writtenBytes = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Bytes handed to the stream so far. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** Bytes that the peer has not taken, here and in the stream. */
  get queuedBytes(): number {
    return this.#waitingBytes + this.#mediaBytes + this.#options.stream.writableLength;
  }

  /** Whether the reader does not keep up; as long as it does, the stream holds little and nothing waits. */
  get isStalled(): boolean {
    return this.#stalled;
  }

  /** Queues encoded bytes, and what they say about a shared object if they do. */
  send(bytes: Buffer, batch?: SharedObjectBatch): void {
    if (this.#closed) return;
    if (this.#stalled) {
      this.#wait({ bytes, batch });
      return;
    }
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    // A client may cause any number of answers in one turn; who reads fast enough has room for them now.
    if (this.#pendingBytes > this.#options.maxQueuedBytes * TURN_FACTOR) {
      this.#writePending((list) => Buffer.concat(list));
    }
    if (this.#dirty) return;
    this.#dirty = true;
    this.#options.flusher.add(this);
  }

  /**
   * Writes media, or queues it when the reader does not keep up; not counted against the limit.
   *
   * @param list - in order; not copied, so many outboxes may be given the same buffers
   */
  sendMedia(list: readonly Buffer[]): void {
    if (this.#closed) return;
    if (this.#stalled) {
      for (const bytes of list) {
        this.#waiting.push({ bytes, batch: undefined, isMedia: true });
        this.#mediaBytes += bytes.length;
      }
      return;
    }
    const before = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    const { stream } = this.#options;
    const isSingle = before.length === 0 && list.length === 1;
    if (!isSingle) stream.cork();
    for (const bytes of before) this.#write(bytes);
    for (const bytes of list) this.#write(bytes);
    if (!isSingle) stream.uncork();
  }

  /**
   * Writes media to a reader that keeps up: the short way of {@link sendMedia} for bytes that many are given at once.
   *
   * @returns false when something goes before it; nothing was done then
   */
  writeMedia(bytes: Buffer): boolean {
    if (this.#stalled || this.#closed || this.#pending.length > 0) return false;
    this.#write(bytes);
    return true;
  }

  /** Lets nothing that waits now be put together with what comes. */
  keepApart(): void {
    this.#waiting = this.#waiting.map((message) => ({ ...message, batch: undefined }));
  }

  flush(merger: BufferMerger): void {
    this.#dirty = false;
    if (this.#pending.length === 0 || this.#closed) return;
    this.#writePending((list) => merger.merge(list));
  }

  /** To be called when the stream says `drain`. */
  drained(): void {
    if (!this.#stalled || this.#closed) return;
    this.#stalled = false;
    this.#options.onStalled(false);
    // What the socket takes at once brings no other drain, so go on until something is left in the stream.
    while (this.#waiting.length > 0 && !this.#stalled) {
      this.#write(Buffer.concat(this.#takeWaiting().map((message) => message.bytes)));
    }
  }

  /** Writes everything out, ends the stream and takes nothing more. */
  end(): void {
    if (this.#closed) return;
    const rest = [...this.#pending, ...this.#waiting.map((message) => message.bytes)];
    if (rest.length > 0) this.#options.stream.write(Buffer.concat(rest));
    this.#options.stream.end();
    this.close();
  }

  /** Forgets everything and takes nothing more. */
  close(): void {
    this.#closed = true;
    this.#pending = [];
    this.#forgetWaiting();
  }

  #writePending(join: (list: readonly Buffer[]) => Buffer): void {
    const list = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#write(join(list));
  }

  #write(bytes: Buffer): void {
    const { stream, onStalled } = this.#options;
    this.#writtenBytes += bytes.length;
    // Streams say when they hold more than their own mark, which is below ours; asking each time costs more than this.
    if (stream.write(bytes) || stream.writableLength <= STREAM_BYTES || this.#stalled) return;
    this.#stalled = true;
    onStalled(true);
  }

  /** As much of what waits as the stream may hold. */
  #takeWaiting(): WaitingMessage[] {
    let bytes = 0;
    let count = 0;
    for (const message of this.#waiting) {
      if (bytes > STREAM_BYTES) break;
      bytes += message.bytes.length;
      count += 1;
      if (message.isMedia === true) {
        this.#mediaBytes -= message.bytes.length;
      } else {
        this.#waitingBytes -= message.bytes.length;
        this.#options.budget.release(message.bytes.length);
      }
    }
    return this.#waiting.splice(0, count);
  }

  #wait(message: WaitingMessage): void {
    this.#waiting.push(message);
    this.#waitingBytes += message.bytes.length;
    if (!this.#options.budget.take(message.bytes.length)) {
      this.#waitingBytes -= message.bytes.length;
      this.#overflow('what waits for all slow readers together is too much');
    } else if (this.queuedBytes - this.#mediaBytes > this.#options.maxQueuedBytes) {
      this.#coalesce();
    }
  }

  #coalesce(): void {
    const mediaBytes = this.#mediaBytes;
    const waiting = coalesce(this.#waiting, this.#options.encode);
    this.#forgetWaiting();
    const total = waiting.reduce((sum, message) => sum + message.bytes.length, 0);
    const bytes = total - mediaBytes;
    // Half the limit has to be free afterwards, or the next few messages would make this happen again and again.
    const limit = this.#options.maxQueuedBytes;
    if (bytes > limit / 2 || !this.#options.budget.take(bytes)) {
      this.#overflow(`more than ${limit} bytes wait for a slow reader`);
      return;
    }
    this.#waiting = waiting;
    this.#waitingBytes = bytes;
    this.#mediaBytes = mediaBytes;
  }

  #forgetWaiting(): void {
    this.#options.budget.release(this.#waitingBytes);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#mediaBytes = 0;
  }

  #overflow(message: string): void {
    const code: RTMPErrorCode = 'RTMP_QUEUE_FULL';
    this.close();
    this.#options.onOverflow(rtmpError(code, message));
  }
}
