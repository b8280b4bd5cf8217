import { background, describeError } from '../../base/index.ts';
import type { BaseConnection } from '../connection/BaseConnection.ts';
import { runWithConnection } from '../connection/Red5.ts';
import { isPromise, type MaybePromise } from '../MaybePromise.ts';
import type { Store, StoreChanges } from '../persistence/Store.ts';
import { sharedObjectCollection } from '../persistence/sharedObjectCollection.ts';
import type { Server } from '../Server.ts';
import type { Scope } from '../scope/Scope.ts';
import { LONE_SURROGATE } from '../scope/scopeName.ts';
import { allSayYes } from './decideRequests.ts';
import { type OldAttachments, SharedObject, type SubscriberConnection } from './SharedObject.ts';
import type { SharedObjectRequest } from './SharedObjectBatch.ts';
import { SharedObjectLimits } from './SharedObjectLimits.ts';
import type { SharedObjectSecurity } from './SharedObjectSecurity.ts';

/** One message of a client to a shared object. */
export interface SharedObjectMessage {
  readonly name: string;
  readonly persistent: boolean;
  readonly requests: readonly SharedObjectRequest[];
}

/**
 * The shared objects of a server, by scope and name.
 *
 * @red5 org.red5.server.api.so.ISharedObjectService
 * @red5 org.red5.server.so.SharedObjectService
 */
export class SharedObjects {
  readonly #server: Server;
  /** Limits of all shared objects of the server. */
  limits: SharedObjectLimits = new SharedObjectLimits();
  readonly #objects = new Map<Scope, Map<string, SharedObject>>();
  readonly #subscriptions = new Map<BaseConnection, Set<SharedObject>>();
  /** Messages to an object whose creation is being decided wait for this. */
  readonly #creating = new Map<Scope, Map<string, Promise<void>>>();

  constructor(server: Server) {
    this.#server = server;
  }

  /**
   * Carries out a message of a client; at once when no security handler or store makes it wait.
   *
   * What the client is told goes to its `sharedObjectChanged`. Never rejects.
   */
  handle(connection: SubscriberConnection, message: SharedObjectMessage): MaybePromise<void> {
    const scope = connection.scope?.newest;
    if (scope === undefined || !connection.isConnected) {
      this.#refuse(connection, message, 'SharedObject.ObjectCreationFailed');
      return undefined;
    }
    const creating = this.#creating.get(scope)?.get(message.name);
    if (creating !== undefined) {
      return this.#afterCreation(
        scope,
        message.name,
        creating.then(() => this.#handleNow(scope, connection, message)),
      );
    }
    return this.#handleNow(scope, connection, message);
  }

