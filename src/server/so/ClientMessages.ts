import { background, type Logger } from '../../base/index.ts';
import { isPromise, type MaybePromise } from '../MaybePromise.ts';
import type { SubscriberConnection } from './SharedObject.ts';
import type { SharedObjectRequest } from './SharedObjectBatch.ts';
import type { SharedObjectAnswer } from './SharedObjectOutcome.ts';

/** One message of a client: what it asks for, and whether it may. */
export interface ClientMessage {
  readonly connection: SubscriberConnection;
  readonly requests: readonly SharedObjectRequest[];
  /** Makes it all or nothing, and takes what became of it. */
  readonly answer: SharedObjectAnswer | undefined;
}

/** What {@link ClientMessages} asks of the shared object. */
export interface ClientMessagesOptions {
  /** Whether a message has to wait, for an update of server code or the store. */
  readonly isBlocked: () => boolean;
  /** Asks the security handlers; undefined when all is allowed. */
  readonly decide: (message: ClientMessage) => MaybePromise<readonly boolean[] | undefined>;
  /** Carries a message out, in one synchronous step. */
  readonly apply: (message: ClientMessage, decisions: readonly boolean[] | undefined) => void;
  readonly logger: Logger;
}

/**
 * The messages of clients to one shared object, one after the other: each is decided and carried out before the next is looked at.
 *
 * At once when nothing has to be waited for.
 */
export class ClientMessages {
  readonly #options: ClientMessagesOptions;
  readonly #waiting: { readonly message: ClientMessage; readonly done: () => void }[] = [];
  #isDeciding = false;
  #isGoingOn = false;

  constructor(options: ClientMessagesOptions) {
    this.#options = options;
  }

  /** How many messages wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes a message; resolves when it was carried out. */
  add(message: ClientMessage): MaybePromise<void> {
    const isBusy = this.#isDeciding || this.#waiting.length > 0 || this.#options.isBlocked();
    if (!isBusy) return this.#handle(message);
    return new Promise((done) => {
      this.#waiting.push({ message, done });
    });
  }

  /** Goes on with what waits; called whenever something that blocked has ended. */
  next(): void {
    // Carrying a message out ends with a call of this; the loop below is the one that goes on.
    if (this.#isGoingOn) return;
    this.#isGoingOn = true;
    while (!this.#isDeciding && !this.#options.isBlocked()) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      const result = this.#handle(next.message);
      if (!isPromise(result)) next.done();
      else background(result.then(next.done), this.#options.logger, 'a shared object message');
    }
    this.#isGoingOn = false;
  }

  #handle(message: ClientMessage): MaybePromise<void> {
    this.#isDeciding = true;
    const decisions = this.#options.decide(message);
    if (isPromise(decisions)) return decisions.then((decided) => this.#carryOut(message, decided));
    return this.#carryOut(message, decisions);
  }

  #carryOut(message: ClientMessage, decisions: readonly boolean[] | undefined): MaybePromise<void> {
    this.#isDeciding = false;
    if (!this.#options.isBlocked()) {
      this.#options.apply(message, decisions);
      return undefined;
    }
    // Server code began an update while the handlers were asked. It goes first, and then this message is decided anew.
    return new Promise((done) => {
      this.#waiting.unshift({ message, done });
    });
  }
}
