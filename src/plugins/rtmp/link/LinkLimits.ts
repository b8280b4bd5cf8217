import type { ChunkLimits } from '../chunk/chunkLimits.ts';

/** Limits and times of one {@link RTMPLink}. */
export interface LinkLimits extends ChunkLimits {
  readonly handshakeTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly maxInactivityMs: number;
  readonly maxStalledMs: number;
  readonly closeTimeoutMs: number;
  readonly maxQueuedBytes: number;
}
