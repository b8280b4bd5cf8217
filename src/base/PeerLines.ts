import { type Clock, systemClock } from './Clock.ts';
import { PeerLogLimits } from './PeerLogLimits.ts';

/** Peers of an interval that get a line of their own in its summary; the others share one. */
const NAMED_IN_SUMMARY = 5;

/** What peers share that came after the table was full. */
const OTHERS = '';

interface Peer {
  readonly name: string;
  written: number;
  held: number;
}

/** Writes a line about lines that were not written. */
export type WriteSummary = (message: string, fields: Readonly<Record<string, unknown>>) => void;

/**
 * Counts the log lines about each peer and in all, and says which are written.
 *
 * An interval begins with a line; its timer runs only then. Memory is bounded by `maxPeers`.
 *
 * @internal
 */
export class PeerLines {
  limits: PeerLogLimits = new PeerLogLimits();
  readonly #clock: Clock;
  readonly #writeSummary: WriteSummary;
  readonly #peers = new Map<string, Peer>();
  #written = 0;
  #isCounting = false;

  constructor(writeSummary: WriteSummary, clock: Clock = systemClock) {
    this.#writeSummary = writeSummary;
    this.#clock = clock;
  }

  /** Counts a line with these fields; returns whether it is to be written. */
  admits(fields: Readonly<Record<string, unknown>>): boolean {
    const name = fields['remoteAddress'] ?? fields['session'] ?? fields['connection'];
    if (typeof name !== 'string') return true;
    this.#begin();
    const peer = this.#peer(name);
    if (peer.written >= this.limits.maxLinesPerPeer || this.#written >= this.limits.maxLines) {
      peer.held += 1;
      return false;
    }
    peer.written += 1;
    this.#written += 1;
    return true;
  }

  #begin(): void {
    if (this.#isCounting) return;
    this.#isCounting = true;
    const { intervalMs } = this.limits;
    this.#clock.after(intervalMs, () => this.#end(intervalMs));
  }

  #peer(name: string): Peer {
    const known = this.#peers.get(name);
    if (known !== undefined) return known;
    if (this.#peers.size >= this.limits.maxPeers && name !== OTHERS) return this.#peer(OTHERS);
    const peer = { name, written: 0, held: 0 };
    this.#peers.set(name, peer);
    return peer;
  }

  #end(intervalMs: number): void {
    const peers = [...this.#peers.values()].filter((peer) => peer.held > 0);
    this.#peers.clear();
    this.#written = 0;
    this.#isCounting = false;
    const named = peers
      .filter((peer) => peer.name !== OTHERS)
      .toSorted((a, b) => b.held - a.held)
      .slice(0, NAMED_IN_SUMMARY);
    for (const peer of named) {
      this.#writeSummary(summary(peer.held, 'this peer', intervalMs), { peer: peer.name });
    }
    const rest = peers.filter((peer) => !named.includes(peer));
    const held = rest.reduce((sum, peer) => sum + peer.held, 0);
    if (held > 0) this.#writeSummary(summary(held, 'other peers', intervalMs), {});
  }
}

function summary(held: number, whom: string, intervalMs: number): string {
  const lines = held === 1 ? 'line' : 'lines';
  return `${held} more ${lines} about ${whom} in the last ${intervalMs / 1000} s`;
}
