import type { AttributeStore } from '../AttributeStore.ts';
import type { SharedObject } from './SharedObject.ts';

/**
 * Told of what happens to a shared object, within the change and before clients are sent anything.
 *
 * `Red5.getConnectionLocal()` is the client that caused it, or undefined for server code. Changes made inside a callback go out with the
 * change that caused it, to its originator as well. A callback that throws, or whose promise fails, is logged and hurts nothing else;
 * promises are not waited for.
 *
 * @red5 org.red5.server.api.so.ISharedObjectListener
 */
export interface SharedObjectListener {
  /** A client subscribed. */
  onSharedObjectConnect?(so: SharedObject): unknown;
  /** A client unsubscribed or went away. */
  onSharedObjectDisconnect?(so: SharedObject): unknown;
  /** One attribute was set and differs, was set by a key that always notifies, or was made dirty. */
  onSharedObjectUpdate?(so: SharedObject, key: string, value: unknown): unknown;
  /** Several attributes were set together; those that differ. */
  onSharedObjectUpdateAttributes?(
    so: SharedObject,
    attributes: ReadonlyMap<string, unknown>,
  ): unknown;
  /** Several attributes were set together from an attribute store. */
  onSharedObjectUpdateStore?(so: SharedObject, store: AttributeStore): unknown;
  /** An attribute was removed, or set to null. */
  onSharedObjectDelete?(so: SharedObject, key: string): unknown;
  /** All attributes were removed together. */
  onSharedObjectClear?(so: SharedObject): unknown;
  /** A message was sent to all subscribers. */
  onSharedObjectSend?(so: SharedObject, method: string, args: readonly unknown[]): unknown;
}
