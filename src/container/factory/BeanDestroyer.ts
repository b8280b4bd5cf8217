import { describeError, LifecycleError, type Logger } from '../../base/index.ts';
import type { BeanFactory } from './BeanFactory.ts';
import type { BeanRecord } from './BeanRecord.ts';
import { isPromise } from './Making.ts';
import { untilDeadline } from './untilDeadline.ts';

/** Destroys the singletons of a factory: dependents first, else in reverse order of creation, each once. */
export class BeanDestroyer {
  readonly #factory: BeanFactory;
  readonly #logger: Logger;
  readonly #deadline: AbortSignal | undefined;
  readonly failures: LifecycleError[] = [];

  /** @param deadline - when it is over, what has not ended is left behind */
  constructor(factory: BeanFactory, logger: Logger, deadline?: AbortSignal) {
    this.#deadline = deadline;
    this.#factory = factory;
    this.#logger = logger;
  }

  /** Destroys all of them, goes on after failures. */
  async destroyAll(records: readonly BeanRecord[]): Promise<void> {
    for (const record of [...records].reverse()) await this.destroy(record);
  }

  /** Destroys one bean: those that use it before, what is inside of it after. */
  async destroy(record: BeanRecord): Promise<void> {
    if (record.state === 'destroyed') return;
    const wasMade = record.state === 'made';
    record.state = 'destroyed';
    for (const user of record.usedBy) await this.destroy(user);
    if (wasMade) await this.#callDestroy(record);
    for (const inner of record.innerBeans) await this.destroy(inner);
  }

  async #callDestroy(record: BeanRecord): Promise<void> {
    try {
      const result = this.#factory.deactivate(record);
      if (isPromise(result)) await untilDeadline(result, this.#deadline);
    } catch (error) {
      const { name, definition } = record;
      const message = `bean "${name}" failed while it was destroyed: ${describeError(error)}`;
      this.#logger.warn(message);
      this.failures.push(
        new LifecycleError('BEAN_DESTROY_FAILED', message, {
          phase: 'destroy',
          bean: name,
          location: definition.location,
          cause: error,
        }),
      );
    }
  }
}

/** Calls what a bean has to be told at its end: pre-destroy processors, `destroy()`, its destroy-method. */
export function destroyBean(record: BeanRecord, processors: readonly object[]): unknown {
  const { value, info } = record.replaced ?? record;
  if (typeof value !== 'object' || value === null || info === undefined) return undefined;
  const calls: (() => unknown)[] = [];
  const isProcessor = processors.includes(value);
  for (const processor of isProcessor ? [] : processors) {
    const before: unknown = Reflect.get(processor, 'postProcessBeforeDestruction');
    if (typeof before === 'function') calls.push(() => before.call(processor, value, record.name));
  }
  const takesDestroy = info.takes('destroy');
  if (takesDestroy) calls.push(() => info.method('destroy')?.call(value));
  const name = destroyMethodOf(record);
  if (name !== undefined && !(takesDestroy && name === 'destroy')) {
    const method = info.method(name);
    if (method !== undefined)
      calls.push(() => (method.length === 1 ? method.call(value, true) : method.call(value)));
  }
  if (calls.length === 0) return undefined;
  return runAll(calls);
}

/** Every call is made, also after one failed; the first failure is thrown. */
function runAll(calls: readonly (() => unknown)[]): unknown {
  const failures: unknown[] = [];
  const next = (from: number): unknown => {
    for (let at = from; at < calls.length; at++) {
      try {
        const result = calls[at]?.();
        if (isPromise(result)) {
          return result.catch((error: unknown) => failures.push(error)).then(() => next(at + 1));
        }
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return undefined;
  };
  return next(0);
}

/** Types whose `close` is called without being named. */
const CLOSEABLE = ['AutoCloseable', 'java.lang.AutoCloseable', 'java.io.Closeable'];

/** The destroy-method of a definition; `(inferred)` is `close` or `shutdown`. */
export function destroyMethodOf(record: BeanRecord): string | undefined {
  const name = record.definition.destroyMethod?.text;
  const { info } = record.replaced ?? record;
  const closesItself = name === undefined && CLOSEABLE.some((type) => info?.is(type));
  if (name === '' || (name !== '(inferred)' && !closesItself)) return name || undefined;
  // What has a destroy() of its own needs no other end.
  if (info?.takes('destroy') === true) return undefined;
  return ['close', 'shutdown'].find((method) => info?.method(method) !== undefined);
}
