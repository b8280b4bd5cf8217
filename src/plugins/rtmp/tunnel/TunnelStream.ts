import { Duplex } from 'node:stream';

/** Bytes that may wait for the next request before the writer has to. */
const MAX_WAITING = 64 * 1024;

/** The bytes of one tunnelled connection: what comes in requests is read, what is written waits for the next response. */
export class TunnelStream extends Duplex {
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #writeDone: (() => void) | undefined;
  #whenRead: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: true });
  }

  /** Bytes that wait. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Whether enough waits to be read, so that no more should be handed on before {@link whenRead}. */
  get isFull(): boolean {
    return this.readableLength >= this.readableHighWaterMark;
  }

  /** Calls back once, when what waits was read. */
  whenRead(callback: () => void): void {
    this.#whenRead = callback;
  }

  /** Hands on bytes of a request. */
  receive(bytes: Buffer): void {
    if (bytes.length > 0 && !this.destroyed) this.push(bytes);
  }

  /** Everything that waits for a response. */
  takeWaiting(): Buffer {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    const done = this.#writeDone;
    this.#writeDone = undefined;
    done?.();
    return bytes;
  }

  override _read(): void {
    const callback = this.#whenRead;
    this.#whenRead = undefined;
    if (callback !== undefined) setImmediate(callback); // The reader is in the middle of it.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes < MAX_WAITING) done();
    else this.#writeDone = done;
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#writeDone = undefined;
    this.#whenRead = undefined;
    done(error);
  }
}
