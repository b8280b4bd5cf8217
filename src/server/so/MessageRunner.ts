import { runWithConnection } from '../connection/Red5.ts';
import type { MaybePromise } from '../MaybePromise.ts';
import { AtomicRequests } from './AtomicRequests.ts';
import type { OpenBatch } from './Changes.ts';
import { type ClientMessage, ClientMessages } from './ClientMessages.ts';
import { ClientRequests, type RequestContext } from './ClientRequests.ts';
import { decideRequests } from './decideRequests.ts';
import type { SharedObject } from './SharedObject.ts';
import type { KnownVersion, SharedObjectBatch } from './SharedObjectBatch.ts';
import { SharedObjectHistory } from './SharedObjectHistory.ts';
import type { SharedObjectLimits } from './SharedObjectLimits.ts';
import type {
  SharedObjectAnswer,
  SharedObjectFault,
  SharedObjectOutcome,
  SharedObjectState,
} from './SharedObjectOutcome.ts';
import type { SharedObjectSecurity } from './SharedObjectSecurity.ts';

/** What running messages needs of the shared object. */
export interface MessageContext extends RequestContext {
  readonly so: SharedObject;
  readonly limits: SharedObjectLimits;
  /** Whether messages have to wait, for the store or for what is being sent. */
  readonly isBusy: () => boolean;
  readonly security: () => readonly SharedObjectSecurity[];
  /** Closes the batch that a message opened. */
  readonly close: () => void;
}

/** An answer that is made when the batch is complete. */
interface PendingAnswer {
  readonly send: SharedObjectAnswer;
  readonly of: () => SharedObjectOutcome;
}

/**
 * The messages of clients to one shared object: decided, carried out one by one or all or nothing, and answered.
 *
 * Keeps the steps that clients may have missed, from the first one on that could come back.
 */
export class MessageRunner {
  readonly #context: MessageContext;
  readonly #messages: ClientMessages;
  readonly #single: ClientRequests;
  readonly #atomic: AtomicRequests;
  #history: SharedObjectHistory | undefined;
  /** To the client that caused the open batch. */
  #answer: PendingAnswer | undefined;

