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
  isConnectionAllowed?(so: SharedObject): MaybePromise<boolean>;
  isWriteAllowed?(so: SharedObject, key: string, value: unknown): MaybePromise<boolean>;
  /** Asked for removing an attribute, also by setting it to null. */
  isDeleteAllowed?(so: SharedObject, key: string): MaybePromise<boolean>;
  isSendAllowed?(so: SharedObject, method: string, args: readonly unknown[]): MaybePromise<boolean>;
}
