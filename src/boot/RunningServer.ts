import { setMaxListeners } from 'node:events';
import path from 'node:path';
import { describeError, LifecycleError, type Logger } from '../base/index.ts';
import type { ApplicationContext } from '../container/index.ts';
import { DeploymentPolicy, type Server, TCPTransport } from '../server/index.ts';
import type { Deployer } from './Deployer.ts';
import type { Deployment, DeploymentReport } from './Deployment.ts';
import { findCulprit, findSuspect } from './findCulprit.ts';
import type { StartOptions } from './startServer.ts';

/** Where a server listens. */
export interface ListeningAddress {
  /** Name of the transport, such as `http`. */
  readonly transport: string;
  readonly host: string;
  /** The real port, also when 0 was asked for. */
  readonly port: number;
  /** One address for each protocol of the port, as a client on this machine writes it: `http://localhost:5080/`. */
  readonly urls: readonly string[];
}

/** An application that clients can reach. */
export interface DeployedApplication {
  /** Name of the webapp's folder. */
  readonly name: string;
  readonly folder: string;
  /** `/chat`; `/` for the root webapp. */
  readonly contextPath: string;
  /** How long its beans and `appStart` took. */
  readonly startedInMs: number;
}

/** A server that was started by {@link startServer}. */
export class RunningServer implements AsyncDisposable {
  /** The server's folder. */
  readonly root: string;
  /** The folder of the webapps. */
  readonly webappsFolder: string;
  readonly #context: ApplicationContext;
  readonly #deployer: Deployer;
  readonly #logger: Logger;
  readonly #stopTimeoutMs: number | undefined;
  #addresses: readonly ListeningAddress[] = [];
  #stopping: Promise<void> | undefined;

  /** @internal */
  constructor(
    context: ApplicationContext,
    deployer: Deployer,
    options: Pick<StartOptions, 'root' | 'webapps' | 'logger' | 'stopTimeoutMs'>,
  ) {
    this.root = path.resolve(options.root);
    this.webappsFolder = path.resolve(options.webapps ?? path.join(this.root, 'webapps'));
    this.#context = context;
    this.#deployer = deployer;
    this.#logger = options.logger;
    this.#stopTimeoutMs = options.stopTimeoutMs;
  }

  /** The applications that run, by the order of their webapps. */
  get applications(): readonly DeployedApplication[] {
    return this.deployments.flatMap(({ name, folder, contextPaths, startedInMs = 0 }) =>
      contextPaths.map((contextPath) => ({ name, folder, contextPath, startedInMs })),
    );
  }

  /** All webapps, those that did not start included, with their states. */
  get deployments(): readonly Deployment[] {
    return this.#deployer.deployments;
  }

  /**
   * Starts the webapp of a folder; a webapp of that folder's name that runs is replaced by it.
   *
   * Nothing is stopped before the new version is checked; when that fails, the old one runs on. Never rejects.
   */
  deploy(folder: string): Promise<DeploymentReport> {
    return this.#deployer.deploy(folder);
  }

  /** Stops a webapp and forgets it; its folder stays. Never rejects. */
  async undeploy(name: string): Promise<DeploymentReport> {
    const report = await this.#deployer.undeploy(name);
    if (report.ok) this.#logger.info(`webapp "${name}" has stopped`);
    return report;
  }

  /** Reads a webapp's folder again and replaces the version that runs, as {@link RunningServer.deploy} does. Never rejects. */
  redeploy(name: string): Promise<DeploymentReport> {
    return this.#deployer.redeploy(name);
  }

  /** Absolute paths of what the version of a webapp that runs was read from; undefined when none runs. */
  sourceFilesOf(name: string): readonly string[] | undefined {
    return this.#deployer.slots.find((slot) => slot.name === name)?.sourceFiles;
  }

  /** Everything that listens; nothing before the start has ended and after the stop. */
  get addresses(): readonly ListeningAddress[] {
    return this.#addresses;
  }

  /** A bean of the server's own context. */
  getBean<T = unknown>(name: string): T {
    return this.#context.getBean<T>(name);
  }

