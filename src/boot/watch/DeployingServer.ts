import type { Deployment, DeploymentReport } from '../Deployment.ts';

/** A server that webapps can be deployed to while it runs; what {@link WebappWatcher} has to know of it. */
export interface DeployingServer {
  /** The folder of the webapps. */
  readonly webappsFolder: string;
  readonly deployments: readonly Deployment[];
  deploy(folder: string): Promise<DeploymentReport>;
  undeploy(name: string): Promise<DeploymentReport>;
  /** Absolute paths of what a running webapp was read from; undefined when none of that name runs. */
  sourceFilesOf(name: string): readonly string[] | undefined;
}
