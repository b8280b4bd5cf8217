/**
 * Something that works from {@link Lifecycle.start} to {@link Lifecycle.stop}.
 *
 * Found by duck typing, never a base class. Constructors only keep their arguments; sockets, timers and listeners are made
 * in `start` and closed in `stop`.
 */
export interface Lifecycle {
  /**
   * When to start among the beans of a context: lower first, and stopped last. Default 0.
   *
   * Plugins are 0, applications 100, transports (which open ports) 200. Inside a phase dependencies start first.
   */
  readonly phase?: number;
  /** Called once, after what it depends on was started. If it fails, `stop` is called all the same. */
  start(): void | Promise<void>;
  /**
   * Called after everything that depends on it was stopped.
   *
   * Safe without `start`, safe twice, and waits for its work to end.
   *
   * @param deadline - aborts when waiting has to end; what is left is cut off
   */
  stop(deadline?: AbortSignal): void | Promise<void>;
}
