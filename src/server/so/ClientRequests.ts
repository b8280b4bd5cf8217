import { Red5Error } from '../../base/index.ts';
import type { Changes, OpenBatch } from './Changes.ts';
import type { SubscriberConnection } from './SharedObject.ts';
import type { SharedObjectEvent, SharedObjectRequest } from './SharedObjectBatch.ts';
import type { SharedObjectCallbacks } from './SharedObjectCallbacks.ts';
import type { Subscribers } from './Subscribers.ts';

/** What carrying out requests of clients needs of the shared object. */
export interface RequestContext {
  readonly persistent: boolean;
  readonly changes: Changes;
  readonly callbacks: SharedObjectCallbacks;
  readonly subscribers: Subscribers;
  /** Subscribes a client, and tells listeners unless it was. */
  readonly join: (connection: SubscriberConnection, told: () => void) => void;
  readonly leave: (connection: SubscriberConnection) => void;
  /** What a client is told that is refused something; counted. */
  readonly status: (code: string) => SharedObjectEvent;
}

/** Carries out what clients ask for one by one, each for itself, and acknowledges it as Flash expects. */
export class ClientRequests {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  carryOut(
    batch: OpenBatch,
    connection: SubscriberConnection,
    { request, allowed }: { readonly request: SharedObjectRequest; readonly allowed: boolean },
  ): void {
    const { subscribers, leave } = this.#context;
    if (request.type === 'use') {
      this.#use(batch, connection, allowed);
      return;
    }
    const isSubscribed = subscribers.has(connection);
    if (request.type === 'release') {
      if (isSubscribed) leave(connection);
      return;
    }
    if (request.type === 'send') {
      if (allowed && isSubscribed) this.#send(batch, request.method, request.args);
      return;
    }
    for (const write of this.#writesOf(request)) {
      if (allowed && isSubscribed) this.#tryWrite(batch, write);
      else this.#refuse(batch, write.key, 'SharedObject.NoWriteAccess');
    }
  }

  #use(batch: OpenBatch, connection: SubscriberConnection, allowed: boolean): void {
    const { changes, persistent, status, join } = this.#context;
    if (!allowed || !connection.isConnected) {
      batch.owner.push(status('SharedObject.NoReadAccess'));
      return;
    }
    join(connection, () => {
      batch.owner.push({ type: 'useSuccess' });
      if (!persistent) batch.owner.push({ type: 'clear' });
      for (const [key, { value }] of changes.attributes.entries)
        batch.owner.push({ type: 'change', key, value });
    });
  }

  #writesOf(request: Exclude<SharedObjectRequest, { type: 'use' | 'release' | 'send' }>): Write[] {
    if (request.type !== 'clear') return [request];
    const keys = [...this.#context.changes.attributes.entries.keys()];
    return keys.map((key) => ({ type: 'remove', key }));
  }

  #tryWrite(batch: OpenBatch, write: Write): void {
    try {
      this.#write(batch, write);
    } catch (error) {
      if (!(error instanceof Red5Error)) throw error;
      this.#refuse(batch, write.key, statusOf(error));
    }
  }

  #write(batch: OpenBatch, write: Write): void {
    const { changes, callbacks } = this.#context;
    const { key } = write;
    if (write.type === 'remove' || write.value === null || write.value === undefined) {
      const removed = changes.deleteFor(batch, key);
      batch.owner.push({ type: write.type === 'remove' ? 'remove' : 'success', key });
      if (removed) callbacks.deleted(key);
      return;
    }
    const changed = changes.putFor(batch, key, write.value);
    batch.owner.push({ type: 'success', key });
    if (changed) callbacks.updated(key);
  }

  /** Refuses a write, and corrects the value that the client already shows. */
  #refuse(batch: OpenBatch, key: string, code: string): void {
    const { changes, subscribers, status } = this.#context;
    batch.owner.push(status(code));
    if (!subscribers.has(batch.source as SubscriberConnection)) return;
    const isThere = changes.attributes.get(key) !== undefined;
    batch.owner.push(isThere ? changes.changeOf(key) : { type: 'remove', key });
  }

  #send(batch: OpenBatch, method: string, args: readonly unknown[]): void {
    const { changes, callbacks, status } = this.#context;
    try {
      callbacks.sent(method, changes.send(batch, method, args));
    } catch (error) {
      if (!(error instanceof Red5Error)) throw error;
      batch.owner.push(status(statusOf(error)));
    }
  }
}

type Write = Extract<SharedObjectRequest, { type: 'change' | 'remove' }>;

/** What a client is told when its value is refused. */
export function statusOf(error: Red5Error): string {
  return error.code === 'LIMIT_REACHED'
    ? 'SharedObject.QuotaExceeded'
    : 'SharedObject.InvalidValue';
}
