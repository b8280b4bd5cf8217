import { background } from '../../../base/index.ts';
import type {
  SharedObject,
  SharedObjectBatch,
  SharedObjectOutcome,
  SharedObjectRequest,
} from '../../../server/index.ts';
import type { ClientMessage } from './ClientMessage.ts';
import type { JSONConnection } from './JSONConnection.ts';
import type { JSONServer } from './JSONServer.ts';
import { doneText, faultText, quote, resumedText, snapshotText } from './messageTexts.ts';
import type { Session } from './Session.ts';
import type { SharedObjectFeed } from './SharedObjectFeed.ts';

interface Use {
  readonly persistent: boolean;
  /** Undefined until the client has been sent all there is. */
  feed: SharedObjectFeed | undefined;
}

/** The shared objects that one JSON client uses. */
export class UsedSharedObjects {
  readonly #connection: JSONConnection;
  readonly #shared: JSONServer;
  readonly #uses = new Map<string, Use>();

  constructor(connection: JSONConnection, shared: JSONServer) {
    this.#connection = connection;
    this.#shared = shared;
  }

  /** Subscribes, and answers with all there is or all that was missed. */
  use({ id, name, persistent, known }: Extract<ClientMessage, { type: 'use' }>): void {
    const use = this.#uses.get(name) ?? { persistent, feed: undefined };
    this.#uses.set(name, use);
    const request: SharedObjectRequest =
      known === undefined
        ? { type: 'use' }
        : { type: 'use', known: { epoch: known.epoch, version: known.since } };
    this.#ask(name, { persistent, request: [request] }, (outcome) => {
      if (!outcome.ok || outcome.state === undefined) {
        if (use.feed === undefined && this.#uses.get(name) === use) this.#uses.delete(name);
        if (!outcome.ok) this.#connection.sendText(faultText(id, outcome.fault));
        return;
      }
      if (!this.#connection.isJoined) return;
      const { state } = outcome;
      const text =
        state.kind === 'changes'
          ? resumedText(id, state)
          : snapshotText(id, state, known !== undefined);
      this.#connection.sendState(text);
      use.feed ??= this.#shared.feedOf(state.sharedObject);
      use.feed.add(this.#connection.member);
    });
  }

  /** Carries out a step, once per session. */
  change(
    { id, name, requests }: Extract<ClientMessage, { type: 'change' }>,
    session: Session,
  ): void {
    const use = this.#uses.get(name);
    if (use === undefined) {
      session.answer(id, faultText(id, { code: 'SharedObject.NoWriteAccess' }));
      return;
    }
    this.#ask(name, { persistent: use.persistent, request: requests }, (outcome) => {
      if (outcome.ok) {
        session.answer(id, doneText(id, outcome.version));
        return;
      }
      const { fault } = outcome;
      // The connection ended while the step waited for its turn: it was not refused, it did not happen.
      const isUndone =
        !this.#connection.isJoined &&
        fault.code === 'SharedObject.NoWriteAccess' &&
        fault.request === undefined;
      if (isUndone) session.undo(id);
      else session.answer(id, faultText(id, fault));
    });
  }

  /** Ends a subscription; also one that is none. */
  release({ id, name }: Extract<ClientMessage, { type: 'release' }>): void {
    const use = this.#uses.get(name);
    const released = (): void => {
      if (use !== undefined && this.#uses.get(name) === use) {
        this.#uses.delete(name);
        use.feed?.remove(this.#connection.member);
      }
      this.#connection.sendText(doneText(id));
    };
    if (use === undefined) released();
    else {
      const { persistent } = use;
      this.#ask(name, { persistent, request: [{ type: 'release' }] }, released);
    }
  }

  changed(batch: SharedObjectBatch): void {
    this.#uses.get(batch.name)?.feed?.send(batch);
  }

  closed({ name }: SharedObject): void {
    this.#uses.get(name)?.feed?.remove(this.#connection.member);
    this.#uses.delete(name);
    this.#connection.sendText(`{"type":"closed","name":${quote(name)}}`);
  }

  #ask(
    name: string,
    message: { readonly persistent: boolean; readonly request: readonly SharedObjectRequest[] },
    answer: (outcome: SharedObjectOutcome) => void,
  ): void {
    const { server, logger } = this.#shared;
    const { persistent, request } = message;
    const handled = server.sharedObjects.handle(this.#connection, {
      name,
      persistent,
      requests: request,
      answer,
    });
    if (handled instanceof Promise) background(handled, logger, 'changing a shared object');
  }
}
