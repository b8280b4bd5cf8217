import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from '../../base/index.ts';
import { findWebappBeanFiles } from '../findBeanFiles.ts';
import type { DeployingServer, WatchedDeployment } from './DeployingServer.ts';
import { type Stamp, stampOfAll, stampOfSources } from './takeStamp.ts';
import { Watched } from './Watched.ts';

/** Times of files and of the process are not taken from the same tick of the clock. */
const clockGrainMs = 20;

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
    watched.generation = deployment?.generation;
    watched.see(await this.#takeStamp(name, deployment));
    if (deployment === undefined) {
      // Undeployed by hand: it stays so until something changes.
      if (isKnown) watched.settle();
      return;
    }
    const { startedAt, startedInMs } = deployment;
    this.#settle(watched, startedAt - startedInMs);
  }

  /** Compares a webapp with what it was, and acts when it has stayed changed for long enough. */
  async look(name: string): Promise<void> {
    const watched = this.#watchedOf(name);
    const deployment = this.#deploymentOf(name);
    if (deployment?.generation !== watched.generation) {
      // Somebody else has deployed or undeployed it.
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
    watched.generation = now?.generation;
    watched.see(await this.#takeStamp(name, now));
    this.#settle(watched, lookedMs);
  }

  async #act(
    name: string,
    watched: Watched,
    deployment: WatchedDeployment | undefined,
  ): Promise<void> {
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

  /** @param sinceMs - when the files were about to be read: what changed later has not been dealt with */
  #settle(watched: Watched, sinceMs: number): void {
    const isOlder = (watched.stamp?.newestMs ?? 0) < sinceMs - clockGrainMs;
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

  #deploymentOf(name: string): WatchedDeployment | undefined {
    return this.#options.server.deployments.find((deployment) => deployment.name === name);
  }

  async #takeStamp(name: string, deployment: WatchedDeployment | undefined): Promise<Stamp> {
    const { server, maxFilesPerWebapp } = this.#options;
    const sources = deployment?.problems.length === 0 ? server.sourceFilesOf(name) : undefined;
    const folder = this.#folderOf(name);
    if (sources === undefined) return stampOfAll(folder, maxFilesPerWebapp);
    return stampOfSources(folder, sources);
  }
}
