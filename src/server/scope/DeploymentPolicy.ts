import { type BeanInfo, ConfigError } from '../../base/index.ts';
import type { ServerErrorCode } from '../serverErrors.ts';

/** What becomes of clients that are connected to a version when a new one takes its place. */
export type RedeployConnections = 'close' | 'keep' | 'handover';

/**
 * How an application comes, is replaced, and goes; for the whole server, or for one application that has its own.
 *
 * When a new version takes over, its own policy decides what becomes of those who are connected to the old one.
 */
export class DeploymentPolicy {
  static readonly beanInfo: BeanInfo = {
    types: ['DeploymentPolicy'],
    properties: {
      connections: 'string',
      startTimeoutMs: 'int',
      stopTimeoutMs: 'int',
      graceMs: 'int',
      batchSize: 'int',
      batchIntervalMs: 'int',
      keepMs: 'int',
      handoverTimeoutMs: 'int',
      keptAttributes: 'list<string>',
      portsWaitMs: 'int',
    },
  };

  /**
   * `close`: they are told that the application shuts down, and connect again; `keep`: they stay with the old version until they leave;
   * `handover`: the new version takes them over, and they notice nothing. Default `close`.
   */
  connections: RedeployConnections = 'close';
  /** How long the code, the beans and `appStart` of a version may take, each, in milliseconds. Default 30,000. */
  startTimeoutMs = 30_000;
  /** How long a version, or the whole server, may take to stop, in milliseconds; the server's own policy counts. Default 10,000. */
  stopTimeoutMs = 10_000;
  /** `close`: how long clients stay with the old version before the first is closed, in milliseconds. Default 500. */
  graceMs = 500;
  /** How many clients are closed at a time, so that they do not come back all at once. Default 100. */
  batchSize = 100;
  /** Time between two batches in milliseconds. Default 100. */
  batchIntervalMs = 100;
  /** `keep`: how long an old version may live on for its clients, in milliseconds. Default 600,000. */
  keepMs = 600_000;
  /** `handover`: how long `appSuspend`, `appResume` and the joining of one client may take, each, in milliseconds. Default 5,000. */
  handoverTimeoutMs = 5_000;
  /** Names of attributes of scopes that go over to the new version; `*` for all. Values have to be plain data. Default none. */
  keptAttributes: string[] = [];
  /** How long the ports wait for webapps when the server starts, in milliseconds; the server's own policy counts. Default 5,000. */
  portsWaitMs = 5_000;

  /**
   * Called by the container.
   *
   * @throws ConfigError `BAD_DEPLOYMENT_POLICY`
   */
  afterPropertiesSet(): void {
    if (['close', 'keep', 'handover'].includes(this.connections)) return;
    const code: ServerErrorCode = 'BAD_DEPLOYMENT_POLICY';
    const message = `connections is "${this.connections}" and not "close", "keep" or "handover"`;
    throw new ConfigError(code, message);
  }
}
