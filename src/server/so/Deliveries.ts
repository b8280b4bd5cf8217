import { background, describeError, type Logger } from '../../base/index.ts';
import { isPromise, type MaybePromise } from '../MaybePromise.ts';
import type { SharedObject, SubscriberConnection } from './SharedObject.ts';
import type { SharedObjectBatch, SharedObjectEvent } from './SharedObjectBatch.ts';

/** What one batch sends. */
export interface Delivery {
  readonly version: number;
  readonly source: SubscriberConnection | undefined;
  readonly owner: readonly SharedObjectEvent[];
  readonly sync: readonly SharedObjectEvent[];
  /** Resolves when the batch is stored; nobody is told before. */
  readonly stored: MaybePromise<void> | undefined;
}

interface Queued {
  delivery: Delivery;
  readonly receivers: readonly SubscriberConnection[];
  isStored: boolean;
}

/**
 * Sends the batches of one shared object in their order, each to those who were subscribed when it was made and still are.
 *
 * At once, unless a batch has to be stored first or a receiver caused it while being told of another.
 */
export class Deliveries {
  readonly #so: SharedObject;
  readonly #subscribers: ReadonlySet<SubscriberConnection>;
  readonly #logger: Logger;
  #queue: Queued[] = [];
  #isDelivering = false;
  #lastStored: Promise<void> | undefined;
  readonly #afterwards: () => void;

  /** @param afterwards - called when batches were sent that had to wait for the store */
  constructor(
    so: SharedObject,
    subscribers: ReadonlySet<SubscriberConnection>,
    options: { readonly logger: Logger; readonly afterwards: () => void },
  ) {
    this.#so = so;
    this.#subscribers = subscribers;
    this.#logger = options.logger;
    this.#afterwards = options.afterwards;
  }

  /** Whether receivers are being told something right now. */
  get isDelivering(): boolean {
    return this.#isDelivering;
  }

  add(delivery: Delivery): void {
    const { stored } = delivery;
    const mustWait = stored !== undefined && isPromise(stored);
    if (!mustWait && this.#queue.length === 0 && !this.#isDelivering) {
      this.#deliver(delivery, this.#subscribers);
      this.#flush();
      return;
    }
    const queued: Queued = { delivery, receivers: [...this.#subscribers], isStored: !mustWait };
    this.#queue.push(queued);
    if (mustWait) this.#waitFor(queued, stored);
  }

  /** Resolves when everything added so far is stored. */
  settled(): MaybePromise<void> {
    return this.#lastStored;
  }

  #waitFor(queued: Queued, stored: Promise<void>): void {
    const settle = (): void => {
      queued.isStored = true;
      this.#flush();
      this.#afterwards();
    };
    const settled = stored.then(settle, (error: unknown) => {
      this.#logger.error(`a shared object was not stored: ${describeError(error)}`, {
        scope: this.#so.scope.fullPath,
        sharedObject: this.#so.name,
      });
      queued.delivery = { ...queued.delivery, owner: notStored(queued.delivery.owner) };
      settle();
    });
    this.#lastStored = settled;
    background(settled, this.#logger, 'delivering a shared object');
  }

  #flush(): void {
    if (this.#isDelivering) return;
    for (let next = this.#queue[0]; next?.isStored === true; next = this.#queue[0]) {
      this.#queue.shift();
      this.#deliver(next.delivery, next.receivers);
    }
  }

  #deliver(delivery: Delivery, receivers: Iterable<SubscriberConnection>): void {
    const { name, persistent } = this.#so;
    const { version, source, owner, sync } = delivery;
    this.#isDelivering = true;
    if (source !== undefined && owner.length > 0) {
      this.#tell(source, { name, persistent, version, events: owner });
    }
    if (sync.length > 0) {
      const batch: SharedObjectBatch = { name, persistent, version, events: sync };
      for (const receiver of receivers) {
        if (receiver !== source && this.#subscribers.has(receiver)) this.#tell(receiver, batch);
      }
    }
    this.#isDelivering = false;
  }

  #tell(receiver: SubscriberConnection, batch: SharedObjectBatch): void {
    try {
      receiver.sharedObjectChanged(batch);
    } catch (error) {
      this.#logger.error(`a shared object could not be sent: ${describeError(error)}`, {
        session: receiver.sessionID,
        sharedObject: this.#so.name,
      });
    }
  }
}

/** What the originator is told when the store failed: its changes are in effect, and not safe. */
function notStored(owner: readonly SharedObjectEvent[]): readonly SharedObjectEvent[] {
  const rest = owner.filter((event) => event.type !== 'success');
  return [...rest, { type: 'status', code: 'SharedObject.NotStored', level: 'error' }];
}
