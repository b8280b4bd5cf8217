/** A message as it came over the wire. */
export interface Received {
  readonly type: number;
  readonly cs: number;
  readonly stream: number;
  readonly time: number;
  readonly payload: Buffer;
}

interface State {
  type: number;
  stream: number;
  time: number;
  length: number;
  parts: Buffer[];
  have: number;
  extended: boolean;
}

const HEADER_BYTES = [12, 8, 4, 1] as const;

/** Puts chunks together, for tests: chunk streams up to 63. Shares nothing with `src`. */
export class WireChunks {
  #bytes: Buffer = Buffer.alloc(0);
  #chunkSize = 128;
  readonly #states = new Map<number, State>();

  /** Takes bytes and returns the messages they complete. */
  push(bytes: Buffer): Received[] {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const messages: Received[] = [];
    for (;;) {
      const message = this.#chunk();
      if (message === undefined) return messages;
      if (message === 'more') continue;
      if (message.type === 1) this.#chunkSize = message.payload.readUInt32BE();
      messages.push(message);
    }
  }

  #chunk(): Received | 'more' | undefined {
    const first = this.#bytes[0];
    if (first === undefined) return undefined;
    const headerBytes = HEADER_BYTES[first >> 6] as number;
    if (this.#bytes.length < headerBytes) return undefined;
    const cs = first & 63;
    const old = this.#states.get(cs);
    const state: State =
      old === undefined
        ? { type: 0, stream: 0, time: 0, length: 0, parts: [], have: 0, extended: false }
        : { ...old, parts: [...old.parts] };
    if (headerBytes >= 4) {
      state.time = this.#bytes.readUIntBE(1, 3);
      state.extended = state.time === 0xffffff;
    }
    if (headerBytes >= 8) {
      state.length = this.#bytes.readUIntBE(4, 3);
      state.type = this.#bytes.readUInt8(7);
    }
    if (headerBytes === 12) state.stream = this.#bytes.readUInt32LE(8);
    const part = Math.min(state.length - state.have, this.#chunkSize);
    const start = headerBytes + (state.extended ? 4 : 0);
    if (this.#bytes.length < start + part) return undefined;
    if (state.extended) state.time = this.#bytes.readUInt32BE(headerBytes);
    state.parts.push(this.#bytes.subarray(start, start + part));
    state.have += part;
    this.#bytes = this.#bytes.subarray(start + part);
    this.#states.set(cs, state);
    if (state.have < state.length) return 'more';
    const { type, stream, time } = state;
    const payload = Buffer.concat(state.parts);
    this.#states.set(cs, { ...state, parts: [], have: 0 });
    return { type, cs, stream, time, payload };
  }
}
