import type { Clock, Timer } from '../../base/index.ts';
import { CLOSE_CODE, type WebSocketConnection } from './WebSocketConnection.ts';

/** How long a peer may be silent, in milliseconds; 0 or less: for ever. */
export interface HeartbeatTimes {
  /** Then it gets a ping. */
  readonly pingIntervalMs: number;
  /** Then it is closed. */
  readonly idleTimeoutMs: number;
}

/** Asks silent peers for a sign of life, and closes those that give none. One timer serves all of them. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #times: HeartbeatTimes;
  readonly #connections: () => Iterable<WebSocketConnection>;
  #timer: Timer | undefined;

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
    const shortest = Math.min(pingIntervalMs || Infinity, idleTimeoutMs || Infinity);
    if (shortest === Infinity) return;
    // Often enough that a peer is pinged at most a tenth of the time too late.
    const intervalMs = Math.max(10, Math.min(1000, shortest / 10));
    this.#timer = this.#clock.every(intervalMs, () => this.#watch());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #watch(): void {
    const { pingIntervalMs, idleTimeoutMs } = this.#times;
    const now = this.#clock.now();
    for (const connection of this.#connections()) {
      const silentMs = now - connection.lastActivity;
      if (idleTimeoutMs > 0 && silentMs >= idleTimeoutMs) {
        connection.close(CLOSE_CODE.GOING_AWAY, 'idle');
      } else if (
        pingIntervalMs > 0 &&
        silentMs >= pingIntervalMs &&
        now - connection.lastPing >= pingIntervalMs
      ) {
        connection.lastPing = now;
        connection.sendPing();
      }
    }
  }
}
