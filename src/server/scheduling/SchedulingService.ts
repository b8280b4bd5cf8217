import { Cron } from 'croner';
import { describeError, Red5Error, type Timer } from '../../base/index.ts';
import { isPromise, type MaybePromise } from '../MaybePromise.ts';
import type { Server } from '../Server.ts';

/**
 * What a scheduled job does: a function, or an object as in Red5.
 *
 * @red5 org.red5.server.api.scheduling.IScheduledJob
 */
export type ScheduledJob =
  | ((service: SchedulingService) => MaybePromise<void>)
  | {
      /** Does the work once. */
      execute(service: SchedulingService): MaybePromise<void>;
    };

interface Entry {
  readonly job: ScheduledJob;
  /** Whose job it is; stopped together with it. */
  readonly owner: object | undefined;
  timer: Timer | undefined;
  isRunning: boolean;
}

/**
 * Runs jobs later, once or again and again, by the server's clock.
 *
 * Jobs run on behalf of no connection. A job that fails is logged and runs again at its next time; a periodic job that is still running
 * at its next time is left out once. Names are unique in the server.
 *
 * @red5 org.red5.server.api.scheduling.ISchedulingService
 * @red5 org.red5.server.scheduling.JDKSchedulingService
 */
export class SchedulingService {
  readonly #server: Server;
  readonly #jobs = new Map<string, Entry>();
  #count = 0;

  constructor(server: Server) {
    this.#server = server;
  }

  /** Runs a job at a fixed rate, first after one interval. Returns its name. */
  addScheduledJob(intervalMs: number, job: ScheduledJob, owner?: object): string {
    const { name, entry } = this.#add(job, owner);
    entry.timer = this.#server.clock.every(intervalMs, () => this.#run(name, entry));
    return name;
  }

  /** Runs a job once, after a delay or at a date. Returns its name. */
  addScheduledOnceJob(delayMs: number | Date, job: ScheduledJob, owner?: object): string {
    const delay =
      typeof delayMs === 'number'
        ? delayMs
        : Math.max(0, delayMs.getTime() - this.#server.clock.now());
    const { name, entry } = this.#add(job, owner);
    entry.timer = this.#server.clock.after(delay, () => {
      this.#jobs.delete(name);
      this.#run(name, entry);
    });
    return name;
  }

  /** Runs a job after a delay, and from then on at a fixed rate. Returns its name. */
  addScheduledJobAfterDelay(
    intervalMs: number,
    job: ScheduledJob,
    delayMs: number,
    owner?: object,
  ): string {
    const { name, entry } = this.#add(job, owner);
    entry.timer = this.#server.clock.after(delayMs, () => {
      entry.timer = this.#server.clock.every(intervalMs, () => this.#run(name, entry));
      this.#run(name, entry);
    });
    return name;
  }

  /**
   * Runs a job whenever a cron pattern matches, seconds optional: `0 3 * * *` is each day at three. Returns its name.
   *
   * @param options - `timezone` is an IANA name, by default the process's own; jobs of an `owner` end with it
   * @throws Red5Error `CRON_PATTERN`
   */
  addScheduledCronJob(
    pattern: string,
    job: ScheduledJob,
    options: { readonly timezone?: string; readonly owner?: object } = {},
  ): string {
    const cron = readPattern(pattern, options.timezone);
    const { name, entry } = this.#add(job, options.owner);
    const scheduleNext = (): void => {
      const now = this.#server.clock.now();
      const next = cron.nextRun(new Date(now));
      if (next === null) {
        this.#jobs.delete(name);
        return;
      }
      // Timers count in 32 bits; a far date is approached in steps.
      const delay = next.getTime() - now;
      entry.timer = this.#server.clock.after(Math.min(delay, LONGEST_DELAY_MS), () => {
        if (this.#server.clock.now() >= next.getTime()) this.#run(name, entry);
        if (this.#jobs.get(name) === entry) scheduleNext();
      });
    };
    scheduleNext();
    return name;
  }

  /**
   * Ends a job; a run that is under way ends by itself.
   *
   * @throws Red5Error `JOB_UNKNOWN`
   */
  removeScheduledJob(name: string): void {
    const entry = this.#jobs.get(name);
    if (entry === undefined) throw new Red5Error('JOB_UNKNOWN', `no scheduled job "${name}"`);
    this.#end(name, entry);
  }

  /** Names of the jobs that will run again. */
  getScheduledJobNames(owner?: object): string[] {
    const entries = [...this.#jobs];
    return entries
      .filter(([, e]) => owner === undefined || e.owner === owner)
      .map(([name]) => name);
  }

  /** Ends all jobs of an owner, such as an application that stops. */
  removeJobsOf(owner: object): void {
    for (const [name, entry] of this.#jobs) if (entry.owner === owner) this.#end(name, entry);
  }

  /** Ends all jobs. */
  stop(): void {
    for (const [name, entry] of this.#jobs) this.#end(name, entry);
  }

  #add(job: ScheduledJob, owner: object | undefined): { name: string; entry: Entry } {
    this.#count += 1;
    const name = `ScheduledJob_${this.#count}`;
    const entry: Entry = { job, owner, timer: undefined, isRunning: false };
    this.#jobs.set(name, entry);
    return { name, entry };
  }

  #end(name: string, entry: Entry): void {
    entry.timer?.cancel();
    this.#jobs.delete(name);
  }

  #run(name: string, entry: Entry): void {
    if (entry.isRunning) return;
    const { job } = entry;
    const failed = (error: unknown): void => {
      this.#server.logger.error(`scheduled job failed: ${describeError(error)}`, {
        job: name,
        stack: error instanceof Error ? error.stack : undefined,
      });
    };
    try {
      const result = this.#server.run(() =>
        typeof job === 'function' ? job(this) : job.execute(this),
      );
      if (!isPromise(result)) return;
      entry.isRunning = true;
      result.catch(failed).finally(() => {
        entry.isRunning = false;
      });
    } catch (error) {
      failed(error);
    }
  }
}

const LONGEST_DELAY_MS = 2 ** 31 - 1;

function readPattern(pattern: string, timezone: string | undefined): Cron {
  try {
    const cron = new Cron(pattern, {
      paused: true,
      ...(timezone === undefined ? {} : { timezone }),
    });
    if (cron.nextRun() !== null) return cron;
  } catch (error) {
    throw unusable(pattern, 'cannot be read', error);
  }
  throw unusable(pattern, 'never fires');
}

function unusable(pattern: string, why: string, cause?: unknown): Red5Error {
  return new Red5Error('CRON_PATTERN', `cron pattern "${pattern}" ${why}`, { cause });
}