  /**
   * Logs what runs and where it listens.
   *
   * @param began - when the start began, by `performance.now()`
   * @internal
   */
  announce(began: number): void {
    this.#addresses = [...this.#context.getBeansOfType<unknown>('TCPTransport').values()]
      .filter((bean) => bean instanceof TCPTransport)
      .flatMap(listeningAddress);
    const addresses = this.#addresses;
    const home = addresses.flatMap(({ urls }) => urls).find((url) => url.startsWith('http'));
    const server = this.#context.getBean<Server>('red5.server');
    const announceWebapp = ({ name, contextPaths, startedInMs, generation }: Deployment) => {
      for (const contextPath of contextPaths) {
        const path = contextPath === '/' ? '/' : `${contextPath}/`;
        const url = home === undefined ? undefined : new URL(path, home);
        // A webapp of other virtual hosts is not there.
        const isThere =
          url !== undefined &&
          server.resolve(url.hostname, path)?.application.contextPath === contextPath;
        const place = isThere ? `: ${url}` : '';
        const which = generation === 1 ? '' : `, version ${generation}`;
        this.#logger.info(
          `webapp "${name}" runs at ${contextPath}${which} (${startedInMs} ms)${place}`,
        );
      }
    };
    for (const deployment of this.deployments) announceWebapp(deployment);
    this.#deployer.onStarted = announceWebapp;
    for (const { transport, urls } of addresses) {
      this.#logger.info(`${transport} listens: ${urls.join(' ')}`);
    }
    const seconds = (performance.now() - began) / 1000;
    this.#logger.info(`red5 started in ${seconds.toFixed(1)} s`);
  }

  /** The webapp whose code is to blame for an error that nobody caught, and that alone it hurts; undefined when there is none. */
  culpritOf(error: unknown): string | undefined {
    return findCulprit(error, this.#deployer.slots);
  }

  /** The webapp whose code had a part in an error; undefined when there is none. */
  suspectOf(error: unknown): string | undefined {
    return findSuspect(error, this.#deployer.slots);
  }

  /**
   * Stops everything in reverse: ports close, webapps disconnect their clients and get `appStop`, plugins and beans end.
   *
   * Called again, it returns the same promise. What has not ended within the time-out is cut off.
   *
   * @throws LifecycleError `STOP_FAILED` with all failures; everything else was stopped nevertheless
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** The server's own, unless its beans could not even be made. */
  get #policy(): DeploymentPolicy {
    try {
      return this.#context.getBean<Server>('red5.server').deploymentPolicy;
    } catch {
      return new DeploymentPolicy();
    }
  }

  async #stop(): Promise<void> {
    this.#deployer.close();
    const deadline = AbortSignal.timeout(this.#stopTimeoutMs ?? this.#policy.stopTimeoutMs);
    setMaxListeners(0, deadline); // All webapps listen to it at the same time.
    const failures: unknown[] = [];
    const attempt = (work: () => Promise<void>) =>
      work().catch((error: unknown) => failures.push(error));
    await attempt(() => this.#context.stop(deadline, { minPhase: 100 }));
    for (const { name, ok, problems } of await this.#deployer.stop(deadline)) {
      if (ok) continue;
      for (const problem of problems) {
        const message = `webapp "${name}": ${problem}`;
        failures.push(new LifecycleError('STOP_FAILED', message, { phase: 'stop' }));
      }
    }
    await attempt(() => this.#context.close(deadline));
    this.#addresses = [];
    if (failures.length === 0) return;
    const [cause, ...others] = failures;
    throw new LifecycleError('STOP_FAILED', `stopping failed: ${describeError(cause)}`, {
      phase: 'stop',
      cause,
      others,
    });
  }
}

function listeningAddress(transport: TCPTransport): ListeningAddress[] {
  const { name, address } = transport;
  if (address === undefined) return [];
  const { address: host, port } = address;
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const place = `${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
  const schemes = transport.handlers.flatMap(
    ({ protocolName, urlScheme = protocolName, urlSchemes = [urlScheme] }) => urlSchemes,
  );
  const urls = schemes.map((scheme) => `${scheme}://${place}/`);
  return [{ transport: name, host, port, urls }];
}
