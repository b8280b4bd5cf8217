/** A webapp as its server knows it; what {@link WebappWatcher} has to know. */
export interface WatchedDeployment {
  readonly name: string;
  /** Counts the starts of the webapp. */
  readonly generation: number;
  /** When its start had ended, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly startedInMs: number;
  /** What is wrong with its newest files; empty while they run. */
  readonly problems: readonly unknown[];
}

/** A server that webapps can be deployed to while it runs. */
export interface DeployingServer {
  /** The folder of the webapps. */
  readonly webappsFolder: string;
  readonly deployments: readonly WatchedDeployment[];
  /** Starts the webapp in a folder, in the place of the one of that name if there is one; what goes wrong is logged. */
  deploy(folder: string): Promise<{ readonly problems: readonly unknown[] }>;
  undeploy(name: string): Promise<unknown>;
  /** Absolute paths of what a running webapp was read from; undefined when none of that name runs. */
  sourceFilesOf(name: string): readonly string[] | undefined;
}
