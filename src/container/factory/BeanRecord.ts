import type { ClassInfo } from '../classes/ClassInfo.ts';
import type { BeanDefinition } from '../definition/BeanDefinition.ts';
import type { Chain } from './Chain.ts';

/** A bean of a factory: its merged definition and how far its life has come. */
export class BeanRecord {
  readonly name: string;
  /** With all that it inherits. */
  readonly definition: BeanDefinition;
  state: 'defined' | 'creating' | 'made' | 'destroyed' = 'defined';
  /** Class of the instance, once it is known. */
  info: ClassInfo | undefined;
  /** The finished bean, or factory bean. */
  value: unknown;
  /** What a post-processor replaced by another object; it is this one that is destroyed. */
  replaced: { readonly value: object; readonly info: ClassInfo } | undefined;
  /** The bean before it is finished, for those it needs in a circle. */
  early: unknown;
  /** True once {@link early} was handed out. */
  earlyUsed = false;
  /** Who is making it. */
  chain: Chain | undefined;
  /** Settles when it is made, or failed; only there when somebody waits. */
  finished: { readonly promise: Promise<void>; readonly done: () => void } | undefined;
  /** What a factory bean made, when it makes one for all. */
  product: { readonly value: unknown } | undefined;
  /** An instance made only to ask for its type, kept to become the bean. */
  probe: unknown;
  /** Beans that were given this one, and are destroyed before it. */
  readonly usedBy: Set<BeanRecord> = new Set();
  /** Beans inside of this one, destroyed after it. */
  readonly innerBeans: BeanRecord[] = [];

  constructor(name: string, definition: BeanDefinition) {
    this.name = name;
    this.definition = definition;
  }

  /** Lets a waiting chain go on. */
  finish(): void {
    this.chain = undefined;
    this.finished?.done();
    this.finished = undefined;
  }

  /** A promise that settles when whoever makes it is done with it. */
  whenFinished(): Promise<void> {
    if (this.finished === undefined) {
      let done: () => void = () => {};
      const promise = new Promise<void>((resolve) => {
        done = resolve;
      });
      this.finished = { promise, done };
    }
    return this.finished.promise;
  }
}
