/** What a session needs of the connection that has it. */
export interface SessionConnection {
  sendText(text: string): void;
  /** The client came back by another connection. */
  replaced(): void;
}

/** How much a session remembers. */
export interface SessionLimits {
  readonly maxPendingCalls: number;
  readonly maxSessionBytes: number;
}

/**
 * What is to be done about a request: carry it out, nothing as its answer comes or was sent again, say that its answer is lost, or that too many
 * are pending.
 */
export type Beginning = 'new' | 'repeated' | 'unknown' | 'full';

/**
 * The requests of one client over all of its connections: each is carried out once, and its answer remembered for a while.
 *
 * A client may have `maxPendingCalls` requests without answer. As answers arrive in the order they are sent, those that a client which
 * was cut off has not seen are among the last so many, which is why no acknowledgements are needed.
 */
export class Session {
  readonly name: string;
  /** The scope it belongs to. */
  readonly path: string;
  connection: SessionConnection | undefined;
  readonly #limits: SessionLimits;
  #lastID = 0;
  /** Requests that are being carried out, and whether the present connection waits for them. */
  readonly #pending = new Map<number, boolean>();
  /** Requests that came and were not carried out, as the connection ended before. */
  readonly #undone = new Set<number>();
  readonly #answers = new Map<number, string>();
  #bytes = 0;

  constructor(name: string, path: string, limits: SessionLimits) {
    this.name = name;
    this.path = path;
    this.#limits = limits;
  }

  /** About how much memory it takes. */
  get bytes(): number {
    return OVERHEAD_BYTES + this.#bytes;
  }

  /** Gives the session to a connection. */
  attach(connection: SessionConnection): void {
    const previous = this.connection;
    this.connection = connection;
    for (const id of this.#pending.keys()) this.#pending.set(id, false);
    previous?.replaced();
  }

  /** Takes it from a connection, unless another has it by now; returns whether it is without one. */
  detach(connection: SessionConnection): boolean {
    if (this.connection !== connection) return false;
    this.connection = undefined;
    return true;
  }

  /** A request came. An answer that is remembered is sent again at once. */
  begin(id: number): Beginning {
    if (id > this.#lastID || this.#undone.has(id)) {
      if (this.#pending.size >= this.#limits.maxPendingCalls) return 'full';
      this.#undone.delete(id);
      this.#lastID = Math.max(id, this.#lastID);
      this.#pending.set(id, true);
      return 'new';
    }
    if (this.#pending.has(id)) {
      this.#pending.set(id, true);
      return 'repeated';
    }
    const answer = this.#answers.get(id);
    if (answer === undefined) return 'unknown';
    this.connection?.sendText(answer);
    return 'repeated';
  }

  /** Remembers the answer of a request, and sends it to the connection that waits for it. */
  answer(id: number, text: string): void {
    const isAwaited = this.#pending.get(id);
    this.#pending.delete(id);
    this.#remember(id, text);
    if (isAwaited === true) this.connection?.sendText(text);
  }

  /** A request was not carried out, as its connection had ended; it is when it is repeated. */
  undo(id: number): void {
    this.#pending.delete(id);
    this.#undone.add(id);
    const [oldest] = this.#undone;
    if (this.#undone.size > this.#limits.maxPendingCalls && oldest !== undefined) {
      this.#undone.delete(oldest);
    }
  }

  #remember(id: number, text: string): void {
    this.#answers.set(id, text);
    this.#bytes += 2 * text.length + ANSWER_BYTES;
    for (const [oldest, forgotten] of this.#answers) {
      const fits =
        this.#bytes <= this.#limits.maxSessionBytes &&
        this.#answers.size <= this.#limits.maxPendingCalls;
      if (fits) break;
      this.#answers.delete(oldest);
      this.#bytes -= 2 * forgotten.length + ANSWER_BYTES;
    }
  }
}

const OVERHEAD_BYTES = 1024;
const ANSWER_BYTES = 64;
