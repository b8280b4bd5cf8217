import type { Clock, Timer } from '../../base/index.ts';
import { CLOSE_CODE, type WebSocketConnection } from './WebSocketConnection.ts';

/** How long a peer may be silent, in milliseconds; 0 or less: for ever. */
export interface HeartbeatTimes {
  /** Then it gets a ping. */
  readonly pingIntervalMs: number;
  /** Then it is closed. */
  readonly idleTimeoutMs: number;
}

/** The part of an interval over which pings are spread, and how often in it the peers are looked at. */
const SPREAD = 0.1;
const LOOKS = 25;
/** So few pings at once do not matter. */
const MIN_PINGS = 50;

/**
 * Asks silent peers for a sign of life, and closes those that give none. One timer serves all of them.
 *
 * Those who fell silent together, as after a restart, are pinged a few at a time, so that nobody else has to wait for it.
 */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #times: HeartbeatTimes;
  readonly #connections: () => Iterable<WebSocketConnection>;
  #timer: Timer | undefined;
  /** How many were due for a ping together, as long as not all of them got it. */
  #crowd = 0;
  #pingsLeft = 0;
  /** Until then nobody needs attention. */
  #restUntil = 0;

  /** @param connections - those that are open now */
  constructor(
    clock: Clock,
    times: HeartbeatTimes,
    connections: () => Iterable<WebSocketConnection>,
  ) {
    this.#clock = clock;
    this.#times = times;
    this.#connections = connections;
  }

  start(): void {
    const { pingIntervalMs, idleTimeoutMs } = this.#times;
    const shortest = Math.min(orForever(pingIntervalMs), orForever(idleTimeoutMs));
    if (shortest === Infinity) return;
    const intervalMs = Math.max(10, Math.min(1000, (shortest * SPREAD) / LOOKS));
    this.#timer = this.#clock.every(intervalMs, () => this.#watch());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #watch(): void {
    const now = this.#clock.now();
    if (now < this.#restUntil) return;
    this.#pingsLeft = Math.max(MIN_PINGS, Math.ceil(this.#crowd / LOOKS));
    let late = 0;
    let restUntil = Infinity;
    for (const connection of this.#connections()) {
      const attention = this.#attendTo(connection, now);
      if (attention <= now) late += 1;
      restUntil = Math.min(restUntil, attention);
    }
    this.#crowd = late === 0 ? 0 : Math.max(this.#crowd, late);
    // Whoever comes meanwhile needs nothing for longer than those who are here.
    this.#restUntil = restUntil === Infinity ? 0 : restUntil;
  }

  /** Closes or pings a peer if it is time; returns when it is next. */
  #attendTo(connection: WebSocketConnection, now: number): number {
    const pingIntervalMs = orForever(this.#times.pingIntervalMs);
    const idleTimeoutMs = orForever(this.#times.idleTimeoutMs);
    const { lastActivity } = connection;
    const closesAt = lastActivity + idleTimeoutMs;
    if (now >= closesAt) {
      connection.close(CLOSE_CODE.GOING_AWAY, 'idle');
      return Infinity;
    }
    let pingsAt = Math.max(lastActivity, connection.lastPing) + pingIntervalMs;
    if (now >= pingsAt && this.#pingsLeft > 0) {
      this.#pingsLeft -= 1;
      connection.lastPing = now;
      connection.sendPing();
      pingsAt = now + pingIntervalMs;
    }
    return Math.min(pingsAt, closesAt);
  }
}

function orForever(milliseconds: number): number {
  return milliseconds > 0 ? milliseconds : Infinity;
}
