import path from 'node:path';
import type { Logger } from '../../base/index.ts';
import type { WebappArchives } from '../archive/WebappArchives.ts';
import { explainError } from '../explainError.ts';
import type { DeployingServer } from './DeployingServer.ts';
import type { WebappListing } from './listWebapps.ts';
import { stampOfFile } from './takeStamp.ts';
import { Watched } from './Watched.ts';

/** What {@link WatchedArchives} work with. */
export interface WatchedArchivesOptions {
  readonly server: DeployingServer;
  readonly archives: WebappArchives;
  readonly logger: Logger;
}

/** The archives in the folder of the webapps: a new or newer one is unpacked and deployed, one that is gone is undeployed. */
export class WatchedArchives {
  readonly #options: WatchedArchivesOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #reported = new Set<string>();

  constructor(options: WatchedArchivesOptions) {
    this.#options = options;
  }

  /** What is watched, by the webapp's name. */
  get entries(): ReadonlyMap<string, Watched> {
    return this.#watched;
  }

  /**
   * Acts on archives that have stayed changed for long enough.
   *
   * @param settleMs - how long that is; 0 at the start of the server
   */
  async look({ archives, unnamed }: WebappListing, settleMs: number): Promise<void> {
    const { server, logger } = this.#options;
    for (const [file, error] of unnamed) {
      if (!this.#reported.has(file)) logger.error(explainError(error));
      this.#reported.add(file);
    }
    const unpacked = await this.#options.archives.unpacked(server.webappsFolder);
    for (const name of new Set([...archives.keys(), ...unpacked, ...this.#watched.keys()])) {
      await this.#lookAt(name, archives.get(name), settleMs);
    }
  }

  async #lookAt(name: string, file: string | undefined, settleMs: number): Promise<void> {
    const watched = this.#watched.get(name) ?? new Watched();
    this.#watched.set(name, watched);
    watched.see(await stampOfFile(file ?? path.join(this.#options.server.webappsFolder, name)));
    if (!watched.isPending || watched.msLeft(settleMs) > 0) return;
    watched.settle();
    if (file !== undefined) return this.#deploy(name, file);
    this.#watched.delete(name);
    await this.#remove(name);
  }

  async #deploy(name: string, file: string): Promise<void> {
    const { server, archives, logger } = this.#options;
    try {
      const installed = await archives.unpack(file);
      if (installed === undefined) return;
      logger.info(`webapp "${name}" was unpacked from ${path.basename(file)}`);
      const { ok } = await server.deploy(installed.folder);
      // What is wrong has been logged; the version that ran before, if any, goes on with its own files.
      await (ok ? installed.keep() : installed.undo());
    } catch (error) {
      logger.error(`webapp "${name}" was not deployed\n${explainError(error)}`);
    }
  }

  async #remove(name: string): Promise<void> {
    const { server, archives, logger } = this.#options;
    const archive = await archives.archiveOf(server.webappsFolder, name);
    if (archive === undefined) return;
    logger.info(`webapp "${name}": ${archive} was removed`);
    if (server.deployments.some((deployment) => deployment.name === name)) {
      await server.undeploy(name);
    }
    await archives.remove(server.webappsFolder, name);
  }
}
