import path from 'node:path';
import { describeError, type Logger } from '../base/index.ts';
import { ApplicationContext, type ClassRegistry, ConfigErrors } from '../container/index.ts';
import type { Server } from '../server/index.ts';
import { explainError } from './explainError.ts';
import { findServerBeanFile } from './findBeanFiles.ts';
import { findWebapps, type WebappFolder } from './findWebapps.ts';
import { formerBeans } from './formerBeans.ts';
import { RunningServer } from './RunningServer.ts';
import { standardSystemProperties } from './systemProperties.ts';
import { Webapp, type WebappOptions } from './Webapp.ts';

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
  /** How long {@link RunningServer.stop} waits for what it stops. Default 10,000. */
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
  const errors = [...context.errors];
  const webapps = await readWebapps(
    await findWebapps(options.webapps ?? path.join(root, 'webapps'), root),
    {
      read: (found) =>
        Webapp.read(found, { ...shared, parent: context, modules: options.modules ?? {} }),
      onBroken(name, error) {
        // Nothing will start when the server itself is wrong, so all problems are told in one go.
        if (context.errors.length > 0 && error instanceof ConfigErrors) {
          errors.push(...error.errors);
        } else {
          leaveOut(name, error, options);
        }
      },
      logger: options.logger,
    },
  );
  if (errors.length > 0) {
    await context.close();
    throw new ConfigErrors(errors);
  }
  const running = await start(context, webapps, options);
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
    singletons: { ...formerBeans(), 'red5.logger': options.logger },
  });
}

interface WebappReading {
  readonly read: (found: WebappFolder) => Promise<Webapp>;
  readonly onBroken: (name: string, error: unknown) => void;
  readonly logger: Logger;
}

async function readWebapps(
  folders: readonly WebappFolder[],
  { read, onBroken, logger }: WebappReading,
): Promise<Webapp[]> {
  const webapps: Webapp[] = [];
  for (const found of folders) {
    if (found.errors.length > 0) {
      onBroken(found.name, new ConfigErrors(found.errors));
    } else if (found.files.length === 0) {
      logger.debug(`webapps/${found.name} has no red5-*.yaml or red5-*.xml and is no webapp`);
    } else {
      await read(found).then(
        (webapp) => webapps.push(webapp),
        (error: unknown) => onBroken(found.name, error),
      );
    }
  }
  return webapps;
}

async function start(
  context: ApplicationContext,
  webapps: readonly Webapp[],
  options: StartOptions,
): Promise<RunningServer> {
  const { logger, signal } = options;
  const running = new RunningServer(context, logger, options.stopTimeoutMs);
  try {
    await context.refresh();
    const server = context.getBean<Server>('red5.server');
    await server.run(async () => {
      signal?.throwIfAborted();
      await context.start({ maxPhase: firstApplicationPhase - 1 });
      for (const webapp of webapps) {
        signal?.throwIfAborted();
        await running.deploy(webapp).catch((error: unknown) => {
          leaveOut(webapp.name, error, options);
        });
      }
      signal?.throwIfAborted();
      await context.start();
    });
    return running;
  } catch (error) {
    await running.stop().catch((failure: unknown) => {
      logger.error(`stopping after a failed start: ${describeError(failure)}`);
    });
    throw error;
  }
}

function leaveOut(name: string, error: unknown, { root, logger }: StartOptions): void {
  logger.error(`webapp "${name}" was left out\n${explainError(error, root)}`);
}
