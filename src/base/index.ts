/**
 * What everything else stands on: errors, places in files, logging, life cycle and time. Knows nothing of Red5.
 *
 * @packageDocumentation
 */
export type { BeanCallback, BeanInfo, MethodInfo, Signature } from './BeanInfo.ts';
export { background } from './background.ts';
export { type Clock, systemClock, type Timer } from './Clock.ts';
export { describeError } from './describeError.ts';
export type { Lifecycle } from './Lifecycle.ts';
export { createLogger, type Logger, type LoggerOptions, type LogLevel } from './Logger.ts';
export { PeerLogLimits } from './PeerLogLimits.ts';
export {
  ConfigError,
  type ConfigErrorOptions,
  LifecycleError,
  type LifecycleErrorOptions,
  type LifecyclePhase,
  ProtocolError,
  type ProtocolErrorOptions,
  Red5Error,
  type Red5ErrorOptions,
} from './Red5Error.ts';
export { formatLocation, type SourceLocation } from './SourceLocation.ts';
