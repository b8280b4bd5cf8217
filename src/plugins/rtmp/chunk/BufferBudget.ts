/** Memory that many holders share; who asks for more than is left gets nothing. */
export class BufferBudget {
  readonly maxBytes: number;
  #used = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Bytes in use. */
  get used(): number {
    return this.#used;
  }

  /** Reserves bytes; returns false, and reserves nothing, when they are not left. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.maxBytes) return false;
    this.#used += bytes;
    return true;
  }

  /** Gives back what was taken. */
  release(bytes: number): void {
    this.#used -= bytes;
  }
}
