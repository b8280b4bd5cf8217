import { background, describeError, Red5Error, type Timer } from '../../base/index.ts';
import { type AttributeSource, AttributeStore, attributeEntries } from '../AttributeStore.ts';
import type { BaseConnection } from '../connection/BaseConnection.ts';
import { runWithConnection } from '../connection/Red5.ts';
import { isPromise, type MaybePromise } from '../MaybePromise.ts';
import type { Server } from '../Server.ts';
import type { Scope } from '../scope/Scope.ts';
import { type ClientMessage, ClientMessages } from './ClientMessages.ts';
import { Deliveries } from './Deliveries.ts';
import { decideRequests } from './decideRequests.ts';
import { immutableCopy } from './immutableCopy.ts';
import { SharedAttributes } from './SharedAttributes.ts';
import type {
  SharedObjectEvent,
  SharedObjectRequest,
  SharedObjectSubscriber,
} from './SharedObjectBatch.ts';
import type { SharedObjectLimits } from './SharedObjectLimits.ts';
import type { SharedObjectListener } from './SharedObjectListener.ts';
import type { SharedObjectSecurity } from './SharedObjectSecurity.ts';
import type { SharedObjects } from './SharedObjects.ts';

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

/** What one message of a client, or one update by server code, has done so far. */
interface Batch {
  readonly source: SubscriberConnection | undefined;
  /** For the source alone. */
  readonly owner: SharedObjectEvent[];
  /** For all other subscribers; without a source, for all. */
  readonly sync: SharedObjectEvent[];
  readonly stored: Map<string, unknown>;
  depth: number;
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
  readonly #server: Server;
  readonly #limits: SharedObjectLimits;
  readonly #owner: SharedObjects;
  readonly #attributes: SharedAttributes;
  readonly #subscribers = new Set<SubscriberConnection>();
  #deliveries: Deliveries | undefined;
  #listeners: Set<SharedObjectListener> | undefined;
  #security: Set<SharedObjectSecurity> | undefined;
  #handlers: Map<string, object> | undefined;
  #alwaysNotify: Set<string> | undefined;
  #version = FIRST_VERSION;
  #batch: Batch | undefined;
  #updateTimer: Timer | undefined;
  #messages: ClientMessages | undefined;
  #isLoading = false;
  #acquired = 0;
  #linger: Timer | undefined;
  #isClosed = false;
  /** What was asked for while a batch is open: to close, or to go if nobody uses it. */
  #endsAfterBatch: 'closed' | 'released' | undefined;
  readonly #creationTime: number;
  #maxListeners = 0;
  #totalListeners = 0;
  #totalChanges = 0;
  #totalDeletes = 0;
  #totalSends = 0;

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
    this.#attributes = new SharedAttributes(options.limits, this.#server.clock);
    this.#creationTime = this.#server.clock.now();
  }

  /** The scope it is in; that of the newest version of the application. */
  get scope(): Scope {
    return this.#scope;
  }

  /** Goes up by one with each message of a client and each update by server code; begins at 1. */
  get version(): number {
    return this.#version;
  }

  /** The connections that are subscribed. */
  get subscribers(): ReadonlySet<SubscriberConnection> {
    return this.#subscribers;
  }

  get isAcquired(): boolean {
    return this.#acquired > 0;
  }

  /** Whether it was closed or released; it can no longer be changed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get statistics(): SharedObjectStatistics {
    return {
      creationTime: this.#creationTime,
      activeListeners: this.#subscribers.size,
      maxListeners: this.#maxListeners,
      totalListeners: this.#totalListeners,
      totalChanges: this.#totalChanges,
      totalDeletes: this.#totalDeletes,
      totalSends: this.#totalSends,
      keys: this.#attributes.entries.size,
      bytes: this.#attributes.bytes,
    };
  }

  // Reading

  /** Whether the attribute exists. */
  hasAttribute(key: string): boolean {
    return this.#attributes.get(key) !== undefined;
  }

  /**
   * The value, frozen; undefined when there is none.
   *
   * @param defaultValue - set, and sent to all subscribers, when there is none, as in Red5
   */
  getAttribute(key: string, defaultValue?: unknown): unknown {
    const entry = this.#attributes.get(key);
    if (entry !== undefined || defaultValue === undefined || defaultValue === null) {
      return entry?.value;
    }
    this.setAttribute(key, defaultValue);
    return this.#attributes.get(key)?.value;
  }

  /** All attributes as they are now. */
  getAttributes(): ReadonlyMap<string, unknown> {
    return new Map([...this.#attributes.entries].map(([key, entry]) => [key, entry.value]));
  }

  /** Names of all attributes. */
  getAttributeNames(): string[] {
    return [...this.#attributes.entries.keys()];
  }

  /** The object's version when the attribute was set last; 0 when there is none. */
  getAttributeVersion(key: string): number {
    return this.#attributes.get(key)?.version ?? 0;
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
      const changed = this.#put(batch, key, value, options);
      if (changed) this.#tellUpdate(key);
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
    const present = this.#attributes.get(key);
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
        else if (this.#put(batch, key, value, {}))
          changed.set(key, this.#attributes.get(key)?.value);
      }
      if (changed.size > 0) {
        if (values instanceof AttributeStore) {
          this.#tell((listener) => listener.onSharedObjectUpdateStore?.(this, values));
        } else {
          this.#tell((listener) => listener.onSharedObjectUpdateAttributes?.(this, changed));
        }
      }
      return removed || changed.size > 0;
    });
  }

  /** Removes an attribute; returns whether there was one. */
  removeAttribute(key: string): boolean {
    return this.#update((batch) => {
      const removed = this.#delete(batch, key);
      if (removed) this.#tell((listener) => listener.onSharedObjectDelete?.(this, key));
      return removed;
    });
  }

  /** Removes all attributes in one message. */
  removeAttributes(): void {
    this.#update((batch) => {
      for (const key of [...this.#attributes.entries.keys()]) this.#delete(batch, key);
      this.#tell((listener) => listener.onSharedObjectClear?.(this));
    });
  }

  /** Removes all attributes in one message; always true, as in Red5. */
  clear(): boolean {
    this.removeAttributes();
    return true;
  }

  /** Sends a message to all subscribers and calls the handlers for it. */
  sendMessage(method: string, args: readonly unknown[]): void {
    this.#update((batch) => this.#send(batch, method, args));
  }

  /** Sends an attribute to all subscribers again, or its removal when there is none. */
  setDirty(key: string): void {
    this.#update((batch) => {
      const entry = this.#attributes.get(key);
      if (entry === undefined) this.#toAll(batch, { type: 'remove', key });
      else this.#toAll(batch, { type: 'change', key, value: entry.value });
      this.#tell((listener) => listener.onSharedObjectUpdate?.(this, key, entry?.value));
    });
  }

  /** Makes setting an equal value of this key count as a change, as lines of a chat need. */
  setAlwaysNotify(key: string, alwaysNotify = true): void {
    this.#alwaysNotify ??= new Set();
    if (alwaysNotify) this.#alwaysNotify.add(key);
    else this.#alwaysNotify.delete(key);
  }

  /**
   * Begins an update: everything up to the matching {@link SharedObject.endUpdate} goes out as one message. May be nested.
   *
   * Messages of clients wait meanwhile; an update that is not ended within `maxUpdateMs` is ended with a warning.
   */
  beginUpdate(): void {
    this.#assertOpen();
    this.#open(undefined);
    if (this.#batch?.depth !== 1) return;
    this.#updateTimer = this.#server.clock.after(this.#limits.maxUpdateMs, () => {
      this.#server.logger.warn('an update of a shared object was not ended', this.#fields());
      if (this.#batch !== undefined) this.#batch.depth = 1;
      this.endUpdate();
    });
  }

  /** @throws Red5Error `UPDATE_NOT_OPEN` */
  endUpdate(): void {
    if (this.#batch === undefined) {
      throw new Red5Error('UPDATE_NOT_OPEN', 'endUpdate without beginUpdate');
    }
    this.#close();
  }

  // Life

  /** Keeps the object and its room until {@link SharedObject.release}, also without subscribers. Counted. */
  acquire(): void {
    this.#assertOpen();
    this.#acquired += 1;
    this.#linger?.cancel();
    this.#linger = undefined;
    if (this.#acquired === 1) this.scope.retain();
  }

  /**
   * Takes one {@link SharedObject.acquire} back; the last one removes the object at once when nobody is subscribed.
   *
   * @throws Red5Error `NOT_ACQUIRED`
   */
  release(): void {
    if (this.#acquired === 0) {
      throw new Red5Error('NOT_ACQUIRED', `shared object "${this.name}" is not acquired`);
    }
    this.#acquired -= 1;
    if (this.#acquired > 0) return;
    if (this.#batch !== undefined) this.#endsAfterBatch ??= 'released';
    else if (this.#isUnused) this.#dispose();
    this.scope.release();
  }

  /** Removes the object: subscribers see all attributes removed. What is stored of a persistent object stays. */
  close(): void {
    if (this.#isClosed) return;
    this.#update((batch) => {
      for (const key of [...this.#attributes.entries.keys()]) this.#delete(batch, key);
      batch.stored.clear();
    });
    if (this.#batch === undefined) this.#dispose();
    else this.#endsAfterBatch = 'closed';
  }

  /** Tells a listener on the server of every change from now on. */
  addSharedObjectListener(listener: SharedObjectListener): void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
  }

  /** Removes what `addSharedObjectListener` added; nothing happens when it is not there. */
  removeSharedObjectListener(listener: SharedObjectListener): void {
    this.#listeners?.delete(listener);
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
    this.#handlers ??= new Map();
    this.#handlers.set(name, handler);
  }

  /** Removes what `registerServiceHandler` added. */
  unregisterServiceHandler(name = ''): void {
    this.#handlers?.delete(name);
  }

  // What the service and connections do

  /**
   * Carries out what a client asks for in one message; at once when nothing has to be waited for.
   *
   * @internal
   */
  receive(
    connection: SubscriberConnection,
    requests: readonly SharedObjectRequest[],
  ): MaybePromise<void> {
    this.#messages ??= new ClientMessages({
      isBlocked: () => this.#isBlocked,
      decide: (message) => this.#decide(message),
      apply: (message, decisions) => this.#apply(message, decisions),
      logger: this.#server.logger,
    });
    if (this.#messages.waiting < this.#limits.maxWaitingMessages) {
      return this.#messages.add({ connection, requests });
    }
    this.#answer(connection, 'SharedObject.QuotaExceeded');
    return undefined;
  }

  /** @internal */
  unsubscribe(connection: SubscriberConnection): void {
    if (!this.#subscribers.has(connection)) return;
    this.#leave(connection);
  }

  /**
   * Takes over what the store knows, unless it was changed meanwhile.
   *
   * @internal
   */
  load(records: MaybePromise<ReadonlyMap<string, unknown>>): MaybePromise<void> {
    if (!isPromise(records)) {
      this.#attributes.fill(records, this.#version);
      return undefined;
    }
    this.#isLoading = true;
    this.#attributes.beginFill();
    return this.#load(records);
  }

  async #load(records: Promise<ReadonlyMap<string, unknown>>): Promise<void> {
    try {
      this.#attributes.fill(await records, this.#version);
    } catch (error) {
      // An object whose attributes are not known must not be given out as empty.
      this.#logError(error, 'loading a shared object');
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
    if (this.#acquired > 0) {
      scope.retain();
      this.#scope.release();
    }
    this.#scope = scope;
    return {
      listeners: [...(this.#listeners ?? [])],
      security: [...(this.#security ?? [])],
      handlers: [...(this.#handlers ?? [])],
    };
  }

  /**
   * Forgets what the old version's code has hung on it, now that this code is gone.
   *
   * @param acquired - how often it is acquired in truth; undefined when that cannot be known
   * @internal
   */
  forget({ listeners, security, handlers }: OldAttachments, acquired?: number): void {
    for (const listener of listeners) this.#listeners?.delete(listener);
    for (const handler of security) this.#security?.delete(handler);
    for (const [name, handler] of handlers) {
      if (this.#handlers?.get(name) === handler) this.#handlers.delete(name);
    }
    while (acquired !== undefined && this.#acquired > acquired) this.release();
  }

  /**
   * Takes the place of the object that the old version had: what was set here since it was made counts, else what was there.
   *
   * @internal
   */
  absorb(previous: SharedObject): void {
    const own = [...this.#attributes.entries].filter(([, { version }]) => version > FIRST_VERSION);
    this.#attributes.adopt(previous.#attributes, FIRST_VERSION);
    this.#version = Math.max(this.#version, previous.#version);
    for (const key of previous.#alwaysNotify ?? []) this.setAlwaysNotify(key);
    for (const connection of [...previous.#subscribers]) {
      this.#owner.unsubscribed(connection, previous);
      this.#subscribers.add(connection);
      this.#owner.subscribed(connection, this);
    }
    previous.#subscribers.clear();
    previous.#successor = this;
    if (!previous.#isClosed) previous.#dispose();
    if (own.length === 0) return;
    this.#update((batch) => {
      for (const [key, { value }] of own) this.#toAll(batch, { type: 'change', key, value });
    });
  }

  /** Whether messages of clients have to wait. */
  get #isBlocked(): boolean {
    return this.#batch !== undefined || this.#isLoading || this.#deliveries?.isDelivering === true;
  }

  #decide(message: ClientMessage): MaybePromise<readonly boolean[] | undefined> {
    const handlers = [...(this.#security ?? []), ...securityOf(this.scope)];
    if (handlers.length === 0) return undefined;
    return runWithConnection(message.connection, () =>
      decideRequests(this, message.requests, handlers, (error) =>
        this.#logError(error, 'shared object security'),
      ),
    );
  }

  #apply(message: ClientMessage, decisions: readonly boolean[] | undefined): void {
    const { connection, requests } = message;
    if (this.#isClosed) {
      this.#answer(connection, 'SharedObject.ObjectCreationFailed');
      return;
    }
    runWithConnection(connection, () => {
      const batch = this.#open(connection);
      requests.forEach((request, index) => {
        const allowed = decisions === undefined || decisions[index] === true;
        try {
          this.#carryOut(batch, connection, request, allowed);
        } catch (error) {
          this.#logError(error, 'a shared object request');
        }
      });
      this.#close();
    });
  }

  #carryOut(
    batch: Batch,
    connection: SubscriberConnection,
    request: SharedObjectRequest,
    allowed: boolean,
  ): void {
    if (request.type === 'use') {
      this.#use(batch, connection, allowed);
      return;
    }
    const isSubscribed = this.#subscribers.has(connection);
    if (request.type === 'release') {
      if (isSubscribed) this.#leave(connection);
      return;
    }
    if (request.type === 'send') {
      if (allowed && isSubscribed) this.#sendFor(batch, request.method, request.args);
      return;
    }
    if (!allowed || !isSubscribed) {
      this.#refuse(batch, request.key, 'SharedObject.NoWriteAccess');
      return;
    }
    try {
      this.#write(batch, request);
    } catch (error) {
      if (!(error instanceof Red5Error)) throw error;
      this.#refuse(batch, request.key, statusOf(error));
    }
  }

  #use(batch: Batch, connection: SubscriberConnection, allowed: boolean): void {
    if (!allowed || !connection.isConnected) {
      batch.owner.push(this.#status('SharedObject.NoReadAccess'));
      return;
    }
    const isNew = !this.#subscribers.has(connection);
    if (isNew) {
      this.#subscribers.add(connection);
      this.#totalListeners += 1;
      this.#maxListeners = Math.max(this.#maxListeners, this.#subscribers.size);
      this.#linger?.cancel();
      this.#linger = undefined;
      this.#owner.subscribed(connection, this);
    }
    batch.owner.push({ type: 'useSuccess' });
    if (!this.persistent) batch.owner.push({ type: 'clear' });
    for (const [key, { value }] of this.#attributes.entries)
      batch.owner.push({ type: 'change', key, value });
    if (isNew) this.#tell((listener) => listener.onSharedObjectConnect?.(this));
  }

  #leave(connection: SubscriberConnection): void {
    this.#subscribers.delete(connection);
    this.#owner.unsubscribed(connection, this);
    this.#tell((listener) => listener.onSharedObjectDisconnect?.(this));
    this.#lingerIfUnused();
  }

  #write(batch: Batch, request: Extract<SharedObjectRequest, { key: string }>): void {
    const { key } = request;
    if (request.type === 'remove') {
      const removed = this.#deleteFor(batch, key);
      batch.owner.push({ type: 'remove', key });
      if (removed) this.#tell((listener) => listener.onSharedObjectDelete?.(this, key));
      return;
    }
    if (request.value === null || request.value === undefined) {
      const removed = this.#deleteFor(batch, key);
      batch.owner.push({ type: 'success', key });
      if (removed) this.#tell((listener) => listener.onSharedObjectDelete?.(this, key));
      return;
    }
    const changed = this.#store(batch, key, request.value, {});
    batch.owner.push({ type: 'success', key });
    if (!changed) return;
    batch.sync.push({ type: 'change', key, value: this.#attributes.get(key)?.value });
    this.#tellUpdate(key);
  }

  /** Refuses a write, and corrects the value that the client already shows. */
  #refuse(batch: Batch, key: string, code: string): void {
    batch.owner.push(this.#status(code));
    const entry = this.#attributes.get(key);
    if (!this.#subscribers.has(batch.source as SubscriberConnection)) return;
    if (entry === undefined) batch.owner.push({ type: 'remove', key });
    else batch.owner.push({ type: 'change', key, value: entry.value });
  }

  #sendFor(batch: Batch, method: string, args: readonly unknown[]): void {
    try {
      this.#send(batch, method, args);
    } catch (error) {
      if (!(error instanceof Red5Error)) throw error;
      batch.owner.push(this.#status(statusOf(error)));
    }
  }

  // The steps of a change

  #update<T>(change: (batch: Batch) => T): T {
    this.#assertOpen();
    const batch = this.#open(undefined);
    try {
      return change(batch);
    } finally {
      this.#close();
    }
  }

  /** Joins the batch that is open; changes by server code inside a client's batch are sent to that client as well. */
  #open(source: SubscriberConnection | undefined): Batch {
    if (this.#batch === undefined) {
      this.#batch = { source, owner: [], sync: [], stored: new Map(), depth: 0 };
    }
    this.#batch.depth += 1;
    return this.#batch;
  }

  #close(): void {
    const batch = this.#batch as Batch;
    batch.depth -= 1;
    if (batch.depth > 0) return;
    this.#updateTimer?.cancel();
    this.#updateTimer = undefined;
    this.#batch = undefined;
    this.#version += 1;
    const stored =
      this.persistent && batch.stored.size > 0 ? this.#owner.save(this, batch.stored) : undefined;
    this.#deliveries ??= new Deliveries(this, this.#subscribers, {
      logger: this.#server.logger,
      afterwards: () => this.#messages?.next(),
    });
    this.#deliveries.add({ ...batch, version: this.#version, stored });
    this.#endAfterBatch();
    this.#messages?.next();
  }

  #put(batch: Batch, key: string, value: unknown, options: SetAttributeOptions): boolean {
    const changed = this.#store(batch, key, value, options);
    if (changed)
      this.#toAll(batch, { type: 'change', key, value: this.#attributes.get(key)?.value });
    return changed;
  }

  /** Stores a value; returns whether others have to be told. */
  #store(batch: Batch, key: string, value: unknown, options: SetAttributeOptions): boolean {
    const { ttlMs } = options;
    const outcome = this.#attributes.put(key, value, {
      version: this.#version + 1,
      always: this.#alwaysNotify?.has(key) === true,
      ttlMs,
      expire: () => this.#expire(key),
    });
    // What has an end is not worth keeping beyond it.
    if (outcome !== 'same') {
      const stored = this.#attributes.get(key)?.value;
      batch.stored.set(key, ttlMs === undefined ? stored : undefined);
    }
    if (outcome === 'changed') this.#totalChanges += 1;
    return outcome === 'changed';
  }

  #expire(key: string): void {
    if (this.#successor !== undefined) this.#successor.#expire(key);
    else if (!this.#isClosed) this.removeAttribute(key);
  }

  #delete(batch: Batch, key: string): boolean {
    if (!this.#drop(batch, key)) return false;
    this.#toAll(batch, { type: 'remove', key });
    return true;
  }

  #deleteFor(batch: Batch, key: string): boolean {
    if (!this.#drop(batch, key)) return false;
    batch.sync.push({ type: 'remove', key });
    return true;
  }

  #drop(batch: Batch, key: string): boolean {
    if (!this.#attributes.remove(key)) return false;
    this.#totalDeletes += 1;
    batch.stored.set(key, undefined);
    return true;
  }

  #send(batch: Batch, method: string, args: readonly unknown[]): void {
    const copy = immutableCopy(args, this.#limits).value as readonly unknown[];
    this.#totalSends += 1;
    this.#toAll(batch, { type: 'send', method, args: copy });
    this.#callHandler(method, copy);
    this.#tell((listener) => listener.onSharedObjectSend?.(this, method, copy));
  }

  #toAll(batch: Batch, event: SharedObjectEvent): void {
    batch.sync.push(event);
    if (batch.source !== undefined) batch.owner.push(event);
  }

  #callHandler(message: string, args: readonly unknown[]): void {
    const dot = message.lastIndexOf('.');
    const service = dot === -1 ? '' : message.slice(0, dot);
    const handler = this.#handlers?.get(service) ?? this.#handlerBean(service);
    if (handler === undefined) return;
    const called = this.#server.remoteCalls.callMethod(handler, message.slice(dot + 1), args);
    if (called !== undefined)
      background(called, this.#server.logger, `shared object handler ${message}`);
  }

  #handlerBean(service: string): object | undefined {
    const name = service === '' ? `${this.name}.soservice` : `${this.name}.${service}.soservice`;
    const bean = this.scope.context?.getBean(name);
    return typeof bean === 'object' && bean !== null ? bean : undefined;
  }

  #tellUpdate(key: string): void {
    const value = this.#attributes.get(key)?.value;
    this.#tell((listener) => listener.onSharedObjectUpdate?.(this, key, value));
  }

  #tell(callback: (listener: SharedObjectListener) => unknown): void {
    if (this.#listeners === undefined) return;
    for (const listener of this.#listeners) {
      try {
        const result = callback(listener);
        if (isPromise(result)) background(result, this.#server.logger, 'shared object listener');
      } catch (error) {
        this.#logError(error, 'shared object listener');
      }
    }
  }

  /** Whether nothing keeps it. */
  get #isUnused(): boolean {
    return !this.persistent && !this.isAcquired && this.#subscribers.size === 0 && !this.#isClosed;
  }

  #lingerIfUnused(): void {
    if (!this.#isUnused) return;
    this.#linger?.cancel();
    this.#linger = this.#server.clock.after(this.#limits.lingerMs, () => {
      if (this.#isUnused) this.#dispose();
    });
  }

  #endAfterBatch(): void {
    const ends = this.#endsAfterBatch;
    this.#endsAfterBatch = undefined;
    if (this.#isClosed || ends === undefined) return;
    if (ends === 'closed' || this.#isUnused) this.#dispose();
  }

  #dispose(): void {
    this.#isClosed = true;
    this.#linger?.cancel();
    this.#updateTimer?.cancel();
    for (const connection of this.#subscribers) {
      this.#owner.unsubscribed(connection, this);
    }
    this.#subscribers.clear();
    this.#attributes.dispose();
    this.#owner.removed(this);
    this.#messages?.next();
  }

  #answer(connection: SubscriberConnection, code: string): void {
    const { name, persistent } = this;
    const events = [this.#status(code)];
    connection.sharedObjectChanged({ name, persistent, version: this.#version, events });
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

  #logError(error: unknown, what: string): void {
    this.#server.logger.error(`${what} failed: ${describeError(error)}`, {
      ...this.#fields(),
      stack: error instanceof Error ? error.stack : undefined,
    });
  }

  #fields(): Readonly<Record<string, unknown>> {
    return { scope: this.scope.fullPath, sharedObject: this.name };
  }
}

/** What the code of a version has hung on an object. @internal */
export interface OldAttachments {
  readonly listeners: readonly SharedObjectListener[];
  readonly security: readonly SharedObjectSecurity[];
  readonly handlers: readonly (readonly [string, object])[];
}

/** Of an object that was just made or loaded. */
const FIRST_VERSION = 1;

/** What a client is told when its value is refused. */
function statusOf(error: Red5Error): string {
  return error.code === 'LIMIT_REACHED'
    ? 'SharedObject.QuotaExceeded'
    : 'SharedObject.InvalidValue';
}

/** The handlers that the nearest application registered. */
function securityOf(scope: Scope): Iterable<SharedObjectSecurity> {
  const handler = scope.handler as
    | { getSharedObjectSecurity?(): Iterable<SharedObjectSecurity> }
    | undefined;
  return handler?.getSharedObjectSecurity?.() ?? [];
}
