import type { SourceLocation } from './SourceLocation.ts';

/** What every error of red5-node carries besides its message. */
export interface Red5ErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/**
 * The base of all errors this project throws on purpose.
 *
 * `code` is API and stable; the message is for people and may change.
 */
export class Red5Error extends Error {
  readonly code: string;

  constructor(code: string, message: string, options: Red5ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
  }
}

/** What a {@link ConfigError} may say besides code and message. */
export interface ConfigErrorOptions extends Red5ErrorOptions {
  /** Where the offending text stands. */
  readonly location?: SourceLocation;
  /** Path to the place inside the bean, such as `web.scope.handler` or `router.rooms[2]`. */
  readonly beanPath?: string;
  /** What was being done, innermost first, such as `while setting property "handler" of bean "web.scope"`. */
  readonly trail?: readonly string[];
}

/**
 * A definition or setting is wrong.
 *
 * Collected rather than thrown one by one: start-up stops with exit code 2 after all of them were printed.
 */
export class ConfigError extends Red5Error {
  readonly location: SourceLocation | undefined;
  readonly beanPath: string | undefined;
  readonly trail: readonly string[];

  constructor(code: string, message: string, options: ConfigErrorOptions = {}) {
    super(code, message, options);
    this.location = options.location;
    this.beanPath = options.beanPath;
    this.trail = options.trail ?? [];
  }
}

/** What a {@link ProtocolError} may say besides code and message. */
export interface ProtocolErrorOptions extends Red5ErrorOptions {
  /** What the peer is told: a WebSocket close code, an HTTP status or a NetStatus code. */
  readonly wireStatus?: number | string;
}

/** A peer broke the rules: its connection is closed with one log line, nothing else is touched. */
export class ProtocolError extends Red5Error {
  readonly wireStatus: number | string | undefined;

  constructor(code: string, message: string, options: ProtocolErrorOptions = {}) {
    super(code, message, options);
    this.wireStatus = options.wireStatus;
  }
}

/** The part of a life in which a {@link LifecycleError} was raised. */
export type LifecyclePhase = 'create' | 'start' | 'stop' | 'destroy';

/** What a {@link LifecycleError} may say besides code and message. */
export interface LifecycleErrorOptions extends Red5ErrorOptions {
  /** Name of the bean that failed. */
  readonly bean?: string;
  readonly phase: LifecyclePhase;
  readonly location?: SourceLocation;
  /** Failures of the same step that came after the first. */
  readonly others?: readonly unknown[];
}

/** A bean failed while it was created, started or stopped; what had been done was undone. */
export class LifecycleError extends Red5Error {
  readonly bean: string | undefined;
  readonly phase: LifecyclePhase;
  readonly location: SourceLocation | undefined;
  readonly others: readonly unknown[];

  constructor(code: string, message: string, options: LifecycleErrorOptions) {
    super(code, message, options);
    this.bean = options.bean;
    this.phase = options.phase;
    this.location = options.location;
    this.others = options.others ?? [];
  }
}
