import { destroyBean, destroyMethodOf } from './BeanDestroyer.ts';
import type { BeanFactory } from './BeanFactory.ts';
import type { BeanRecord } from './BeanRecord.ts';

/** Ends beans once, whoever asks first: the container or inversify. */
export class BeanEnds {
  readonly #factory: BeanFactory;
  /** What came of the end of a bean; inversify does not wait for it. */
  readonly #ends = new Map<BeanRecord, unknown>();

  constructor(factory: BeanFactory) {
    this.#factory = factory;
  }

  /** Takes a bean out of inversify, which calls its end; beans inversify does not hold end here. */
  deactivate(record: BeanRecord): unknown {
    const held =
      this.#factory.record(record.name) === record &&
      this.#factory.container.isCurrentBound(record.name);
    if (!held || record.info?.isFactoryBean === true) return this.#end(record);
    const hasEnd =
      (record.replaced ?? record).info?.takes('destroy') === true ||
      destroyMethodOf(record) !== undefined ||
      this.#watchesEnd();
    if (!hasEnd) return undefined;
    return this.#factory.container.unbindAsync(record.name).then(() => this.#end(record));
  }

  #watchesEnd(): boolean {
    return this.#factory.postProcessors.some(
      (one) => typeof Reflect.get(one, 'postProcessBeforeDestruction') === 'function',
    );
  }

  /** Ends the bean of a name. */
  endOf(name: string): unknown {
    const record = this.#factory.record(name);
    if (record === undefined) return undefined;
    // Whoever asked first waits for it, and no longer than there is time.
    return this.#ends.has(record) ? undefined : this.#end(record);
  }

  #end(record: BeanRecord): unknown {
    if (!this.#ends.has(record)) {
      this.#ends.set(record, undefined); // Also when it throws, it has ended.
      this.#ends.set(record, destroyBean(record, this.#factory.postProcessors));
    }
    return this.#ends.get(record);
  }
}
