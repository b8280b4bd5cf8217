import { amfError, type ReadBudget } from './AMFLimits.ts';

/**
 * The objects of one message, in the order they began, for references to them.
 *
 * A reference is charged with everything its target holds.
 *
 * @internal
 */
export class ReferenceTable {
  readonly #values: unknown[] = [];
  /** Size of each value; for one that is still open, the size of the message when it began, as a negative number. */
  readonly #sizes: number[] = [];
  /** Indices of wrappers whose only value has not begun. */
  #wrappers: number[] = [];

  /** Notes that a value begins; `value` is undefined as long as nothing may refer to it. Returns its index. */
  open(value: object | undefined, budget: ReadBudget): number {
    this.#values.push(value);
    if (value !== undefined) this.#unwrap(value);
    return this.#sizes.push(-1 - budget.expandedBytes) - 1;
  }

  /** Notes that a value begins that will be the same as the next one. */
  openWrapper(budget: ReadBudget): number {
    const index = this.open(undefined, budget);
    this.#wrappers.push(index);
    return index;
  }

  /** Lets an open value be referred to from inside itself. */
  reveal(index: number, value: object): void {
    this.#values[index] = value;
    this.#unwrap(value);
  }

  /** Notes that a value is complete. */
  close(index: number, value: object, budget: ReadBudget): void {
    this.#values[index] = value;
    const begin = -1 - (this.#sizes[index] as number);
    this.#sizes[index] = budget.expandedBytes - begin;
  }

  get(index: number, budget: ReadBudget): unknown {
    const value = this.#values[index];
    if (value === undefined) {
      throw amfError('AMF_BAD_REFERENCE', `reference ${index} where ${this.#values.length} exist`);
    }
    const size = this.#sizes[index] as number;
    if (size > 0) budget.expand(size);
    return value;
  }

  #unwrap(value: object): void {
    if (this.#wrappers.length === 0) return;
    for (const index of this.#wrappers) this.#values[index] = value;
    this.#wrappers = [];
  }
}
