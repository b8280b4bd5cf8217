import path from 'node:path';
import { describeError, LifecycleError, type Logger } from '../base/index.ts';
import type { ApplicationContext } from '../container/index.ts';
import { TCPTransport } from '../server/index.ts';
import type { Webapp } from './Webapp.ts';

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
  readonly #context: ApplicationContext;
  readonly #logger: Logger;
  readonly #stopTimeoutMs: number;
  readonly #webapps: Webapp[] = [];
  readonly #applications: DeployedApplication[] = [];
  #addresses: readonly ListeningAddress[] = [];
  #stopping: Promise<void> | undefined;

  /** @internal */
  constructor(context: ApplicationContext, logger: Logger, stopTimeoutMs = 10_000) {
    this.#context = context;
    this.#logger = logger;
    this.#stopTimeoutMs = stopTimeoutMs;
  }

  /** The applications that run, in the order of their start. */
  get applications(): readonly DeployedApplication[] {
    return this.#applications;
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
    for (const { name, contextPath, startedInMs } of this.#applications) {
      const path = contextPath === '/' ? '/' : `${contextPath}/`;
      const place = home === undefined ? '' : `: ${new URL(path, home)}`;
      this.#logger.info(`webapp "${name}" runs at ${contextPath} (${startedInMs} ms)${place}`);
    }
    for (const { transport, urls } of addresses) {
      this.#logger.info(`${transport} listens: ${urls.join(' ')}`);
    }
    const seconds = (performance.now() - began) / 1000;
    this.#logger.info(`red5 started in ${seconds.toFixed(1)} s`);
  }

  /** Starts a webapp. @internal */
  async deploy(webapp: Webapp): Promise<void> {
    const began = performance.now();
    await webapp.start();
    this.#webapps.push(webapp);
    const startedInMs = Math.round(performance.now() - began);
    if (webapp.scopes.length === 0) {
      this.#logger.warn(`webapp "${webapp.name}" has no WebScope, so no client can reach it`);
    }
    for (const scope of webapp.scopes) {
      const contextPath = scope.contextPath === '' ? '/' : scope.contextPath;
      const { name, folder } = webapp;
      this.#applications.push({ name, folder, contextPath, startedInMs });
    }
  }

  /** The webapp in whose code an error was thrown: the one that the innermost frame of its stack lies in. */
  webappOf(error: unknown): string | undefined {
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    const frame = stack.split('\n').find((line) => /^\s+at /.test(line) && !line.includes('node:'));
    return this.#webapps.find(({ folder }) => frame?.includes(folder + path.sep))?.name;
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

  async #stop(): Promise<void> {
    const deadline = AbortSignal.timeout(this.#stopTimeoutMs);
    const failures: unknown[] = [];
    const attempt = (work: () => Promise<void>) =>
      work().catch((error: unknown) => failures.push(error));
    await attempt(() => this.#context.stop(deadline, { minPhase: 100 }));
    for (const webapp of this.#webapps.toReversed()) await attempt(() => webapp.stop(deadline));
    await attempt(() => this.#context.close(deadline));
    this.#applications.length = 0;
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
