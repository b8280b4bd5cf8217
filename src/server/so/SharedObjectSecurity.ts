import type { MaybePromise } from '../MaybePromise.ts';
import type { Scope } from '../scope/Scope.ts';
import type { SharedObject } from './SharedObject.ts';

/**
 * Decides what clients may do with shared objects; server code is never asked about.
 *
 * Registered on a shared object or on the application; all must say `true`, a method left out means yes. The client is
 * `Red5.getConnectionLocal()`. All requests of a message are decided before the first is carried out; a promise is waited for, and
 * later messages to the object wait with it.
 *
 * @red5 org.red5.server.api.so.ISharedObjectSecurity
 */
export interface SharedObjectSecurity {
  /** Whether a client may make an object; only asked of the application's handlers. */
  isCreationAllowed?(scope: Scope, name: string, persistent: boolean): MaybePromise<boolean>;
  /** Whether the connection of this call may use the object; asked before a snapshot is sent. */
  isConnectionAllowed?(so: SharedObject): MaybePromise<boolean>;
  /** Whether the connection of this call may write an attribute; the value is what it sent. */
  isWriteAllowed?(so: SharedObject, key: string, value: unknown): MaybePromise<boolean>;
  /** Asked for removing an attribute, also by setting it to null. */
  isDeleteAllowed?(so: SharedObject, key: string): MaybePromise<boolean>;
  /** Whether the connection of this call may send a message to all who use the object. */
  isSendAllowed?(so: SharedObject, method: string, args: readonly unknown[]): MaybePromise<boolean>;
}
