import type { SharedObject } from './SharedObject.ts';

/** What a client that comes back has already. */
export interface KnownVersion {
  /** Which life of the object. */
  readonly epoch: string;
  readonly version: number;
}

/** What a client asks of a shared object; one message carries any number, carried out in order as one batch. */
export type SharedObjectRequest =
  | { readonly type: 'use'; readonly known?: KnownVersion }
  | { readonly type: 'release' }
  | {
      readonly type: 'change';
      readonly key: string;
      readonly value: unknown;
      readonly ifVersion?: number;
    }
  | { readonly type: 'remove'; readonly key: string; readonly ifVersion?: number }
  | { readonly type: 'clear' }
  | { readonly type: 'send'; readonly method: string; readonly args: readonly unknown[] };

/** What a client is told of a shared object. Values are immutable copies and may be encoded at any time. */
export type SharedObjectEvent =
  | { readonly type: 'useSuccess' }
  | { readonly type: 'clear' }
  | {
      readonly type: 'change';
      readonly key: string;
      readonly value: unknown;
      /** The attribute's version, where it is not that of the batch. */
      readonly version?: number;
    }
  | { readonly type: 'success'; readonly key: string }
  | { readonly type: 'remove'; readonly key: string }
  | { readonly type: 'send'; readonly method: string; readonly args: readonly unknown[] }
  | { readonly type: 'status'; readonly code: string; readonly level: 'status' | 'error' };

/**
 * The outcome of one batch for one or more receivers.
 *
 * All subscribers but the originator get the **same object**, so that a protocol encodes it once and keeps the bytes by identity.
 */
export interface SharedObjectBatch {
  readonly name: string;
  readonly persistent: boolean;
  /** The object's version after the batch. */
  readonly version: number;
  readonly events: readonly SharedObjectEvent[];
}

/** What a shared object needs of a connection. RTMP and JSON connections implement it. */
export interface SharedObjectSubscriber {
  /** Hands a batch to the protocol, which queues it; called in version order, never re-entrantly for one object. */
  sharedObjectChanged(batch: SharedObjectBatch): void;
  /** The object has ended while the connection was subscribed, and not with its scope. */
  sharedObjectClosed?(so: SharedObject): void;
}
