/** A timer that can be cancelled. */
export interface Timer {
  /** Forgets the timer; safe twice and after it fired. */
  cancel(): void;
}

/** Time as an argument, so that lingering, grace and time-outs are tested without sleeping. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `task` once after `delayMs`. The timer does not keep the process alive. */
  after(delayMs: number, task: () => void): Timer;
  /** Runs `task` each `intervalMs`, first after one interval. The timer does not keep the process alive. */
  every(intervalMs: number, task: () => void): Timer;
}

/** The real clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  every(intervalMs, task) {
    const timer = setInterval(task, intervalMs);
    timer.unref();
    return { cancel: () => clearInterval(timer) };
  },
};
