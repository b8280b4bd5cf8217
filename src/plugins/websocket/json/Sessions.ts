import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../../../base/index.ts';
import type { JSONProtocol } from './JSONProtocol.ts';
import { Session, type SessionConnection } from './Session.ts';

/** The sessions of a server; those without a connection for a while, within limits. */
export class Sessions {
  readonly #limits: JSONProtocol;
  readonly #clock: Clock;
  readonly #byName = new Map<string, Session>();
  /** Those without a connection, oldest first, with what they count for. */
  readonly #idle = new Map<Session, { readonly timer: Timer; readonly bytes: number }>();
  #idleBytes = 0;

  constructor(limits: JSONProtocol, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** How many there are. */
  get size(): number {
    return this.#byName.size;
  }

  /** The session of this name and path, or a new one. */
  join(
    connection: SessionConnection,
    path: string,
    name: string | undefined,
  ): { readonly session: Session; readonly restored: boolean } {
    const found = name === undefined ? undefined : this.#byName.get(name);
    if (found !== undefined && found.path === path) {
      this.#notIdle(found);
      found.attach(connection);
      return { session: found, restored: true };
    }
    const session = new Session(randomBytes(18).toString('base64url'), path, this.#limits);
    session.attach(connection);
    this.#byName.set(session.name, session);
    return { session, restored: false };
  }

  /** A connection has ended; its session waits for the client to come back. */
  left(session: Session, connection: SessionConnection): void {
    if (!session.detach(connection) || !this.#byName.has(session.name)) return;
    const { sessionTimeoutMs, maxIdleSessionBytes } = this.#limits;
    if (sessionTimeoutMs <= 0) {
      this.end(session);
      return;
    }
    const timer = this.#clock.after(sessionTimeoutMs, () => this.end(session));
    const { bytes } = session;
    this.#idle.set(session, { timer, bytes });
    this.#idleBytes += bytes;
    for (const oldest of this.#idle.keys()) {
      if (this.#idleBytes <= maxIdleSessionBytes) break;
      this.end(oldest);
    }
  }

  /** Forgets a session. Safe twice. */
  end(session: Session): void {
    this.#notIdle(session);
    this.#byName.delete(session.name);
  }

  /** Forgets all. */
  stop(): void {
    for (const session of [...this.#byName.values()]) this.end(session);
  }

  #notIdle(session: Session): void {
    const idle = this.#idle.get(session);
    if (idle === undefined) return;
    idle.timer.cancel();
    this.#idle.delete(session);
    this.#idleBytes -= idle.bytes;
  }
}
