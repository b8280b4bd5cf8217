import { background, describeError, type Logger } from '../../base/index.ts';
import { isPromise, type MaybePromise } from '../MaybePromise.ts';
import type { SharedObject, SubscriberConnection } from './SharedObject.ts';
import type { SharedObjectBatch, SharedObjectEvent } from './SharedObjectBatch.ts';

/** What one batch sends. */
export interface Delivery {
  readonly source: SubscriberConnection | undefined;
  readonly owner: readonly SharedObjectEvent[];
  /** For all others; for the source as well if it gets an answer. */
  readonly sync: SharedObjectBatch;
  /** Sends the source its answer, in place of `owner`. */
  readonly answer: ((isStored: boolean) => void) | undefined;
  /** Resolves when the batch is stored; nobody is told before. */
  readonly stored: MaybePromise<void> | undefined;
}

interface Queued {
  delivery: Delivery;
  readonly receivers: readonly SubscriberConnection[];
  /** Whether the store is done with it. */
  isStored: boolean;
  isSafe: boolean;
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
    const queued: Queued = {
      delivery,
      receivers: [...this.#subscribers],
      isStored: !mustWait,
      isSafe: true,
    };
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
      queued.isSafe = false;
      settle();
    });
    this.#lastStored = settled;
    background(settled, this.#logger, 'delivering a shared object');
  }

  #flush(): void {
    if (this.#isDelivering) return;
    for (let next = this.#queue[0]; next?.isStored === true; next = this.#queue[0]) {
      this.#queue.shift();
      this.#deliver(next.delivery, next.receivers, next.isSafe);
    }
  }

  #deliver(delivery: Delivery, receivers: Iterable<SubscriberConnection>, isStored = true): void {
    const { source, owner, sync, answer } = delivery;
    this.#isDelivering = true;
    if (answer === undefined && source !== undefined && owner.length > 0) {
      this.#tell(source, { ...sync, events: owner });
    }
    const left = answer === undefined ? source : undefined;
    if (sync.events.length > 0) {
      for (const receiver of receivers) {
        if (receiver !== left && this.#subscribers.has(receiver)) this.#tell(receiver, sync);
      }
    }
    answer?.(isStored);
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