  #handleNow(
    scope: Scope,
    connection: SubscriberConnection,
    message: SharedObjectMessage,
  ): MaybePromise<void> {
    const so = this.#find(scope, message.name);
    if (so !== undefined) return this.#pass(so, connection, message);
    const first = message.requests[0];
    if (first?.type !== 'use') {
      if (first?.type === 'change' || first?.type === 'remove') {
        this.#refuse(connection, message, 'SharedObject.NoWriteAccess');
      }
      return undefined;
    }
    const fault = this.#creationFault(scope, message.name);
    if (fault !== undefined) {
      this.#refuse(connection, message, fault);
      return undefined;
    }
    const allowed = runWithConnection(connection, () => this.#isCreationAllowed(scope, message));
    const create = (yes: boolean): MaybePromise<void> => {
      const made = yes ? this.#make(scope, message.name, message.persistent) : undefined;
      if (made !== undefined) return this.#pass(made, connection, message);
      this.#refuse(connection, message, 'SharedObject.ObjectCreationFailed');
      return undefined;
    };
    if (!isPromise(allowed)) return create(allowed);
    return this.#afterCreation(scope, message.name, allowed.then(create));
  }

  #pass(
    so: SharedObject,
    connection: SubscriberConnection,
    message: SharedObjectMessage,
  ): MaybePromise<void> {
    if (so.persistent !== message.persistent) {
      this.#refuse(connection, message, 'SharedObject.BadPersistence');
      return undefined;
    }
    return so.receive(connection, message.requests);
  }

  /** Lets later messages to the same name wait for this one. */
  #afterCreation(scope: Scope, name: string, work: Promise<void>): Promise<void> {
    const names = this.#creating.get(scope) ?? new Map<string, Promise<void>>();
    this.#creating.set(scope, names);
    const done = work
      .catch((error: unknown) => {
        this.#server.logger.error(`making a shared object failed: ${describeError(error)}`);
      })
      .then(() => {
        if (names.get(name) !== done) return;
        names.delete(name);
        if (names.size === 0) this.#creating.delete(scope);
      });
    names.set(name, done);
    return done;
  }

  #isCreationAllowed(scope: Scope, message: SharedObjectMessage): MaybePromise<boolean> {
    const handler = scope.handler as
      | { getSharedObjectSecurity?(): Iterable<SharedObjectSecurity> }
      | undefined;
    return allSayYes(
      handler?.getSharedObjectSecurity?.() ?? [],
      (security) =>
        security.isCreationAllowed === undefined ||
        security.isCreationAllowed(scope, message.name, message.persistent),
      (error) => {
        this.#server.logger.error(`shared object security failed: ${describeError(error)}`, {
          scope: scope.fullPath,
        });
      },
    );
  }

  #refuse(connection: SubscriberConnection, message: SharedObjectMessage, code: string): void {
    this.#server.statistics.countRefusal(
      code === 'SharedObject.QuotaExceeded' ? 'SHARED_OBJECT_QUOTA' : 'SHARED_OBJECT_ACCESS',
    );
    connection.sharedObjectChanged({
      name: message.name,
      persistent: message.persistent,
      version: 0,
      events: [{ type: 'status', code, level: 'error' }],
    });
  }

  /**
   * Makes a shared object unless there is one.
   *
   * @returns whether there is one now; false when the name is not allowed, a limit is reached, or the room is about to go
   */
  createSharedObject(where: Scope, name: string, persistent = false): boolean {
    const scope = where.newest;
    if (this.#find(scope, name) !== undefined) return true;
    const fault = this.#creationFault(scope, name);
    if (fault === undefined) return this.#make(scope, name, persistent) !== undefined;
    this.#server.logger.debug('shared object not made', { scope: scope.fullPath, fault });
    return false;
  }

  /**
   * A shared object of a scope; undefined when there is none.
   *
   * @param persistent - when given, it is made if there is none; one that exists is returned as it is
   */
  getSharedObject(scope: Scope, name: string, persistent?: boolean): SharedObject | undefined {
    if (persistent !== undefined) this.createSharedObject(scope, name, persistent);
    return this.#find(scope, name);
  }

  /** Whether the scope has a shared object of this name. */
  hasSharedObject(scope: Scope, name: string): boolean {
    return this.#find(scope, name) !== undefined;
  }

  /** Shared objects of a scope. */
  getSharedObjects(scope: Scope): SharedObject[] {
    return [...(this.#objects.get(scope.newest)?.values() ?? [])];
  }

  /** Shared objects in the whole server. */
  get count(): number {
    let count = 0;
    for (const objects of this.#objects.values()) count += objects.size;
    return count;
  }

  /** Names of the shared objects of a scope. */
  getSharedObjectNames(scope: Scope): string[] {
    return [...(this.#objects.get(scope.newest)?.keys() ?? [])];
  }

  /** Removes all attributes of a shared object; returns whether it exists. */
  clearSharedObjects(scope: Scope, name: string): boolean {
    const so = this.#find(scope, name);
    return so?.clear() ?? false;
  }

  /**
   * Ends all subscriptions of a connection.
   *
   * @internal
   */
  disconnect(connection: BaseConnection): void {
    const objects = this.#subscriptions.get(connection);
    if (objects === undefined) return;
    for (const so of [...objects]) so.unsubscribe(connection as SubscriberConnection);
    this.#subscriptions.delete(connection);
  }

  /** @internal */
  subscribed(connection: BaseConnection, so: SharedObject): void {
    const objects = this.#subscriptions.get(connection);
    if (objects === undefined) this.#subscriptions.set(connection, new Set([so]));
    else objects.add(so);
  }

  /** @internal */
  unsubscribed(connection: BaseConnection, so: SharedObject): void {
    const objects = this.#subscriptions.get(connection);
    objects?.delete(so);
    if (objects?.size === 0) this.#subscriptions.delete(connection);
  }

  /**
   * Ends all shared objects of a scope that goes; waits until they are stored.
   *
   * @internal
   */
  closeScope(scope: Scope): Promise<void> | undefined {
    const objects = this.#objects.get(scope);
    if (objects === undefined) return undefined;
    const waiting: Promise<void>[] = [];
    for (const so of [...objects.values()]) {
      const flushed = so.flushed();
      if (flushed !== undefined && isPromise(flushed)) waiting.push(flushed);
      so.dispose();
    }
    this.#objects.delete(scope);
    return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => undefined);
  }

  /**
   * Gives the objects of a scope to the scope that takes its place.
   *
   * @internal
   * @returns each object that went over as it is, with what the old version's code has hung on it
   */
  moveScope(from: Scope, to: Scope): Map<SharedObject, OldAttachments> {
    const moved = new Map<SharedObject, OldAttachments>();
    const objects = this.#objects.get(from);
    if (objects === undefined) return moved;
    this.#objects.delete(from);
    const target = this.#objects.get(to) ?? new Map<string, SharedObject>();
    this.#objects.set(to, target);
    for (const [name, so] of objects) {
      const present = target.get(name);
      if (present !== undefined && present.persistent === so.persistent) {
        present.absorb(so);
        continue;
      }
      if (present !== undefined) present.close();
      moved.set(so, so.moveTo(to));
      target.set(name, so);
    }
    if (target.size === 0) this.#objects.delete(to);
    else this.#objects.set(to, target);
    return moved;
  }

  #find(scope: Scope, name: string): SharedObject | undefined {
    return this.#objects.get(scope.newest)?.get(name);
  }

  #creationFault(scope: Scope, name: string): string | undefined {
    const { limits } = this;
    if (!scope.enabled || name === '' || LONE_SURROGATE.test(name)) {
      return 'SharedObject.ObjectCreationFailed';
    }
    if (name.length > limits.maxNameLength) return 'SharedObject.QuotaExceeded';
    if ((this.#objects.get(scope)?.size ?? 0) >= limits.maxObjectsPerScope) {
      return 'SharedObject.QuotaExceeded';
    }
    if (scope.handler?.addChildScope?.(scope, name, 'SHARED_OBJECT') === false) {
      return 'SharedObject.ObjectCreationFailed';
    }
    return undefined;
  }

  #make(scope: Scope, name: string, persistent: boolean): SharedObject | undefined {
    const present = this.#find(scope, name);
    if (present !== undefined) return present;
    if (!scope.enabled) return undefined;
    const store = persistent ? scope.application?.store : undefined;
    const so = new SharedObject(scope, name, {
      persistent,
      limits: this.limits,
      owner: this,
    });
    const objects = this.#objects.get(scope);
    if (objects === undefined) this.#objects.set(scope, new Map([[name, so]]));
    else objects.set(name, so);
    if (store !== undefined && !this.#load(so, store)) return undefined;
    return so;
  }

  /** Returns false when the store cannot be read: an object whose attributes are not known must not be given out as empty. */
  #load(so: SharedObject, store: Store): boolean {
    try {
      const loaded = so.load(store.read(sharedObjectCollection(so.scope.fullPath, so.name)));
      if (loaded !== undefined) background(loaded, this.#server.logger, 'loading a shared object');
      return true;
    } catch (error) {
      this.#server.logger.error(`loading a shared object failed: ${describeError(error)}`, {
        scope: so.scope.fullPath,
        sharedObject: so.name,
      });
      so.dispose();
      return false;
    }
  }

  /**
   * Stores changes of a persistent object; never throws.
   *
   * @internal
   */
  save(so: SharedObject, changes: StoreChanges): MaybePromise<void> {
    const store = so.scope.application?.store;
    if (store === undefined) return undefined;
    try {
      return store.write(sharedObjectCollection(so.scope.fullPath, so.name), changes);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** @internal */
  removed(so: SharedObject): void {
    const objects = this.#objects.get(so.scope);
    if (objects?.get(so.name) !== so) return;
    objects.delete(so.name);
    if (objects.size === 0) this.#objects.delete(so.scope);
    so.scope.handler?.removeChildScope?.(so.scope, so.name, 'SHARED_OBJECT');
  }
}
