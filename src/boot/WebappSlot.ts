import { realpathSync } from 'node:fs';
import path from 'node:path';
import { LifecycleError, type Logger } from '../base/index.ts';
import { ConfigErrors } from '../container/index.ts';
import { type DeploymentPolicy, retire, type Server, type Succession } from '../server/index.ts';
import { bootError } from './bootErrors.ts';
import type { Deployment, DeploymentReport, DeploymentState } from './Deployment.ts';
import { describeProblems } from './describeProblems.ts';
import { explainError } from './explainError.ts';
import { findWebappBeanFiles } from './findBeanFiles.ts';
import type { WebappFolder } from './findWebapps.ts';
import type { Webapp } from './Webapp.ts';
import { withinTime } from './withinTime.ts';

/** What a slot needs of its server. */
export interface SlotOptions {
  /** The server's folder, which paths in messages are relative to. */
  readonly root: string;
  readonly logger: Logger;
  /** Reads and checks a version that is to replace another; creates nothing. */
  readonly read: (found: WebappFolder, previous: Webapp | undefined) => Promise<Webapp>;
  /** The server's own bean, once there is one. */
  readonly server: () => Server;
  /** Told of each version that took over. */
  readonly started: (deployment: Deployment) => void;
}

/** A version that was replaced and whose clients go. */
interface RetiringVersion {
  readonly webapp: Webapp;
  /** Aborts when there is no more waiting. */
  readonly hurry: AbortController;
  readonly gone: Promise<void>;
}

/** Versions that may wait for their clients to go; with one more, the oldest waits no longer. */
const MAX_RETIRING = 3;
/**
 * The place of one webapp in a server: the version that runs, and those that come and go.
 *
 * What is asked of one slot is done one after the other, in the order of asking. A version is read, checked, created and started beside
 * the one that runs; only then does it get the clients, and the old one goes.
 */
export class WebappSlot {
  readonly name: string;
  readonly #options: SlotOptions;
  #folder: string;
  #state: DeploymentState = 'starting';
  #current: Webapp | undefined;
  readonly #retiring = new Set<RetiringVersion>();
  readonly #givingUp = new AbortController();
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

  /** What the version that clients reach is made of; undefined when none runs. */
  get sourceFiles(): readonly string[] | undefined {
    return this.#current?.sourceFiles;
  }

