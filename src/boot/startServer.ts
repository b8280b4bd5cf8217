import path from 'node:path';
import { describeError, LifecycleError, type Logger } from '../base/index.ts';
import { ApplicationContext, type ClassRegistry, ConfigErrors } from '../container/index.ts';
import { DeploymentPolicy, type Server } from '../server/index.ts';
import { CodeTransformer } from './CodeTransformer.ts';
import { Deployer } from './Deployer.ts';
import { findServerBeanFile } from './findBeanFiles.ts';
import { findWebapps, type WebappFolder } from './findWebapps.ts';
import { RunningServer } from './RunningServer.ts';
import { standardSystemProperties } from './systemProperties.ts';
import { Webapp, type WebappOptions } from './Webapp.ts';
import type { WebappSlot } from './WebappSlot.ts';
import { withinTime } from './withinTime.ts';

/** How to start a server; see {@link startServer}. */
export interface StartOptions {
  /** The server's folder: `conf/red5.yaml` and `webapps/` are in it. */
  readonly root: string;
  /** The folder of the webapps. Default `<root>/webapps`. */
  readonly webapps?: string;
  /** Classes that bean files may name. */
  readonly classes: ClassRegistry;
  /** Ready modules that webapp code may import by name. */
  readonly modules?: Readonly<Record<string, unknown>>;
  /** Values for placeholders, before everything else: what `-Dkey=value` gives. */
  readonly systemProperties?: Readonly<Record<string, string>>;
  /** Values for placeholders, after the system properties: `rtmp.port` is also looked up as `RTMP_PORT`. Default none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  /** How long {@link RunningServer.stop} waits for what it stops. Default: the `stopTimeoutMs` of the server's `DeploymentPolicy`. */
  readonly stopTimeoutMs?: number;
  /** Aborts when the server is to stop although it has not finished starting. */
  readonly signal?: AbortSignal;
}

const firstApplicationPhase = 100;

/**
 * Starts a server: reads and checks all bean files, creates the server's beans, starts plugins, then webapps, and opens ports last.
 *
 * A webapp that is broken or does not start is left out, with its reasons in the log. Servers in one process share nothing.
 *
 * @throws ConfigErrors when the server's own configuration is wrong, with the problems of all webapps as well; nothing was started
 * @throws LifecycleError when a bean of the server failed, such as a port in use; all that had started was stopped
 */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const began = performance.now();
  const root = path.resolve(options.root);
  const context = await inspectServer(options);
  const shared = sharedOptions(options);
  const transformer = new CodeTransformer();
  const read = (found: WebappFolder, previous?: Webapp) =>
    Webapp.read(
      found,
      { ...shared, parent: context, modules: options.modules ?? {}, transformer },
      previous,
    );
  const deployer = new Deployer({
    root,
    logger: options.logger,
    read,
    server: () => context.getBean<Server>('red5.server'),
  });
  const errors = [...context.errors];
  const webapps: { readonly slot: WebappSlot; readonly webapp: Webapp }[] = [];
  const found = await findWebapps(options.webapps ?? path.join(root, 'webapps'), root);
  for (const { slot, webapp, error } of await readAll(found, { deployer, read, options })) {
    if (webapp !== undefined) webapps.push({ slot, webapp });
    // Nothing will start when the server itself is wrong, so all problems are told in one go.
    else if (context.errors.length === 0) slot.leaveOut(error);
    else if (error instanceof ConfigErrors) errors.push(...error.errors);
  }
  if (errors.length > 0) {
    await context.close();
    throw new ConfigErrors(errors);
  }
  const running = new RunningServer(context, deployer, options);
  await start(running, context, options, () =>
    // Emptied: closures of this function live as long as the server, and must not keep first versions.
    Promise.all(webapps.splice(0).map(({ slot, webapp }) => slot.start(webapp))),
  );
  running.announce(began);
  return running;
}

