import { mkdir } from 'node:fs/promises';
import type { BeanInfo, Lifecycle, Logger } from '../../base/index.ts';
import type { WebappArchives } from '../archive/WebappArchives.ts';
import type { DeployingServer } from './DeployingServer.ts';
import { FolderWatches } from './FolderWatches.ts';
import { listWebapps } from './listWebapps.ts';
import { Rounds } from './Rounds.ts';
import { WatchedArchives } from './WatchedArchives.ts';
import { attemptOf, WatchedFolders } from './WatchedFolders.ts';

/** Hints come in bursts. */
const hintDelayMs = 50;
/** How often something is looked at that is changing, and that the system does not watch. */
const closeLookMs = 200;
const uncoveredLookMs = 1_000;

/**
 * Deploys what is put into the folder of the webapps, redeploys what is changed there and undeploys what is removed.
 *
 * Nothing is done before a webapp or archive has stayed unchanged for a while, so that a copy that takes its time is never started
 * half. Changes are found by comparing; what the operating system tells only says when to look.
 */
export class WebappWatcher implements Lifecycle {
  static readonly beanInfo: BeanInfo = {
    types: ['WebappWatcher', 'RunningServerAware'],
    properties: {
      archives: 'object',
      logger: 'object',
      enabled: 'boolean',
      settleMs: 'int',
      sweepIntervalMs: 'int',
      maxWatchedFolders: 'int',
      maxFilesPerWebapp: 'int',
    },
  };

  /** After the webapps that were there at the start, before the ports. */
  readonly phase = 190;
  archives!: WebappArchives;
  logger!: Logger;
  /** False: only the start of the server deploys. */
  enabled = true;
  /** How long files have to stay unchanged before something is done. */
  settleMs = 800;
  /** Time between two looks at everything, in case the system did not tell of a change. */
  sweepIntervalMs = 5_000;
  /** Folders that the system is asked to watch; webapps with others are looked at each second. */
  maxWatchedFolders = 1_000;
  /** Files of a webapp that are compared while it is being copied, or after it failed. */
  maxFilesPerWebapp = 20_000;

  #server: DeployingServer | undefined;
  #work: Work | undefined;

  /** The server to deploy to; called before the start. */
  setRunningServer(server: DeployingServer): void {
    this.#server = server;
  }

  /** How many folders the operating system watches for it. */
  get watchedFolders(): number {
    return this.#work?.watches.size ?? 0;
  }

  /** Deploys archives that are new, then begins to watch. */
  async start(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    const { webappsFolder } = server;
    await this.archives.tidyUp(webappsFolder);
    const archives = new WatchedArchives({ ...this, server, archives: this.archives });
    await archives.look(await listWebapps(webappsFolder), 0);
    if (!this.enabled) return;
    // It may be empty, but it has to be there to be watched.
    await mkdir(webappsFolder, { recursive: true }).catch(() => undefined);
    const { logger, settleMs, maxFilesPerWebapp } = this;
    const folders = new WatchedFolders({ server, logger, settleMs, maxFilesPerWebapp });
    for (const name of (await listWebapps(webappsFolder)).folders) await folders.adopt(name);
    this.#work = new Work({ server, folders, archives, watcher: this });
    this.#work.start();
  }

  /** Watches no more; waits for what is being deployed. */
  async stop(): Promise<void> {
    await this.#work?.stop();
    this.#work = undefined;
  }
}

interface WorkOptions {
  readonly server: DeployingServer;
  readonly folders: WatchedFolders;
  readonly archives: WatchedArchives;
  readonly watcher: WebappWatcher;
}

/** Decides when to look at what. */
class Work {
  readonly watches: FolderWatches;
  readonly #options: WorkOptions;
  readonly #rounds: Rounds;
  /** Watched folder → name of the webapp it belongs to. */
  readonly #owners = new Map<string, string>();
  readonly #hinted = new Set<string>();
  #sweptAt = performance.now();

  constructor(options: WorkOptions) {
    this.#options = options;
    const { watcher } = options;
    this.watches = new FolderWatches(watcher.maxWatchedFolders, (folder) => this.#hint(folder));
    this.#rounds = new Rounds(() => this.#round(), watcher.logger);
  }

  start(): void {
    this.#cover();
    this.#rounds.within(this.#nextLookMs());
  }

  async stop(): Promise<void> {
    this.watches.close();
    await this.#rounds.stop();
    // A round that was under way may have asked for more.
    this.watches.close();
  }

  #hint(folder: string): void {
    const name = this.#owners.get(folder);
    if (name !== undefined) this.#hinted.add(name);
    this.#rounds.within(hintDelayMs);
  }

  async #round(): Promise<void> {
    const { server, folders, archives, watcher } = this.#options;
    try {
      const listing = await listWebapps(server.webappsFolder);
      await archives.look(listing, watcher.settleMs);
      for (const name of this.#due(listing.folders)) await folders.look(name);
    } finally {
      this.#cover();
      this.#rounds.within(this.#nextLookMs());
    }
  }

  /** The webapps to look at now. */
  #due(present: ReadonlySet<string>): string[] {
    const { folders, server, watcher } = this.#options;
    const isSweep = performance.now() - this.#sweptAt >= watcher.sweepIntervalMs;
    if (isSweep) this.#sweptAt = performance.now();
    const hinted = new Set(this.#hinted);
    this.#hinted.clear();
    const attempts = new Map(server.deployments.map((one) => [one.name, attemptOf(one)]));
    return [...new Set([...present, ...folders.entries.keys()])].filter((name) => {
      const watched = folders.entries.get(name);
      if (watched === undefined || isSweep || hinted.has(name) || !present.has(name)) return true;
      const isOthers = watched.attempt !== attempts.get(name);
      return watched.isPending || watched.isUncovered || isOthers;
    });
  }

  #nextLookMs(): number {
    const { folders, archives, watcher } = this.#options;
    let next = this.#sweptAt + watcher.sweepIntervalMs - performance.now();
    for (const watched of [...folders.entries.values(), ...archives.entries.values()]) {
      if (watched.isPending) next = Math.min(next, closeLookMs, watched.msLeft(watcher.settleMs));
      else if (watched.isUncovered) next = Math.min(next, uncoveredLookMs);
    }
    return Math.max(next, hintDelayMs);
  }

  /** Has the system watch the folders in which a change would matter. */
  #cover(): void {
    const { folders, server } = this.#options;
    this.#owners.clear();
    for (const [name, { stamp }] of folders.entries) {
      for (const folder of stamp?.folders ?? []) this.#owners.set(folder, name);
    }
    const { webappsFolder } = server;
    const missing = this.watches.set(new Set([webappsFolder, ...this.#owners.keys()]));
    for (const watched of folders.entries.values()) {
      const isMissing = (folder: string) => missing.has(folder);
      watched.isUncovered = watched.stamp?.folders.some(isMissing) === true;
    }
    if (missing.has(webappsFolder)) this.#rounds.within(uncoveredLookMs);
  }
}
