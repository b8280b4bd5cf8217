import { background, describeError } from '../../base/index.ts';
import { isPromise } from '../MaybePromise.ts';
import type { SharedObject } from './SharedObject.ts';
import type { SharedObjectListener } from './SharedObjectListener.ts';

/** Listeners and handlers at one moment. */
export interface AttachedCallbacks {
  readonly listeners: readonly SharedObjectListener[];
  readonly handlers: readonly (readonly [string, object])[];
}

/**
 * The application's code that hears of one shared object: listeners, and objects whose methods are called by messages.
 *
 * What they throw is logged and hurts nothing else; promises are not waited for.
 */
export class SharedObjectCallbacks {
  readonly #so: SharedObject;
  #listeners: Set<SharedObjectListener> | undefined;
  #handlers: Map<string, object> | undefined;

  constructor(so: SharedObject) {
    this.#so = so;
  }

  get attached(): AttachedCallbacks {
    return { listeners: [...(this.#listeners ?? [])], handlers: [...(this.#handlers ?? [])] };
  }

  /** Removes what was attached then and has not been replaced since. */
  detach({ listeners, handlers }: AttachedCallbacks): void {
    for (const listener of listeners) this.#listeners?.delete(listener);
    for (const [name, handler] of handlers) {
      if (this.#handlers?.get(name) === handler) this.#handlers.delete(name);
    }
  }

  addListener(listener: SharedObjectListener): void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
  }

  removeListener(listener: SharedObjectListener): void {
    this.#listeners?.delete(listener);
  }

  setHandler(name: string, handler: object): void {
    this.#handlers ??= new Map();
    this.#handlers.set(name, handler);
  }

  removeHandler(name: string): void {
    this.#handlers?.delete(name);
  }

  tell(callback: (listener: SharedObjectListener) => unknown): void {
    if (this.#listeners === undefined) return;
    for (const listener of this.#listeners) {
      try {
        const result = callback(listener);
        if (isPromise(result)) {
          background(result, this.#so.scope.server.logger, 'shared object listener');
        }
      } catch (error) {
        this.logError(error, 'shared object listener');
      }
    }
  }

  updated(key: string): void {
    const so = this.#so;
    const value = so.getAttribute(key);
    this.tell((listener) => listener.onSharedObjectUpdate?.(so, key, value));
  }

  deleted(key: string): void {
    this.tell((listener) => listener.onSharedObjectDelete?.(this.#so, key));
  }

  cleared(): void {
    this.tell((listener) => listener.onSharedObjectClear?.(this.#so));
  }

  /** A message was sent to all: the handlers for it come first. */
  sent(method: string, args: readonly unknown[]): void {
    this.#callHandler(method, args);
    this.tell((listener) => listener.onSharedObjectSend?.(this.#so, method, args));
  }

  logError(error: unknown, what: string): void {
    const { scope, name } = this.#so;
    scope.server.logger.error(`${what} failed: ${describeError(error)}`, {
      scope: scope.fullPath,
      sharedObject: name,
      stack: error instanceof Error ? error.stack : undefined,
    });
  }

  #callHandler(message: string, args: readonly unknown[]): void {
    const dot = message.lastIndexOf('.');
    const service = dot === -1 ? '' : message.slice(0, dot);
    const handler = this.#handlers?.get(service) ?? this.#handlerBean(service);
    if (handler === undefined) return;
    const { remoteCalls, logger } = this.#so.scope.server;
    const called = remoteCalls.callMethod(handler, message.slice(dot + 1), args);
    if (called !== undefined) background(called, logger, `shared object handler ${message}`);
  }

  #handlerBean(service: string): object | undefined {
    const { name, scope } = this.#so;
    const bean = scope.context?.getBean(
      service === '' ? `${name}.soservice` : `${name}.${service}.soservice`,
    );
    return typeof bean === 'object' && bean !== null ? bean : undefined;
  }
}
