import type { ClassInfo } from '../classes/ClassInfo.ts';
import type { BeanDefinition } from '../definition/BeanDefinition.ts';
import type { Chain } from './Chain.ts';

// Most beans are used by few others and contain none.
const NO_USERS: ReadonlySet<BeanRecord> = new Set();
const NO_BEANS: readonly BeanRecord[] = [];

/** A bean of a factory: its merged definition and how far its life has come. */
export class BeanRecord {
  readonly name: string;
  /** With all that it inherits. */
  readonly definition: BeanDefinition;
  state: 'defined' | 'creating' | 'made' | 'destroyed' = 'defined';
  /** True when inversify has a binding that keeps it; undefined when inversify has to be asked. */
  bound: boolean | undefined;
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
  #usedBy: Set<BeanRecord> | undefined;
  #innerBeans: BeanRecord[] | undefined;

  constructor(name: string, definition: BeanDefinition) {
    this.name = name;
    this.definition = definition;
  }

  /** Beans that were given this one, and are destroyed before it. */
  get usedBy(): ReadonlySet<BeanRecord> {
    return this.#usedBy ?? NO_USERS;
  }

  /** Beans inside of this one, destroyed after it. */
  get innerBeans(): readonly BeanRecord[] {
    return this.#innerBeans ?? NO_BEANS;
  }

  /** Notes a bean that was given this one. */
  addUser(user: BeanRecord): void {
    this.#usedBy ??= new Set();
    this.#usedBy.add(user);
  }

  /** Forgets a bean that was given this one. */
  removeUser(user: BeanRecord): void {
    this.#usedBy?.delete(user);
  }

  /** Notes a bean inside of this one. */
  addInnerBean(inner: BeanRecord): void {
    this.#innerBeans ??= [];
    this.#innerBeans.push(inner);
  }

  /** Gives up the beans inside of this one, which are nobody's then. */
  takeInnerBeans(): BeanRecord[] {
    const inner = this.#innerBeans ?? [];
    this.#innerBeans = undefined;
    return inner;
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
