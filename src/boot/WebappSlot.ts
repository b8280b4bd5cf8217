import path from 'node:path';
import type { Logger } from '../base/index.ts';
import { ConfigErrors } from '../container/index.ts';
import { bootError } from './bootErrors.ts';
import type { Deployment, DeploymentReport, DeploymentState } from './Deployment.ts';
import { describeProblems } from './describeProblems.ts';
import { explainError } from './explainError.ts';
import { findWebappBeanFiles } from './findBeanFiles.ts';
import type { WebappFolder } from './findWebapps.ts';
import type { Webapp } from './Webapp.ts';

/** What a slot needs of its server. */
export interface SlotOptions {
  /** The server's folder, which paths in messages are relative to. */
  readonly root: string;
  readonly logger: Logger;
  /** Reads and checks a version; creates nothing. */
  readonly read: (found: WebappFolder) => Promise<Webapp>;
  /** Runs code as the server's. */
  readonly run: <T>(task: () => T) => T;
}

/**
 * The place of one webapp in a server: the version that runs, and those that come and go.
 *
 * What is asked of one slot is done one after the other, in the order of asking.
 */
export class WebappSlot {
  readonly name: string;
  readonly #options: SlotOptions;
  #folder: string;
  #state: DeploymentState = 'starting';
  #current: Webapp | undefined;
  #generation = 0;
  #startedAt: number | undefined;
  #startedInMs: number | undefined;
  #problems: readonly string[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #pending = 0;

  constructor(name: string, folder: string, options: SlotOptions) {
    this.name = name;
    this.#folder = folder;
    this.#options = options;
  }

  get folder(): string {
    return this.#folder;
  }

  /** The version that clients reach; undefined when none runs. */
  get current(): Webapp | undefined {
    return this.#current;
  }

  /** Whether it was undeployed and nothing else was asked for meanwhile. */
  get isEmpty(): boolean {
    return this.#state === 'stopping' && this.#pending === 0;
  }

  get deployment(): Deployment {
    const scopes = this.#current?.scopes ?? [];
    return {
      name: this.name,
      folder: this.#folder,
      state: this.#state,
      contextPaths: scopes.map(({ fullPath }) => fullPath),
      generation: this.#generation,
      startedAt: this.#startedAt,
      startedInMs: this.#startedInMs,
      problems: this.#problems,
      connections: scopes.reduce((sum, { connections }) => sum + connections.size, 0),
    };
  }

  /** Starts a version from a folder, in place of the one that runs. Never rejects. */
  deploy(folder: string): Promise<DeploymentReport> {
    return this.#inTurn(async () => {
      this.#folder = folder;
      const found = { name: this.name, folder, ...(await this.#find(folder)) };
      return await this.#start(() => this.#read(found));
    });
  }

  /** Starts the first version, which was read already. Never rejects. */
  start(webapp: Webapp): Promise<DeploymentReport> {
    return this.#inTurn(() => this.#start(async () => webapp));
  }

  /** Stops whatever runs. Never rejects. */
  undeploy(deadline?: AbortSignal): Promise<DeploymentReport> {
    return this.#inTurn(async () => {
      this.#problems = [];
      this.#state = 'stopping';
      try {
        await this.#stop(deadline);
      } catch (error) {
        return this.#failed(error, `webapp "${this.name}" did not stop cleanly`);
      }
      return this.#report(true);
    });
  }

  /** Remembers why the webapp was left out at the start of the server. */
  leaveOut(error: unknown): void {
    this.#state = 'failed';
    this.#failed(error, `webapp "${this.name}" was left out`);
  }

  async #start(read: () => Promise<Webapp>): Promise<DeploymentReport> {
    const { logger, run } = this.#options;
    const began = performance.now();
    if (this.#current === undefined) this.#state = 'starting';
    try {
      const next = await read();
      await this.#stop();
      this.#state = 'starting';
      await run(() => next.start());
      this.#current = next;
    } catch (error) {
      if (this.#current === undefined) this.#state = 'failed';
      return this.#failed(error, `webapp "${this.name}" was left out`);
    }
    this.#generation += 1;
    this.#startedAt = Date.now();
    this.#startedInMs = Math.round(performance.now() - began);
    this.#state = 'running';
    this.#problems = [];
    if (this.#current.scopes.length === 0) {
      logger.warn(`webapp "${this.name}" has no WebScope, so no client can reach it`);
    }
    return this.#report(true);
  }

  async #stop(deadline?: AbortSignal): Promise<void> {
    const webapp = this.#current;
    if (webapp === undefined) return;
    this.#state = 'stopping';
    this.#current = undefined;
    this.#startedAt = undefined;
    this.#startedInMs = undefined;
    await this.#options.run(() => webapp.stop(deadline));
  }

  async #find(folder: string): Promise<Pick<WebappFolder, 'files' | 'errors'>> {
    return await findWebappBeanFiles(folder, this.#options.root);
  }

  async #read(found: WebappFolder): Promise<Webapp> {
    if (found.errors.length > 0) throw new ConfigErrors(found.errors);
    if (found.files.length === 0) {
      const shown = path.relative(this.#options.root, found.folder);
      throw bootError('NO_WEBAPP', `"${shown}" has no red5-*.yaml or red5-*.xml and is no webapp`);
    }
    return await this.#options.read(found);
  }

  #failed(error: unknown, what: string): DeploymentReport {
    const { root, logger } = this.#options;
    this.#problems = describeProblems(error, root, this.#folder);
    logger.error(`${what}\n${explainError(error, root)}`);
    return this.#report(false);
  }

  #report(ok: boolean): DeploymentReport {
    const generation = this.#current === undefined ? 0 : this.#generation;
    return { name: this.name, ok, generation, problems: this.#problems };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#pending += 1;
    const result = this.#last.then(work).finally(() => {
      this.#pending -= 1;
    });
    this.#last = result.catch(() => undefined);
    return result;
  }
}
