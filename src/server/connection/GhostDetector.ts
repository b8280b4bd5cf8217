import type { Timer } from '../../base/index.ts';
import type { Server } from '../Server.ts';
import type { BaseConnection } from './BaseConnection.ts';

/**
 * Finds connections whose peer has gone without a word.
 *
 * Each round asks every connection {@link BaseConnection.isGhost}; a ghost is closed, and taken out of its scopes when its protocol did
 * not within one more round. Its applications get the ordinary disconnect callbacks.
 */
export class GhostDetector {
  readonly #server: Server;
  /** Time between rounds, in milliseconds; 0 for none. Default 15,000. */
  intervalMs = 15_000;
  #timer: Timer | undefined;
  #closed = new Set<BaseConnection>();

  constructor(server: Server) {
    this.#server = server;
  }

  /** Begins to look for connections whose peer has vanished. */
  start(): void {
    if (this.#timer !== undefined || this.intervalMs === 0) return;
    this.#timer = this.#server.clock.every(this.intervalMs, () => this.check());
  }

  /** Stops looking; safe without `start` and safe twice. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#closed.clear();
  }

  /** Does one round. */
  check(): void {
    const now = this.#server.clock.now();
    const before = this.#closed;
    this.#closed = new Set();
    for (const connection of this.#server.connections.values() as Iterable<BaseConnection>) {
      if (before.has(connection)) {
        // Never rejects, and logs what callbacks do.
        void this.#server.disconnect(connection);
      } else if (connection.isGhost(now)) {
        this.#server.logger.info('closing a ghost connection', {
          session: connection.sessionID,
          scope: connection.scope?.fullPath,
        });
        this.#closed.add(connection);
        this.#server.notifyGhost(connection);
        connection.close({ kind: 'normal' });
      }
    }
  }
}
