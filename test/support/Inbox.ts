/** What a test client received, in order, with a way to wait for what is still to come. */
export class Inbox<T> {
  readonly items: T[] = [];
  readonly #name: string;
  readonly #waiting = new Set<() => void>();
  #ended: Error | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  push(item: T): void {
    this.items.push(item);
    this.#wake();
  }

  /** Nothing will come any more; everybody who waits is told so. */
  end(reason: string): void {
    this.#ended ??= new Error(`${this.#name}: ${reason}`);
    this.#wake();
  }

  /** Waits until there are at least `count` items and returns all there are then. */
  async atLeast(count: number, timeoutMs = 5000): Promise<readonly T[]> {
    await this.#until(() => this.items.length >= count, `${count} items`, timeoutMs);
    return this.items;
  }

  /** Waits for the first item that fits, among those already here as well, from index `from`. */
  async first(fits: (item: T) => boolean, options: WaitOptions = {}): Promise<T> {
    const from = options.from ?? 0;
    const find = () => this.items.slice(from).find(fits);
    await this.#until(
      () => find() !== undefined,
      options.what ?? fits.toString(),
      options.timeoutMs ?? 5000,
    );
    return find() as T;
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #until(done: () => boolean, what: string, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        end();
      };
      const check = () => {
        if (done()) settle(resolve);
        else if (this.#ended) settle(() => reject(this.#describe(what, 'ended', this.#ended)));
      };
      const timer = setTimeout(
        () => settle(() => reject(this.#describe(what, `nothing within ${timeoutMs} ms`))),
        timeoutMs,
      );
      this.#waiting.add(check);
      check();
    });
  }

  #describe(what: string, reason: string, cause?: Error): Error {
    const last = this.items.slice(-5).map((item) => JSON.stringify(item)?.slice(0, 200));
    return new Error(
      `${this.#name}: waited for ${what}: ${reason}; ${this.items.length} items, the last: ${last.join(' ')}`,
      { cause },
    );
  }
}

export interface WaitOptions {
  readonly from?: number;
  readonly timeoutMs?: number;
  /** For the message when it does not come. */
  readonly what?: string;
}
