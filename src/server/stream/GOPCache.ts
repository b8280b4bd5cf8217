import type { MediaMessage } from './MediaMessage.ts';

/** More than any group of pictures that is of use, and no more than engines keep. */
const MAX_MESSAGES = 4000;

/**
 * Everything since the last key frame, so that whoever joins sees a picture at once.
 *
 * Bounded in bytes: a group of pictures that grows beyond is forgotten, and the next key frame begins a new one. Streams without
 * video have none.
 */
export class GOPCache {
  readonly #maxBytes: number;
  #messages: MediaMessage[] = [];
  #bytes = 0;

  /** @param maxBytes - 0 keeps nothing */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** From the key frame on, in order. */
  get messages(): readonly MediaMessage[] {
    return this.#messages;
  }

  /** Bytes of all payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  add(message: MediaMessage): void {
    if (message.isKeyFrame) this.clear();
    else if (this.#messages.length === 0 || message.isSequenceHeader || message.isMetadata) return;
    const isFull = this.#messages.length >= MAX_MESSAGES;
    if (isFull || this.#bytes + message.payload.length > this.#maxBytes) {
      this.clear();
      return;
    }
    this.#messages.push(message);
    this.#bytes += message.payload.length;
  }

  clear(): void {
    this.#messages = [];
    this.#bytes = 0;
  }
}