  constructor(context: MessageContext) {
    this.#context = context;
    this.#messages = new ClientMessages({
      isBlocked: () => context.changes.batch !== undefined || context.isBusy(),
      decide: (message) => this.#decide(message),
      apply: (message, decisions) => this.#apply(message, decisions),
      logger: context.so.scope.server.logger,
    });
    this.#single = new ClientRequests(context);
    this.#atomic = new AtomicRequests(context, context.limits);
  }

  /** Takes a message; resolves when it was carried out, at once when nothing has to be waited for. */
  receive(message: ClientMessage): MaybePromise<void> {
    if (this.#messages.waiting < this.#context.limits.maxWaitingMessages) {
      return this.#messages.add(message);
    }
    this.#refuse(message, 'SharedObject.QuotaExceeded');
    return undefined;
  }

  /** Goes on with what waits. */
  next(): void {
    this.#messages.next();
  }

  /** A step is complete. @param bytes - about how many its names and values are */
  record(batch: SharedObjectBatch, bytes: number): void {
    this.#history?.add(batch, bytes);
  }

  #decide(message: ClientMessage): MaybePromise<readonly boolean[] | undefined> {
    const { so, security, callbacks } = this.#context;
    const handlers = security();
    if (handlers.length === 0) return undefined;
    return runWithConnection(message.connection, () =>
      decideRequests(so, message.requests, handlers, (error) =>
        callbacks.logError(error, 'shared object security'),
      ),
    );
  }

  #apply(message: ClientMessage, decisions: readonly boolean[] | undefined): void {
    if (this.#context.so.isClosed) {
      this.#refuse(message, 'SharedObject.ObjectCreationFailed');
      return;
    }
    runWithConnection(message.connection, () => {
      const batch = this.#context.changes.open(message.connection);
      try {
        if (message.answer === undefined) this.#carryOutEach(batch, message, decisions);
        else this.#answer = this.#carryOutAll(batch, message, { decisions, send: message.answer });
      } catch (error) {
        this.#context.callbacks.logError(error, 'a shared object message');
        const { answer: send } = message;
        const of = () => this.#failed({ code: 'SharedObject.InvalidValue' });
        if (send !== undefined) this.#answer = { send, of };
      }
      this.#context.close();
    });
  }

  #carryOutEach(
    batch: OpenBatch,
    { connection, requests }: ClientMessage,
    decisions: readonly boolean[] | undefined,
  ): void {
    requests.forEach((request, index) => {
      const allowed = decisions === undefined || decisions[index] === true;
      try {
        this.#single.carryOut(batch, connection, { request, allowed });
      } catch (error) {
        this.#context.callbacks.logError(error, 'a shared object request');
      }
    });
  }

  /** Carries out a message that wants an answer; returns the answer, which is made when the batch is complete. */
  #carryOutAll(
    batch: OpenBatch,
    { connection, requests }: ClientMessage,
    {
      decisions,
      send,
    }: { readonly decisions: readonly boolean[] | undefined; readonly send: SharedObjectAnswer },
  ): PendingAnswer {
    const { so, limits, join } = this.#context;
    const [first] = requests;
    if (first?.type === 'use') {
      const mayUse = decisions?.[0] !== false && connection.isConnected;
      if (!mayUse) return { send, of: () => this.#failed({ code: 'SharedObject.NoReadAccess' }) };
      // Who is subscribed already has got everything, so there is nothing to go on from.
      const known = this.#context.subscribers.has(connection) ? undefined : first.known;
      this.#history ??= new SharedObjectHistory(limits, so.version);
      join(connection, () => undefined);
      return {
        send,
        of: () => ({ ok: true, version: so.version, state: this.#stateSince(known) }),
      };
    }
    if (first?.type === 'release') {
      so.unsubscribe(connection);
      return { send, of: () => ({ ok: true, version: so.version }) };
    }
    const fault = this.#atomic.carryOut(batch, connection, { requests, decisions });
    return {
      send,
      of: () => (fault === undefined ? { ok: true, version: so.version } : this.#failed(fault)),
    };
  }

  #stateSince(known: KnownVersion | undefined): SharedObjectState {
    const { so, changes } = this.#context;
    const { version } = so;
    const isKnown = known !== undefined && known.epoch === so.epoch && known.version <= version;
    const batches = isKnown ? this.#history?.since(known.version) : undefined;
    if (batches !== undefined) return { sharedObject: so, version, kind: 'changes', batches };
    const attributes = [...changes.attributes.entries].map(([key, entry]) => ({
      key,
      value: entry.value,
      version: entry.version,
    }));
    return { sharedObject: so, version, kind: 'snapshot', attributes };
  }

  #failed(fault: SharedObjectFault): SharedObjectOutcome {
    const { so, status } = this.#context;
    if (fault.code !== 'SharedObject.VersionMismatch') status(fault.code);
    return { ok: false, version: so.version, fault };
  }

  /** The answer to the batch that was closed just now, to be sent when it is stored. */
  takeAnswer(): ((isStored: boolean) => void) | undefined {
    const answer = this.#answer;
    if (answer === undefined) return undefined;
    this.#answer = undefined;
    const outcome = answer.of();
    return (isStored) => {
      try {
        answer.send(isStored || !outcome.ok ? outcome : notStored(outcome.version));
      } catch (error) {
        this.#context.callbacks.logError(error, 'answering a shared object message');
      }
    };
  }

  #refuse({ connection, answer }: ClientMessage, code: string): void {
    const { name, persistent, version } = this.#context.so;
    const status = this.#context.status(code);
    if (answer !== undefined) answer({ ok: false, version, fault: { code } });
    else connection.sharedObjectChanged({ name, persistent, version, events: [status] });
  }
}

/** What a client is told whose change is in effect, and would not survive a restart. */
function notStored(version: number): SharedObjectOutcome {
  return { ok: false, version, fault: { code: 'SharedObject.NotStored' } };
}
