import type { SharedObject } from './SharedObject.ts';
import type { SharedObjectBatch } from './SharedObjectBatch.ts';

/** An attribute as a client is told of it. */
export interface AttributeState {
  readonly key: string;
  /** Frozen. */
  readonly value: unknown;
  readonly version: number;
}

/** What a client that subscribes needs to have all of a shared object. */
export type SharedObjectState = {
  readonly sharedObject: SharedObject;
  readonly version: number;
} & (
  | { readonly kind: 'snapshot'; readonly attributes: readonly AttributeState[] }
  /** All batches since the one that the client knows, in order. */
  | { readonly kind: 'changes'; readonly batches: readonly SharedObjectBatch[] }
);

/** Why nothing of a message was carried out, or that it was and is not safe. */
export interface SharedObjectFault {
  /** `SharedObject.NoWriteAccess` and others, as RTMP clients are told them; also `SharedObject.VersionMismatch`. */
  readonly code: string;
  /** Index of the request at fault, if it is the fault of one. */
  readonly request?: number;
  /** The attribute as it is, for a version that did not hold; version 0 when there is none. */
  readonly current?: AttributeState;
}

/**
 * What became of a message that wants an answer.
 *
 * `SharedObject.NotStored` is the one fault after which the message is in effect.
 */
export type SharedObjectOutcome =
  | { readonly ok: true; readonly version: number; readonly state?: SharedObjectState }
  | { readonly ok: false; readonly version?: number; readonly fault: SharedObjectFault };

/** Takes the outcome of a message, after everything that the message changed was sent. */
export type SharedObjectAnswer = (outcome: SharedObjectOutcome) => void;