/** What the contexts of server and webapps are read with alike. */
export function sharedOptions(options: StartOptions): Omit<WebappOptions, 'parent' | 'modules'> {
  const root = path.resolve(options.root);
  return {
    classes: options.classes,
    env: options.env ?? {},
    systemProperties: { ...standardSystemProperties(root), ...options.systemProperties },
    displayRoot: root,
    logger: options.logger,
  };
}

/**
 * Reads and checks the server's own bean file; nothing is made. What is wrong is in the context's `errors`.
 *
 * @throws ConfigErrors when there is no such file, or more than one
 */
export async function inspectServer(options: StartOptions): Promise<ApplicationContext> {
  const root = path.resolve(options.root);
  const beanFiles = await findServerBeanFile(root);
  if (beanFiles.errors.length > 0) throw new ConfigErrors(beanFiles.errors);
  return ApplicationContext.inspect({
    ...sharedOptions(options),
    name: 'red5',
    files: beanFiles.files,
    baseFolder: root,
    classpathFolder: path.join(root, 'conf'),
    singletons: { 'red5.logger': options.logger },
  });
}

/** Beans that deploy webapps, or let somebody do so. */
interface RunningServerAware {
  setRunningServer(server: RunningServer): void;
}

function tellRunningServer(context: ApplicationContext, running: RunningServer): void {
  const beans = context.getBeansOfType<RunningServerAware>('RunningServerAware');
  for (const bean of beans.values()) bean.setRunningServer(running);
}

interface ReadWebapp {
  readonly slot: WebappSlot;
  readonly webapp?: Webapp;
  readonly error?: unknown;
}

/** Reads all webapps at the same time, so that one whose code hangs does not hold up the others. */
function readAll(
  folders: readonly WebappFolder[],
  {
    deployer,
    read,
    options,
  }: {
    readonly deployer: Deployer;
    readonly read: (found: WebappFolder) => Promise<Webapp>;
    readonly options: StartOptions;
  },
): Promise<ReadWebapp[]> {
  const reading: Promise<ReadWebapp>[] = [];
  for (const found of folders) {
    const { name, folder, files, errors } = found;
    if (files.length + errors.length === 0) {
      options.logger.debug(`webapps/${name} has no red5-*.yaml or red5-*.xml and is no webapp`);
      continue;
    }
    const slot = deployer.slotFor(name, folder);
    if (errors.length > 0) {
      reading.push(Promise.resolve({ slot, error: new ConfigErrors(errors) }));
      continue;
    }
    const timeMs = new DeploymentPolicy().startTimeoutMs;
    const readOne = async (): Promise<ReadWebapp> => {
      try {
        const webapp = await withinTime(read(found), timeMs);
        if (webapp !== undefined) return { slot, webapp };
        const message = `the code of webapp "${name}" took more than ${timeMs} ms`;
        return { slot, error: new LifecycleError('START_TIMED_OUT', message, { phase: 'create' }) };
      } catch (error) {
        return { slot, error };
      }
    };
    reading.push(readOne());
  }
  return Promise.all(reading);
}

async function start(
  running: RunningServer,
  context: ApplicationContext,
  options: StartOptions,
  startWebapps: () => Promise<unknown>,
): Promise<void> {
  const { logger, signal } = options;
  try {
    await context.refresh();
    tellRunningServer(context, running);
    const server = context.getBean<Server>('red5.server');
    await server.run(async () => {
      signal?.throwIfAborted();
      await context.start({ maxPhase: firstApplicationPhase - 1 });
      signal?.throwIfAborted();
      // A webapp that takes its time holds up neither the others nor the ports; its clients are told that it starts.
      await withinTime(startWebapps(), server.deploymentPolicy.portsWaitMs, signal);
      signal?.throwIfAborted();
      await context.start();
    });
  } catch (error) {
    await running.stop().catch((failure: unknown) => {
      logger.error(`stopping after a failed start: ${describeError(failure)}`);
    });
    throw error;
  }
}
