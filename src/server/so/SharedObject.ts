import { Red5Error, type Timer } from '../../base/index.ts';
import { type AttributeSource, AttributeStore, attributeEntries } from '../AttributeStore.ts';
import type { BaseConnection } from '../connection/BaseConnection.ts';
import { isPromise, type MaybePromise } from '../MaybePromise.ts';
import { randomID } from '../randomID.ts';
import type { Server } from '../Server.ts';
import type { Scope } from '../scope/Scope.ts';
import { Changes, type OpenBatch } from './Changes.ts';
import type { ClientMessage } from './ClientMessages.ts';
import { Deliveries } from './Deliveries.ts';
import { MessageRunner } from './MessageRunner.ts';
import type { SharedObjectEvent, SharedObjectSubscriber } from './SharedObjectBatch.ts';
import { type AttachedCallbacks, SharedObjectCallbacks } from './SharedObjectCallbacks.ts';
import type { SharedObjectLimits } from './SharedObjectLimits.ts';
import type { SharedObjectListener } from './SharedObjectListener.ts';
import type { SharedObjectSecurity } from './SharedObjectSecurity.ts';
import type { SharedObjects } from './SharedObjects.ts';
import { Subscribers } from './Subscribers.ts';

/** A connection that can subscribe to shared objects. */
export type SubscriberConnection = BaseConnection & SharedObjectSubscriber;

/** How an attribute is set. */
export interface SetAttributeOptions {
  /** Removes the attribute after this time, unless it is set again. It does not outlive the process, also in a persistent object. */
  readonly ttlMs?: number;
}

/** Counters of a shared object. */
export interface SharedObjectStatistics {
  /** Milliseconds since the epoch. */
  readonly creationTime: number;
  readonly activeListeners: number;
  readonly maxListeners: number;
  readonly totalListeners: number;
  readonly totalChanges: number;
  readonly totalDeletes: number;
  readonly totalSends: number;
  /** Attributes, and about how many bytes they are. */
  readonly keys: number;
  readonly bytes: number;
}

/**
 * Attributes that all subscribers see, kept in step by messages; and a way to send messages to all of them.
 *
 * Everything happens in one order for everybody: a message of a client, or an update by server code, is decided, carried out, stored,
 * told to listeners, and sent, before the next begins. Values are copied and frozen when they are set, so a value changed in place is
 * seen as different when it is set again. Setting an equal value sends nothing, unless {@link SharedObject.setAlwaysNotify}.
 *
 * @red5 org.red5.server.api.so.ISharedObject
 * @red5 org.red5.server.so.SharedObject
 * @red5 org.red5.server.so.SharedObjectScope
 */
export class SharedObject {
  readonly name: string;
  /** Whether it outlives the application's process. */
  readonly persistent: boolean;
  #scope: Scope;
  /** What took its place when a new version of the application took over. */
  #successor: SharedObject | undefined;
  /** Names this life of the object: another one each time it is made, also after a restart of the server. */
  readonly epoch: string = randomID();
  readonly #server: Server;
  readonly #limits: SharedObjectLimits;
  readonly #owner: SharedObjects;
  readonly #changes: Changes;
  readonly #callbacks: SharedObjectCallbacks;
  readonly #subscribers: Subscribers;
  readonly #creationTime: number;
  #deliveries: Deliveries | undefined;
  #security: Set<SharedObjectSecurity> | undefined;
  #messages: MessageRunner | undefined;
  #updateTimer: Timer | undefined;
  #isLoading = false;
  #isClosed = false;
  /** What was asked for while a batch is open: to close, or to go if nobody uses it. */
  #endsAfterBatch: 'closed' | 'released' | undefined;

  /** @internal */
  constructor(
    scope: Scope,
    name: string,
    options: {
      readonly persistent: boolean;
      readonly limits: SharedObjectLimits;
      readonly owner: SharedObjects;
    },
  ) {
    this.#scope = scope;
    this.name = name;
    this.persistent = options.persistent;
    this.#server = scope.server;
    this.#limits = options.limits;
    this.#owner = options.owner;
    const { clock } = this.#server;
    this.#changes = new Changes(options.limits, clock, (key) => this.#expire(key));
    this.#callbacks = new SharedObjectCallbacks(this);
    this.#subscribers = new Subscribers(clock);
    this.#creationTime = clock.now();
  }

