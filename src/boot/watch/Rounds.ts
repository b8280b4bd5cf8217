import { setTimeout as delay } from 'node:timers/promises';
import { background, type Logger } from '../../base/index.ts';

const lastMomentMs = 500;

/** Runs a task again and again, one run at a time, each when the one before or somebody else asks for it. */
export class Rounds {
  readonly #task: () => Promise<void>;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(task: () => Promise<void>, logger: Logger) {
    this.#task = task;
    this.#logger = logger;
  }

  /** Runs the task after this time at the latest; sooner if that was asked for before. */
  within(ms: number): void {
    const dueAt = performance.now() + ms;
    if (this.#isStopped || dueAt >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => this.#run(), ms);
    this.#timer.unref();
  }

  /** Runs it no more; a run that is under way has a moment to end, but nobody waits for a webapp that hangs. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await Promise.race([this.#running, delay(lastMomentMs, undefined, { ref: false })]);
  }

  #run(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    const before = this.#running ?? Promise.resolve();
    const running = before
      .catch(() => undefined)
      .then(() => (this.#isStopped ? undefined : this.#task()));
    this.#running = running.catch(() => undefined);
    background(running, this.#logger, 'looking after the webapps');
  }
}
