/** Where a webapp stands. A running one stays `running` while a new version of it is checked and started beside it. */
export type DeploymentState = 'starting' | 'running' | 'failed' | 'stopping';

/** A webapp of a running server, as it is at the moment of asking. */
export interface Deployment {
  /** Name of the webapp's folder, and what it is undeployed by. */
  readonly name: string;
  /** Absolute path of the folder. */
  readonly folder: string;
  readonly state: DeploymentState;
  /** Where clients find it: `/chat`; `/` for the root webapp. Empty unless it runs. */
  readonly contextPaths: readonly string[];
  /** Which version runs: 1 for the first that started, 2 for its replacement; 0 when none ever did. */
  readonly generation: number;
  /** When the version that runs had started, in milliseconds since the epoch; undefined when none runs. */
  readonly startedAt: number | undefined;
  /** How long its beans and `appStart` took; undefined when none runs. */
  readonly startedInMs: number | undefined;
  /** What was wrong with the last attempt to start a version, as in {@link DeploymentReport.problems}; empty when it started. */
  readonly problems: readonly string[];
  /** Clients connected to it, those of versions that still drain included. */
  readonly connections: number;
}

/** What came of deploying, undeploying or redeploying a webapp. */
export interface DeploymentReport {
  readonly name: string;
  /** Whether what was asked for is done. */
  readonly ok: boolean;
  /** The version that runs now; 0 when none does. */
  readonly generation: number;
  /** Why not, each as text for a person: place (`file:line:column`) first where there is one, and the line in question. */
  readonly problems: readonly string[];
}