  /** The scope it is in; that of the newest version of the application. */
  get scope(): Scope {
    return this.#scope;
  }

  /** Goes up by one with each message of a client and each update by server code; begins at 1. */
  get version(): number {
    return this.#changes.version;
  }

  /** The connections that are subscribed. */
  get subscribers(): ReadonlySet<SubscriberConnection> {
    return this.#subscribers.connections;
  }

  get isAcquired(): boolean {
    return this.#subscribers.isAcquired;
  }

  /** Whether it was closed or released; it can no longer be changed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get statistics(): SharedObjectStatistics {
    const { totalChanges, totalDeletes, totalSends, attributes } = this.#changes;
    return {
      creationTime: this.#creationTime,
      activeListeners: this.#subscribers.connections.size,
      maxListeners: this.#subscribers.max,
      totalListeners: this.#subscribers.total,
      totalChanges,
      totalDeletes,
      totalSends,
      keys: attributes.entries.size,
      bytes: attributes.bytes,
    };
  }

  // Reading

  /** Whether the attribute exists. */
  hasAttribute(key: string): boolean {
    return this.#changes.attributes.get(key) !== undefined;
  }

  /**
   * The value, frozen; undefined when there is none.
   *
   * @param defaultValue - set, and sent to all subscribers, when there is none, as in Red5
   */
  getAttribute(key: string, defaultValue?: unknown): unknown {
    const entry = this.#changes.attributes.get(key);
    if (entry !== undefined || defaultValue === undefined || defaultValue === null) {
      return entry?.value;
    }
    this.setAttribute(key, defaultValue);
    return this.#changes.attributes.get(key)?.value;
  }

  /** All attributes as they are now. */
  getAttributes(): ReadonlyMap<string, unknown> {
    return new Map([...this.#changes.attributes.entries].map(([key, entry]) => [key, entry.value]));
  }

  /** Names of all attributes. */
  getAttributeNames(): string[] {
    return [...this.#changes.attributes.entries.keys()];
  }

  /** The object's version when the attribute was set last; 0 when there is none. */
  getAttributeVersion(key: string): number {
    return this.#changes.attributes.get(key)?.version ?? 0;
  }

  // Writing, by server code

  /**
   * Sets an attribute for everybody; null or undefined removes it.
   *
   * @returns whether it is new or different
   * @throws Red5Error `LIMIT_REACHED`, `VALUE_NOT_STORABLE`, `NAME_NOT_ALLOWED`, `SHARED_OBJECT_CLOSED`
   */
  setAttribute(key: string, value: unknown, options: SetAttributeOptions = {}): boolean {
    if (value === null || value === undefined) return this.removeAttribute(key);
    return this.#update((batch) => {
      const changed = this.#changes.put(batch, key, value, options);
      if (changed) this.#callbacks.updated(key);
      return changed;
    });
  }

  /**
   * Sets an attribute if it was not changed meanwhile.
   *
   * @param expectedVersion - what {@link SharedObject.getAttributeVersion} said; 0 when there should be none
   * @returns whether it was set
   */
  setAttributeIf(
    key: string,
    expectedVersion: number,
    value: unknown,
    options: SetAttributeOptions = {},
  ): boolean {
    if (this.getAttributeVersion(key) !== expectedVersion) return false;
    this.setAttribute(key, value, options);
    return true;
  }

  /** Sets an attribute unless there is one; returns the one there was, or undefined when `value` was set. */
  setAttributeIfAbsent(key: string, value: unknown): unknown {
    const present = this.#changes.attributes.get(key);
    if (present !== undefined) return present.value;
    this.setAttribute(key, value);
    return undefined;
  }

  /** Sets many attributes in one message; returns whether any changed. */
  setAttributes(values: AttributeSource): boolean {
    return this.#update((batch) => {
      const changed = new Map<string, unknown>();
      let removed = false;
      for (const [key, value] of attributeEntries(values)) {
        if (value === null || value === undefined) removed = this.removeAttribute(key) || removed;
        else if (this.#changes.put(batch, key, value))
          changed.set(key, this.#changes.attributes.get(key)?.value);
      }
      if (changed.size > 0) {
        if (values instanceof AttributeStore) {
          this.#callbacks.tell((listener) => listener.onSharedObjectUpdateStore?.(this, values));
        } else {
          this.#callbacks.tell((listener) =>
            listener.onSharedObjectUpdateAttributes?.(this, changed),
          );
        }
      }
      return removed || changed.size > 0;
    });
  }

