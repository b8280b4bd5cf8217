import { randomBytes } from 'node:crypto';

/** How much is kept. */
export interface EventHistoryLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/**
 * The last messages of a path, for event streams that reconnect.
 *
 * Ids count per path and begin with a word that is new for each history, so that an id of an earlier one is told from those of this one.
 */
export class EventHistory {
  readonly #limits: EventHistoryLimits;
  readonly #epoch = randomBytes(6).toString('base64url');
  readonly #frames: Buffer[] = [];
  readonly #numbers = new WeakMap<Buffer, number>();
  #bytes = 0;
  #last = 0;

  constructor(limits: EventHistoryLimits) {
    this.#limits = limits;
  }

  /** The id of the newest message. */
  get lastID(): string {
    return this.#id(this.#last);
  }

  /** Remembers a message. */
  add(frame: Buffer): void {
    this.#last += 1;
    this.#numbers.set(frame, this.#last);
    this.#frames.push(frame);
    this.#bytes += frame.length;
    const { maxEvents, maxBytes } = this.#limits;
    while (this.#frames.length > maxEvents || this.#bytes > maxBytes) {
      this.#bytes -= this.#frames.shift()?.length ?? 0;
    }
  }

  /** The id of a message; undefined for one that was sent to a single connection. */
  idOf(frame: Buffer): string | undefined {
    const number = this.#numbers.get(frame);
    return number === undefined ? undefined : this.#id(number);
  }

  /** What came after an id; undefined when that cannot be told, because the id is not of this history or too much came since. */
  since(id: string): readonly Buffer[] | undefined {
    const [epoch, text = ''] = id.split('.');
    if (epoch !== this.#epoch || !/^\d{1,15}$/.test(text)) return undefined;
    const missed = this.#last - Number(text);
    if (missed < 0 || missed > this.#frames.length) return undefined;
    return missed === 0 ? [] : this.#frames.slice(-missed);
  }

  #id(number: number): string {
    return `${this.#epoch}.${number}`;
  }
}
