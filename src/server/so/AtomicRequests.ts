import { Red5Error } from '../../base/index.ts';
import type { OpenBatch } from './Changes.ts';
import { type RequestContext, statusOf } from './ClientRequests.ts';
import { type ImmutableCopy, immutableCopy } from './immutableCopy.ts';
import type { SubscriberConnection } from './SharedObject.ts';
import type { SharedObjectRequest } from './SharedObjectBatch.ts';
import type { SharedObjectLimits } from './SharedObjectLimits.ts';
import type { SharedObjectFault } from './SharedObjectOutcome.ts';

/** One step that cannot fail any more. */
type Step =
  | { readonly type: 'put'; readonly key: string; readonly copy: ImmutableCopy }
  | { readonly type: 'remove'; readonly keys: readonly string[]; readonly isClear: boolean }
  | { readonly type: 'send'; readonly method: string; readonly args: readonly unknown[] };

/**
 * Carries out all requests of a message, or none.
 *
 * Everything that can go wrong is found out before anything is changed; listeners are called after everything was.
 */
export class AtomicRequests {
  readonly #context: RequestContext;
  readonly #limits: SharedObjectLimits;

  constructor(context: RequestContext, limits: SharedObjectLimits) {
    this.#context = context;
    this.#limits = limits;
  }

  /** @returns why nothing was done; undefined when all was */
  carryOut(
    batch: OpenBatch,
    connection: SubscriberConnection,
    message: {
      readonly requests: readonly SharedObjectRequest[];
      readonly decisions: readonly boolean[] | undefined;
    },
  ): SharedObjectFault | undefined {
    const { requests, decisions } = message;
    if (!this.#context.subscribers.has(connection)) return { code: 'SharedObject.NoWriteAccess' };
    const refused = decisions?.findIndex((allowed) => allowed !== true) ?? -1;
    if (refused >= 0) return { code: 'SharedObject.NoWriteAccess', request: refused };
    const steps: Step[] = [];
    const plan = this.#context.changes.attributes.plan();
    for (const [index, request] of requests.entries()) {
      const mismatch = this.#mismatch(request, index);
      if (mismatch !== undefined) return mismatch;
      try {
        const step = this.#stepOf(request, plan);
        if (step !== undefined) steps.push(step);
      } catch (error) {
        if (!(error instanceof Red5Error)) throw error;
        return { code: statusOf(error), request: index };
      }
    }
    const told = steps.flatMap((step) => this.#take(batch, step));
    for (const tell of told) tell();
    return undefined;
  }

  #mismatch(request: SharedObjectRequest, index: number): SharedObjectFault | undefined {
    if (!('ifVersion' in request) || request.ifVersion === undefined) return undefined;
    const { key } = request;
    const entry = this.#context.changes.attributes.get(key);
    const version = entry?.version ?? 0;
    if (version === request.ifVersion) return undefined;
    const current = { key, value: entry?.value, version };
    return { code: 'SharedObject.VersionMismatch', request: index, current };
  }

  #stepOf(
    request: SharedObjectRequest,
    plan: ReturnType<RequestContext['changes']['attributes']['plan']>,
  ): Step | undefined {
    switch (request.type) {
      case 'change': {
        const { key, value } = request;
        if (value === null || value === undefined) {
          plan.remove(key);
          return { type: 'remove', keys: [key], isClear: false };
        }
        const copy = immutableCopy(value, this.#limits);
        plan.put(key, copy);
        return { type: 'put', key, copy };
      }
      case 'remove':
        plan.remove(request.key);
        return { type: 'remove', keys: [request.key], isClear: false };
      case 'clear':
        return { type: 'remove', keys: plan.clear(), isClear: true };
      case 'send': {
        const { value } = immutableCopy(request.args, this.#limits);
        return { type: 'send', method: request.method, args: value as readonly unknown[] };
      }
      default:
        return undefined; // What subscribes or ends it comes alone.
    }
  }

  /** Returns what listeners are told afterwards. */
  #take(batch: OpenBatch, step: Step): (() => void)[] {
    const { changes, callbacks } = this.#context;
    switch (step.type) {
      case 'put': {
        const { key, copy } = step;
        const changed = changes.putFor(batch, key, copy.value, { copy });
        return changed ? [() => callbacks.updated(key)] : [];
      }
      case 'remove': {
        const removed = step.keys.filter((key) => changes.deleteFor(batch, key));
        if (step.isClear) return [() => callbacks.cleared()];
        return removed.map((key) => () => callbacks.deleted(key));
      }
      case 'send': {
        const args = changes.send(batch, step.method, step.args);
        return [() => callbacks.sent(step.method, args)];
      }
    }
  }
}
