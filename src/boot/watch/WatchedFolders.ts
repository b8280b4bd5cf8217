import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from '../../base/index.ts';
import type { Deployment } from '../Deployment.ts';
import { findWebappBeanFiles } from '../findBeanFiles.ts';
import type { DeployingServer } from './DeployingServer.ts';
import { type Stamp, stampOfAll, stampOfSources } from './takeStamp.ts';
import { Watched } from './Watched.ts';

/** The system's clock for files lags that much behind. */
const clockLagMs = 20;
/** What a deployment says of its own times is rounded. */
const roundingMs = 2;

/** What {@link WatchedFolders} work with. */
export interface WatchedFoldersOptions {
  readonly server: DeployingServer;
  readonly logger: Logger;
  readonly settleMs: number;
  readonly maxFilesPerWebapp: number;
}

/**
 * The folders of webapps that are watched, and what is done when they change.
 *
 * A running webapp is compared by the files it was made of: its pages need no redeploy. Any file of one that failed is a reason to
 * try again.
 */
export class WatchedFolders {
  readonly #options: WatchedFoldersOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: WatchedFoldersOptions) {
    this.#options = options;
  }

  /** What is watched, by the webapp's name. */
  get entries(): ReadonlyMap<string, Watched> {
    return this.#watched;
  }

  /** Takes a webapp as it is, unless its files have changed since it was started. */
  async adopt(name: string): Promise<void> {
    const isKnown = this.#watched.has(name);
    const watched = this.#watchedOf(name);
    const deployment = this.#deploymentOf(name);
    watched.attempt = attemptOf(deployment);
    watched.see(await this.#takeStamp(name, deployment));
    if (deployment?.startedAt !== undefined && deployment.startedInMs !== undefined) {
      const beganMs = deployment.startedAt - deployment.startedInMs;
      // Files written right before are the ones that were started.
      this.#settle(watched, beganMs + roundingMs);
    } else if (deployment !== undefined || isKnown) {
      // Failed, or undeployed by hand: it stays so until something changes.
      watched.settle();
    }
  }

  /** Compares a webapp with what it was, and acts when it has stayed changed for long enough. */
  async look(name: string): Promise<void> {
    const watched = this.#watchedOf(name);
    const deployment = this.#deploymentOf(name);
    // Somebody else is at it: the result will be looked at.
    if (deployment?.state === 'starting' || deployment?.state === 'stopping') return;
    if (attemptOf(deployment) !== watched.attempt) {
      await this.adopt(name);
      return;
    }
    const lookedMs = Date.now();
    watched.see(await this.#takeStamp(name, deployment));
    if (!watched.isPending || watched.msLeft(this.#options.settleMs) > 0) return;
    await this.#act(name, watched, deployment);
    if (!existsSync(this.#folderOf(name))) {
      this.#watched.delete(name);
      return;
    }
    const now = this.#deploymentOf(name);
    watched.attempt = attemptOf(now);
    watched.see(await this.#takeStamp(name, now));
    this.#settle(watched, lookedMs - clockLagMs);
  }

  async #act(name: string, watched: Watched, deployment: Deployment | undefined): Promise<void> {
    const { server, logger } = this.#options;
    const folder = this.#folderOf(name);
    const { files, errors } = await findWebappBeanFiles(folder, folder);
    if (files.length > 0 || errors.length > 0) {
      const changed = watched.changedFiles.map((file) => path.relative(folder, file) || name);
      const what = changed.length === 0 ? 'is new' : `has changed (${changed.join(', ')})`;
      logger.info(`webapp "${name}" ${what}`);
      await server.deploy(folder);
    } else if (deployment !== undefined) {
      logger.info(`webapp "${name}" was removed`);
      await server.undeploy(name);
    } else if (existsSync(folder)) {
      logger.debug(`webapps/${name} has no red5-*.yaml or red5-*.xml and is no webapp`);
    }
  }

  /** @param sinceMs - what was changed from then on has not been dealt with */
  #settle(watched: Watched, sinceMs: number): void {
    const isOlder = (watched.stamp?.newestMs ?? 0) < sinceMs;
    if (isOlder || watched.wasRepeated) {
      // A webapp that writes its own sources while it starts would be redeployed for ever.
      watched.settle();
    } else {
      watched.unsettle();
      watched.wasRepeated = true;
    }
  }

  #watchedOf(name: string): Watched {
    const watched = this.#watched.get(name) ?? new Watched();
    this.#watched.set(name, watched);
    return watched;
  }

  #folderOf(name: string): string {
    return path.join(this.#options.server.webappsFolder, name);
  }

  #deploymentOf(name: string): Deployment | undefined {
    return this.#options.server.deployments.find((deployment) => deployment.name === name);
  }

  async #takeStamp(name: string, deployment: Deployment | undefined): Promise<Stamp> {
    const { server, maxFilesPerWebapp } = this.#options;
    const sources = deployment?.problems.length === 0 ? server.sourceFilesOf(name) : undefined;
    const folder = this.#folderOf(name);
    if (sources === undefined) return stampOfAll(folder, maxFilesPerWebapp);
    return stampOfSources(folder, sources);
  }
}

/** Tells attempts to start a webapp apart; undefined when it is not deployed. */
export function attemptOf(deployment: Deployment | undefined): string | undefined {
  if (deployment === undefined) return undefined;
  return [deployment.state, deployment.generation, deployment.problems.join()].join();
}
