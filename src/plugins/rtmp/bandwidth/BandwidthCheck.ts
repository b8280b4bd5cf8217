import { randomBytes } from 'node:crypto';
import { type Clock, Red5Error } from '../../../base/index.ts';

/** How fast a client takes what it is sent. */
export interface Bandwidth {
  /** Kilobits a second. */
  readonly kbitDown: number;
  /** Kilobits that were sent to find out. */
  readonly deltaDown: number;
  /** Seconds that took, round trips taken off. */
  readonly deltaTime: number;
  /** Milliseconds of a round trip. */
  readonly latency: number;
}

/** The client that is measured. */
export interface MeasuredClient {
  invoke(method: string, args: readonly unknown[]): Promise<unknown>;
  notify(method: string, args: readonly unknown[]): void;
}

/** Bytes of each step: none at first, for the round trip. Old clients know no text of 64 KiB. */
const STEPS = [0, 16 * 1024, 48 * 1024] as const;

/** What is known before a step. */
interface Step {
  readonly count: number;
  readonly sent: number;
  readonly timePassed: number;
  readonly latency: number;
  readonly payload: string;
}

/** How one kind of client is asked and told. */
interface Dialect {
  readonly check: string;
  checkArgs(step: Step): readonly unknown[];
  readonly done: string;
  doneArgs(bandwidth: Bandwidth): readonly unknown[];
  /** Whether a client that could not be measured is told that it is over, by `done` without arguments. */
  readonly tellsFailure: boolean;
}

/**
 * By what the client asked with; an empty name is the server asking of its own accord.
 *
 * `_checkbw` must never lead to `onBWDone`: FFmpeg and librtmp answer each `onBWDone` with `_checkbw`.
 */
const DIALECTS: Readonly<Record<string, Dialect>> = {
  // Flash Media Server 3: applications written for it take numbers.
  checkBandwidth: {
    check: 'onBWCheck',
    checkArgs: ({ payload, count }) => [payload, count],
    done: 'onBWDone',
    doneArgs: ({ kbitDown, deltaDown, deltaTime, latency }) => [
      kbitDown,
      deltaDown,
      deltaTime,
      latency,
    ],
    tellsFailure: true,
  },
  // Flash Media Server 2, and what librtmp does for its sake.
  _checkbw: {
    check: '_onbwcheck',
    checkArgs: ({ payload, count }) => [payload, count],
    done: '_onbwdone',
    doneArgs: ({ latency, kbitDown }) => [latency, kbitDown],
    tellsFailure: false,
  },
  // Red5: one object.
  '': {
    check: 'onBWCheck',
    checkArgs: ({ latency, ...step }) => [{ ...step, latency, cumLatency: 1 }],
    done: 'onBWDone',
    doneArgs: (bandwidth) => [bandwidth],
    tellsFailure: false,
  },
};

/**
 * Measures how fast one client takes data, as Flash Media Server and Red5 do: by calls of growing size, each after the answer to the last.
 *
 * One measurement at a time; who asks meanwhile is told the same result, once. A client that does not answer costs one call until its time-out.
 *
 * @red5 org.red5.server.stream.bandwidth.ServerClientDetection
 */
export class BandwidthCheck {
  readonly #client: MeasuredClient;
  readonly #clock: Clock;
  readonly #asked = new Set<string>();
  #measuring: Promise<Bandwidth> | undefined;

  constructor(client: MeasuredClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Whether a client asks for a measurement with this command. */
  static isAskedBy(command: string): boolean {
    return command !== '' && Object.hasOwn(DIALECTS, command);
  }

  /**
   * Measures, and tells the client the result in the way it asked for.
   *
   * @param command - `checkBandwidth` or `_checkbw`; without one the server asks, in Red5's way
   * @throws Red5Error with a code of {@link PendingCalls} when the client does not answer, or answers with an error
   */
  async measure(command = ''): Promise<Bandwidth> {
    const dialect = DIALECTS[command] as Dialect;
    const isFirst = !this.#asked.has(command);
    this.#asked.add(command);
    this.#measuring ??= this.#steps(dialect);
    const measuring = this.#measuring;
    try {
      const bandwidth = await measuring;
      if (isFirst) this.#client.notify(dialect.done, dialect.doneArgs(bandwidth));
      return bandwidth;
    } catch (error) {
      if (isFirst && dialect.tellsFailure && !isGone(error)) this.#client.notify(dialect.done, []);
      throw error;
    } finally {
      this.#asked.delete(command);
      if (this.#measuring === measuring) this.#measuring = undefined;
    }
  }

  async #steps(dialect: Dialect): Promise<Bandwidth> {
    const begin = this.#clock.now();
    let latency = 0;
    let sent = 0;
    let took = 0;
    for (const [count, bytes] of STEPS.entries()) {
      const before = this.#clock.now();
      const payload = randomBytes(bytes / 2).toString('hex');
      const step = { count, sent, timePassed: before - begin, latency, payload };
      await this.#client.invoke(dialect.check, dialect.checkArgs(step));
      const elapsed = this.#clock.now() - before;
      if (bytes === 0) latency = elapsed;
      else took += Math.max(0, elapsed - latency);
      sent += bytes;
    }
    const deltaTime = Math.max(1, took) / 1000;
    const deltaDown = (sent * 8) / 1000;
    return { kbitDown: Math.round(deltaDown / deltaTime), deltaDown, deltaTime, latency };
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Red5Error && error.code === 'NOT_CONNECTED';
}
