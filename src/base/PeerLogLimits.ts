import type { BeanInfo } from './BeanInfo.ts';
import type { Logger } from './Logger.ts';

/**
 * How many log lines peers may cause, so that scanners and broken clients can fill neither log nor disk.
 *
 * Counts lines at `info` and above whose fields name a peer; what an application or the server itself has to say is never held back.
 * How many lines were not written is told by a line of its own at the end of each interval.
 */
export class PeerLogLimits {
  static readonly beanInfo: BeanInfo = {
    types: ['PeerLogLimits'],
    properties: {
      logger: 'Logger',
      intervalMs: 'int',
      maxLinesPerPeer: 'int',
      maxLines: 'int',
      maxPeers: 'int',
    },
  };

  /** The logger to limit, with all that derive from the same root. */
  logger: Logger | undefined;
  /** Time over which lines are counted, in milliseconds. Default 10,000. */
  intervalMs = 10_000;
  /** Lines about one remote address in an interval; a proxy in front of the server is one. Default 30. */
  maxLinesPerPeer = 30;
  /** Lines about all peers together in an interval. Default 100. */
  maxLines = 100;
  /** Peers that are counted apart; those that come after share one count. Default 1,000. */
  maxPeers = 1_000;

  /** Hands the limits to the logger. */
  afterPropertiesSet(): void {
    this.logger?.limitPeerLines?.(this);
  }
}
