import { isPromise, type MaybePromise } from '../MaybePromise.ts';
import type { SharedObject } from './SharedObject.ts';
import type { SharedObjectRequest } from './SharedObjectBatch.ts';
import type { SharedObjectSecurity } from './SharedObjectSecurity.ts';

/**
 * Asks security handlers about each request of a message; at once when none of them returns a promise.
 *
 * @param failed - told of what a handler threw, which means no
 */
export function decideRequests(
  so: SharedObject,
  requests: readonly SharedObjectRequest[],
  handlers: readonly SharedObjectSecurity[],
  failed: (error: unknown) => void,
): MaybePromise<readonly boolean[]> {
  const decisions = requests.map((request) =>
    allSayYes(handlers, (handler) => ask(handler, so, request), failed),
  );
  return decisions.some(isPromise) ? Promise.all(decisions) : (decisions as boolean[]);
}

/** Whether all handlers say `true`; later ones are not asked after a no. */
export function allSayYes<T>(
  handlers: Iterable<T>,
  question: (handler: T) => MaybePromise<boolean>,
  failed: (error: unknown) => void,
): MaybePromise<boolean> {
  const rest = handlers[Symbol.iterator]();
  const refuse = (error: unknown): false => {
    failed(error);
    return false;
  };
  const next = (): MaybePromise<boolean> => {
    try {
      for (let step = rest.next(); step.done !== true; step = rest.next()) {
        const answer = question(step.value);
        if (isPromise(answer)) {
          return answer.then((yes) => (yes === true ? next() : false), refuse);
        }
        if (answer !== true) return false;
      }
      return true;
    } catch (error) {
      return refuse(error);
    }
  };
  return next();
}

function ask(
  handler: SharedObjectSecurity,
  so: SharedObject,
  request: SharedObjectRequest,
): MaybePromise<boolean> {
  const isDelete = request.type === 'change' && (request.value ?? null) === null;
  if (request.type === 'remove' || isDelete) {
    return handler.isDeleteAllowed === undefined || handler.isDeleteAllowed(so, request.key);
  }
  switch (request.type) {
    case 'use':
      return handler.isConnectionAllowed === undefined || handler.isConnectionAllowed(so);
    case 'change': {
      const { key, value } = request;
      return handler.isWriteAllowed === undefined || handler.isWriteAllowed(so, key, value);
    }
    case 'send': {
      const { method, args } = request;
      return handler.isSendAllowed === undefined || handler.isSendAllowed(so, method, args);
    }
    case 'release':
      return true;
  }
}