  /** The folder as it is written, and as it really is when there are links on the way. */
  get codeFolders(): readonly string[] {
    try {
      return [this.#folder, realpathSync(this.#folder)];
    } catch {
      return [this.#folder]; // the folder is gone, its code may still run
    }
  }

  /** Whether it was undeployed and nothing else was asked for meanwhile. */
  get isEmpty(): boolean {
    return this.#state === 'stopping' && this.#pending === 0;
  }

  get deployment(): Deployment {
    const versions = [...this.#retiring].map(({ webapp }) => webapp);
    if (this.#current !== undefined) versions.push(this.#current);
    const scopes = versions.flatMap((version) => version.scopes);
    return {
      name: this.name,
      folder: this.#folder,
      state: this.#state,
      contextPaths: this.#current?.scopes.map(({ fullPath }) => fullPath) ?? [],
      generation: this.#generation,
      startedAt: this.#startedAt,
      startedInMs: this.#startedInMs,
      problems: this.#problems,
      connections: scopes.reduce((sum, { connections }) => sum + connections.size, 0),
    };
  }

  /** Starts a version from a folder, in place of the one that runs. Never rejects. */
  deploy(folder: string): Promise<DeploymentReport> {
    return this.#inTurn(() => {
      this.#folder = folder;
      return this.#start(() => this.#read(folder));
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
      const retiring = [...this.#retiring];
      for (const { hurry } of retiring) hurry.abort();
      const current = this.#current;
      this.#current = undefined;
      this.#startedAt = undefined;
      this.#startedInMs = undefined;
      try {
        await this.#server.run(() => current?.stop(deadline ?? this.#deadline));
      } catch (error) {
        return this.#failed(error, `webapp "${this.name}" did not stop cleanly`);
      } finally {
        await Promise.all(retiring.map(({ gone }) => gone));
      }
      return this.#report(true);
    });
  }

  /** Gives up the version that is being started; the server is about to stop. */
  giveUp(): void {
    this.#givingUp.abort();
  }

  /** Remembers why the webapp was left out at the start of the server. */
  leaveOut(error: unknown): void {
    this.#state = 'failed';
    this.#failed(error, `webapp "${this.name}" was left out`);
  }

  get #server(): Server {
    return this.#options.server();
  }

  get #deadline(): AbortSignal {
    return AbortSignal.timeout(this.#server.deploymentPolicy.stopTimeoutMs);
  }

  async #start(read: () => Promise<Webapp>): Promise<DeploymentReport> {
    const { logger } = this.#options;
    const began = performance.now();
    const previous = this.#current;
    if (previous === undefined) this.#state = 'starting';
    let next: Webapp;
    try {
      next = await this.#bringUp(read);
    } catch (error) {
      if (previous === undefined) this.#state = 'failed';
      const instead = previous === undefined ? 'was left out' : 'was not replaced';
      return this.#failed(error, `webapp "${this.name}" ${instead}`);
    }
    try {
      if (previous === undefined) next.open(this.#server, undefined);
      else await this.#replace(previous, next);
    } catch (error) {
      // A listener of the server failed; the new version runs all the same.
      logger.error(`webapp "${this.name}" took over with errors\n${explainError(error)}`);
    }
    this.#current = next;
    this.#generation += 1;
    this.#startedAt = Date.now();
    this.#startedInMs = Math.round(performance.now() - began);
    this.#state = 'running';
    this.#problems = [];
    if (next.scopes.length === 0) {
      logger.warn(`webapp "${this.name}" has no WebScope, so no client can reach it`);
    }
    this.#options.started(this.deployment);
    return this.#report(true);
  }

  /** Reads, creates and starts a version, each within a time; one that fails is undone. */
  async #bringUp(read: () => Promise<Webapp>): Promise<Webapp> {
    const server = this.#server;
    const { startTimeoutMs } = server.deploymentPolicy;
    const next = await this.#inTime('its code', startTimeoutMs, read);
    try {
      await this.#inTime('making its beans', startTimeoutMs, () => next.create());
      // An application has a time-out of its own, and says more when it is over.
      const own = next.scopes.map(({ deploymentPolicy }) => deploymentPolicy.startTimeoutMs);
      const longest = Math.max(startTimeoutMs, ...own) + 1000;
      await this.#inTime('starting its beans', longest, () => next.start());
      return next;
    } catch (error) {
      // The first failure is what the user has to know.
      await next.stop(this.#deadline).catch(() => undefined);
      throw error;
    }
  }

  async #inTime<T>(what: string, timeMs: number, work: () => Promise<T>): Promise<T> {
    const result = await withinTime(
      this.#server.run(work).then((value) => ({ value })),
      timeMs,
      this.#givingUp.signal,
    );
    if (result !== undefined) return result.value;
    if (this.#givingUp.signal.aborted) throw bootError('GIVEN_UP', 'the server is stopping');
    const message = `${what} took webapp "${this.name}" more than ${timeMs} ms`;
    throw new LifecycleError('START_TIMED_OUT', message, { phase: 'start' });
  }

  /** Lets a version take the place of another: what was shared goes over, and with the policy `handover` the clients. */
  async #replace(previous: Webapp, next: Webapp): Promise<void> {
    const server = this.#server;
    const successions = next.successionsFrom(previous);
    const policy = next.scopes[0]?.deploymentPolicy ?? server.deploymentPolicy;
    const isHandover = policy.connections === 'handover';
    for (const succession of successions) await succession.prepare(isHandover);
    if (isHandover) await Promise.all(successions.map((succession) => succession.suspend()));
    next.open(server, previous);
    for (const succession of successions) succession.takeOver();
    if (!isHandover) {
      this.#retire(previous, policy, successions);
      return;
    }
    await Promise.all(successions.map((succession) => succession.release()));
    await this.#stopPrevious(previous);
    for (const succession of successions) succession.forget();
    await Promise.all(successions.map((succession) => succession.resume()));
  }

  /** Lets the clients of a version that was replaced go, as a policy says, and then stops it. */
  #retire(previous: Webapp, policy: DeploymentPolicy, successions: readonly Succession[]): void {
    const hurry = new AbortController();
    const go = async (): Promise<void> => {
      await Promise.all(previous.scopes.map((scope) => retire(scope, policy, hurry.signal)));
      await this.#stopPrevious(previous);
      for (const succession of successions) succession.forget();
    };
    const retiring: RetiringVersion = {
      webapp: previous,
      hurry,
      gone: go().finally(() => this.#retiring.delete(retiring)),
    };
    this.#retiring.add(retiring);
    if (this.#retiring.size > MAX_RETIRING) [...this.#retiring][0]?.hurry.abort();
  }

  async #stopPrevious(previous: Webapp): Promise<void> {
    const { logger, root } = this.#options;
    try {
      await this.#server.run(() => previous.stop(this.#deadline));
    } catch (error) {
      const what = `the old version of webapp "${this.name}" did not stop cleanly`;
      logger.error(`${what}\n${explainError(error, root)}`);
    }
  }

  async #read(folder: string): Promise<Webapp> {
    const { root, read } = this.#options;
    const found = await findWebappBeanFiles(folder, root);
    if (found.errors.length > 0) throw new ConfigErrors(found.errors);
    if (found.files.length === 0) {
      const shown = path.relative(root, folder);
      throw bootError('NO_WEBAPP', `"${shown}" has no red5-*.yaml or red5-*.xml and is no webapp`);
    }
    return await read({ name: this.name, folder, ...found }, this.#current);
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
