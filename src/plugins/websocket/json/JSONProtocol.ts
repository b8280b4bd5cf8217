import type { BeanInfo } from '../../../base/index.ts';

/** Name of the sub-protocol that clients offer. */
export const JSON_PROTOCOL = 'red5.json';

/** Limits of the protocol that JSON clients speak, `red5.json`; a bean, the `json` of the `WebSocketPlugin`. */
export class JSONProtocol {
  static readonly beanInfo: BeanInfo = {
    types: ['JSONProtocol'],
    properties: {
      enabled: 'boolean',
      callTimeoutMs: 'int',
      maxPendingCalls: 'int',
      maxValueDepth: 'int',
      sessionTimeoutMs: 'int',
      maxSessionBytes: 'int',
      maxIdleSessionBytes: 'int',
    },
  };

  /** Whether clients may speak it at all. */
  enabled = true;
  /** Time for a client to answer a call of the server, in milliseconds. Default 30,000. */
  callTimeoutMs = 30_000;
  /** Calls that may wait for their answers, in each direction; of as many the answers are remembered. Default 100. */
  maxPendingCalls = 100;
  /** Levels of lists and objects inside each other in what a client sends. Default 64. */
  maxValueDepth = 64;
  /** How long a session outlives its connection, in milliseconds. Default 60,000. 0: not at all. */
  sessionTimeoutMs = 60_000;
  /** Bytes of answers that one session remembers; older ones are forgotten. Default 64 KiB. */
  maxSessionBytes = 65_536;
  /** Bytes of all sessions without a connection; above it the oldest are forgotten. Default 64 MiB. */
  maxIdleSessionBytes = 67_108_864;
}