  /** Removes an attribute; returns whether there was one. */
  removeAttribute(key: string): boolean {
    return this.#update((batch) => {
      const removed = this.#changes.delete(batch, key);
      if (removed) this.#callbacks.deleted(key);
      return removed;
    });
  }

  /** Removes all attributes in one message. */
  removeAttributes(): void {
    this.#update((batch) => {
      for (const key of this.getAttributeNames()) this.#changes.delete(batch, key);
      this.#callbacks.cleared();
    });
  }

  /** Removes all attributes in one message; always true, as in Red5. */
  clear(): boolean {
    this.removeAttributes();
    return true;
  }

  /** Sends a message to all subscribers and calls the handlers for it. */
  sendMessage(method: string, args: readonly unknown[]): void {
    this.#update((batch) => {
      this.#callbacks.sent(method, this.#changes.send(batch, method, args));
    });
  }

  /** Sends an attribute to all subscribers again, or its removal when there is none. */
  setDirty(key: string): void {
    this.#update((batch) => {
      const entry = this.#changes.attributes.get(key);
      if (entry === undefined) {
        this.#changes.toAll(batch, { type: 'remove', key });
      } else {
        const { value, version, bytes } = entry;
        this.#changes.toAll(batch, { type: 'change', key, value, version });
        batch.bytes += bytes;
      }
      this.#callbacks.updated(key);
    });
  }

  /** Makes setting an equal value of this key count as a change, as lines of a chat need. */
  setAlwaysNotify(key: string, alwaysNotify = true): void {
    this.#changes.setAlwaysNotify(key, alwaysNotify);
  }

  /**
   * Begins an update: everything up to the matching {@link SharedObject.endUpdate} goes out as one message. May be nested.
   *
   * Messages of clients wait meanwhile; an update that is not ended within `maxUpdateMs` is ended with a warning.
   */
  beginUpdate(): void {
    this.#assertOpen();
    if (this.#changes.open(undefined).depth !== 1) return;
    this.#updateTimer = this.#server.clock.after(this.#limits.maxUpdateMs, () => {
      this.#server.logger.warn('an update of a shared object was not ended', this.#fields());
      const { batch } = this.#changes;
      if (batch !== undefined) batch.depth = 1;
      this.endUpdate();
    });
  }

  /** @throws Red5Error `UPDATE_NOT_OPEN` */
  endUpdate(): void {
    if (this.#changes.batch === undefined) {
      throw new Red5Error('UPDATE_NOT_OPEN', 'endUpdate without beginUpdate');
    }
    this.#close();
  }

  // Life

  /** Keeps the object and its room until {@link SharedObject.release}, also without subscribers. Counted. */
  acquire(): void {
    this.#assertOpen();
    if (this.#subscribers.acquire()) this.scope.retain();
  }

  /**
   * Takes one {@link SharedObject.acquire} back; the last one removes the object at once when nobody is subscribed.
   *
   * @throws Red5Error `NOT_ACQUIRED`
   */
  release(): void {
    if (!this.isAcquired) {
      throw new Red5Error('NOT_ACQUIRED', `shared object "${this.name}" is not acquired`);
    }
    if (!this.#subscribers.release()) return;
    if (this.#changes.batch !== undefined) this.#endsAfterBatch ??= 'released';
    else if (this.#isUnused) this.#dispose();
    this.scope.release();
  }

  /** Removes the object: subscribers see all attributes removed. What is stored of a persistent object stays. */
  close(): void {
    if (this.#isClosed) return;
    this.#update((batch) => {
      for (const key of this.getAttributeNames()) this.#changes.delete(batch, key);
      batch.stored.clear();
    });
    if (this.#changes.batch === undefined) this.#dispose();
    else this.#endsAfterBatch = 'closed';
  }

  /** Tells a listener on the server of every change from now on. */
  addSharedObjectListener(listener: SharedObjectListener): void {
    this.#callbacks.addListener(listener);
  }

  /** Removes what `addSharedObjectListener` added; nothing happens when it is not there. */
  removeSharedObjectListener(listener: SharedObjectListener): void {
    this.#callbacks.removeListener(listener);
  }

  /** Asks a handler before clients may do something to this object; the application is asked as well. */
  registerSharedObjectSecurity(handler: SharedObjectSecurity): void {
    this.#security ??= new Set();
    this.#security.add(handler);
  }

  /** Removes what `registerSharedObjectSecurity` added. */
  unregisterSharedObjectSecurity(handler: SharedObjectSecurity): void {
    this.#security?.delete(handler);
  }

  /**
   * Registers an object whose exposed methods are called by messages: `method`, or `name.method` when registered under a name.
   */
  registerServiceHandler(handler: object, name = ''): void {
    this.#callbacks.setHandler(name, handler);
  }

  /** Removes what `registerServiceHandler` added. */
  unregisterServiceHandler(name = ''): void {
    this.#callbacks.removeHandler(name);
  }

  // What the service and connections do

  /**
   * Carries out what a client asks for in one message; at once when nothing has to be waited for.
   *
   * @internal
   */
  receive(message: ClientMessage): MaybePromise<void> {
    this.#messages ??= new MessageRunner({
      so: this,
      limits: this.#limits,
      persistent: this.persistent,
      changes: this.#changes,
      callbacks: this.#callbacks,
      subscribers: this.#subscribers,
      isBusy: () => this.#isLoading || this.#deliveries?.isDelivering === true,
      security: () => [...(this.#security ?? []), ...securityOf(this.scope)],
      join: (connection, told) => this.#join(connection, told),
      leave: (connection) => this.#leave(connection),
      close: () => this.#close(),
      status: (code) => this.#status(code),
    });
    return this.#messages.receive(message);
  }

  /** @internal */
  unsubscribe(connection: SubscriberConnection): void {
    if (this.#subscribers.has(connection)) this.#leave(connection);
  }

  /**
   * Takes over what the store knows, unless it was changed meanwhile.
   *
   * @internal
   */
  load(records: MaybePromise<ReadonlyMap<string, unknown>>): MaybePromise<void> {
    if (!isPromise(records)) {
      this.#changes.attributes.fill(records, this.version);
      return undefined;
    }
    this.#isLoading = true;
    this.#changes.attributes.beginFill();
    return this.#load(records);
  }

  async #load(records: Promise<ReadonlyMap<string, unknown>>): Promise<void> {
    try {
      this.#changes.attributes.fill(await records, this.version);
    } catch (error) {
      // An object whose attributes are not known must not be given out as empty.
      this.#callbacks.logError(error, 'loading a shared object');
      if (!this.#isClosed) this.#dispose();
    } finally {
      this.#isLoading = false;
      this.#messages?.next();
    }
  }

  /** Ends the object with its scope: nobody is told. @internal */
  dispose(): void {
    if (!this.#isClosed) this.#dispose();
  }

  /** Resolves when everything that was changed is stored. @internal */
  flushed(): MaybePromise<void> {
    return this.#deliveries?.settled();
  }

  /**
   * Goes over to the scope of a new version, with its attributes, their versions, and its subscribers.
   *
   * @internal
   * @returns what the old version's code has hung on it
   */
  moveTo(scope: Scope): OldAttachments {
    if (this.isAcquired) {
      scope.retain();
      this.#scope.release();
    }
    this.#scope = scope;
    return { ...this.#callbacks.attached, security: [...(this.#security ?? [])] };
  }

  /**
   * Forgets what the old version's code has hung on it, now that this code is gone.
   *
   * @param acquired - how often it is acquired in truth; undefined when that cannot be known
   * @internal
   */
  forget({ listeners, security, handlers }: OldAttachments, acquired?: number): void {
    this.#callbacks.detach({ listeners, handlers });
    for (const handler of security) this.#security?.delete(handler);
    while (acquired !== undefined && this.#subscribers.acquired > acquired) this.release();
  }

  /**
   * Takes the place of the object that the old version had: what was set here since it was made counts, else what was there.
   *
   * @internal
   */
  absorb(previous: SharedObject): void {
    const own = this.#changes.adopt(previous.#changes);
    for (const connection of [...previous.subscribers]) {
      this.#owner.unsubscribed(connection, previous);
      this.#subscribers.add(connection);
      this.#owner.subscribed(connection, this);
    }
    previous.#subscribers.clear();
    previous.#successor = this;
    if (!previous.#isClosed) previous.#dispose();
    if (own.length === 0) return;
    this.#update((batch) => {
      for (const key of own) this.#changes.toAll(batch, this.#changes.changeOf(key));
    });
  }

  #expire(key: string): void {
    if (this.#successor !== undefined) this.#successor.#expire(key);
    else if (!this.#isClosed) this.removeAttribute(key);
  }

  #join(connection: SubscriberConnection, told: () => void): void {
    const isNew = !this.#subscribers.has(connection);
    if (isNew) {
      this.#subscribers.add(connection);
      this.#owner.subscribed(connection, this);
    }
    told();
    if (isNew) this.#callbacks.tell((listener) => listener.onSharedObjectConnect?.(this));
  }

  #leave(connection: SubscriberConnection): void {
    this.#subscribers.remove(connection);
    this.#owner.unsubscribed(connection, this);
    this.#callbacks.tell((listener) => listener.onSharedObjectDisconnect?.(this));
    if (!this.#isUnused) return;
    this.#subscribers.linger(this.#limits.lingerMs, () => {
      if (this.#isUnused) this.#dispose();
    });
  }

  // The steps of a change

  #update<T>(change: (batch: OpenBatch) => T): T {
    this.#assertOpen();
    const batch = this.#changes.open(undefined);
    try {
      return change(batch);
    } finally {
      this.#close();
    }
  }

  #close(): void {
    const closed = this.#changes.close();
    if (closed === undefined) return;
    this.#updateTimer?.cancel();
    this.#updateTimer = undefined;
    const { name, persistent, version } = this;
    const { source, owner } = closed;
    const sync = { name, persistent, version, events: closed.sync };
    if (sync.events.length > 0) this.#messages?.record(sync, closed.bytes);
    const stored =
      persistent && closed.stored.size > 0 ? this.#owner.save(this, closed.stored) : undefined;
    this.#deliveries ??= new Deliveries(this, this.#subscribers.connections, {
      logger: this.#server.logger,
      afterwards: () => this.#messages?.next(),
    });
    this.#deliveries.add({ source, owner, sync, stored, answer: this.#messages?.takeAnswer() });
    this.#endAfterBatch();
    this.#messages?.next();
  }

  /** Whether nothing keeps it. */
  get #isUnused(): boolean {
    return !this.persistent && this.#subscribers.isEmpty && !this.#isClosed;
  }

  #endAfterBatch(): void {
    const ends = this.#endsAfterBatch;
    this.#endsAfterBatch = undefined;
    if (this.#isClosed || ends === undefined) return;
    if (ends === 'closed' || this.#isUnused) this.#dispose();
  }

  #dispose(): void {
    this.#isClosed = true;
    this.#updateTimer?.cancel();
    const left = [...this.#subscribers.connections];
    this.#subscribers.clear();
    for (const connection of left) {
      this.#owner.unsubscribed(connection, this);
      connection.sharedObjectClosed?.(this);
    }
    this.#changes.attributes.dispose();
    this.#owner.removed(this);
    this.#messages?.next();
  }

  /** What a client is told that is refused something; counted. */
  #status(code: string): SharedObjectEvent {
    this.#server.statistics.countRefusal(
      code === 'SharedObject.QuotaExceeded' ? 'SHARED_OBJECT_QUOTA' : 'SHARED_OBJECT_ACCESS',
    );
    return { type: 'status', code, level: 'error' };
  }

  #assertOpen(): void {
    if (!this.#isClosed) return;
    throw new Red5Error('SHARED_OBJECT_CLOSED', `shared object "${this.name}" was closed`);
  }

  #fields(): Readonly<Record<string, unknown>> {
    return { scope: this.scope.fullPath, sharedObject: this.name };
  }
}

/** What the code of a version has hung on an object. @internal */
export interface OldAttachments extends AttachedCallbacks {
  readonly security: readonly SharedObjectSecurity[];
}

/** The handlers that the nearest application registered. */
function securityOf(scope: Scope): Iterable<SharedObjectSecurity> {
  const handler = scope.handler as
    | { getSharedObjectSecurity?(): Iterable<SharedObjectSecurity> }
    | undefined;
  return handler?.getSharedObjectSecurity?.() ?? [];
}
