#!/usr/bin/env node
/**
 * The executable `red5`: arguments, signals and the exit code of the process.
 *
 * Exit codes: 0 stopped as asked, 1 the start or the stop failed, 2 configuration or arguments are wrong.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createLogger, describeError, type Logger } from './base/index.ts';
import { convertCommand, graphCommand } from './beansCommand.ts';
import { explainError, explainPortInUse, type RunningServer } from './boot/index.ts';
import { type CommandResult, checkCommand } from './checkCommand.ts';
import { ConfigErrors } from './container/index.ts';
import { deployCommand } from './deployCommand.ts';
import { newCommand } from './newCommand.ts';
import { importCommand } from './sharedObjectsCommand.ts';
import { startServer } from './startServer.ts';

const usage = `Usage: red5 start [--root DIR] [-Dkey=value …]
       red5 check [DIR] [--json] [-Dkey=value …]
       red5 beans to-yaml FILE [--out FILE] [--plain] [--check]
       red5 beans to-xml FILE [--out FILE] [--check]
       red5 beans graph WEBAPP [--mermaid] [--root DIR] [-Dkey=value …]
       red5 so import WEBAPP [--from DIR]
       red5 new NAME [--template empty|chat|live] [--root DIR]
       red5 test WEBAPP [--root DIR]
       red5 list [--json] [--root DIR]
       red5 deploy FOLDER|ARCHIVE [--json] [--root DIR]
       red5 undeploy NAME | red5 redeploy NAME [--json] [--root DIR]

start   starts the server of a folder: conf/red5.yaml says what it is, webapps/ holds its applications
check   finds everything that is wrong with a server and its webapps, or with one webapp, and starts nothing;
        exit code 2 when something is
beans   converts bean files between XML and YAML, comments included, and shows how the beans of a webapp are wired
new     makes a webapp that runs, compiles in an editor without installing anything, and has a test. Default: empty
test    runs the tests of a webapp, *.test.ts and *.test.js, without a build step; exit code 1 when one fails
list    shows the webapps of the server that runs: state, path, version, clients, problems
deploy  puts a folder, .war or .zip file into webapps/ of the server that runs, and starts it; exit code 1 when that fails,
        and then everything is as before
undeploy, redeploy  stop a webapp; read its folder again
so      imports the persistent shared objects of a Red5 webapp, its .red5 files, while the server does not run

  --root DIR      the server's folder. Default: $RED5_HOME, else the current folder if it has conf/,
                  else the server that comes with this package
  -Dkey=value     sets a placeholder of the configuration, such as -Dhttp.port=8080;
                  the environment does too: HTTP_PORT=8080
  -Dlog.level=…   trace, debug, info, warn, error or silent. Default: info
  -Dlog.format=…  text or json. Default: text
  --json          what was found as JSON, for tools
  --from DIR      Red5's persistence folder. Default: WEBAPP/persistence
  --out FILE      writes to a new file instead of printing
  --check         converts both ways, compares, writes nothing
  --plain         writes {$ref: x} instead of !ref x, for tools that dislike tags
  --mermaid       draws the graph as a Mermaid flow chart
  --version       prints the version
  --help          prints this

Ctrl-C stops the server in order, a second Ctrl-C at once.
`;

const packageFolder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const packageFile = path.join(packageFolder, 'package.json');
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
const formats = ['text', 'json'] as const;
/** After a stop, how long something forgotten may keep the process alive. */
const lingerMs = 2_000;
/** A signal so soon after another is the same one. */
const sameSignalMs = 500;

interface StartArguments {
  readonly root: string;
  readonly systemProperties: Readonly<Record<string, string>>;
  readonly logger: Logger;
}

class UsageError extends Error {}

/** Runs the command; resolves to the exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parse(args);
    if (values.help === true) return print(usage);
    if (values.version === true) return print(`${packageVersion()}\n`);
    const [command, ...rest] = positionals;
    if (command === 'check' && rest.length <= 1) return await check(rest[0], values);
    if (command === 'beans') return await beans(rest, values);
    if (command === 'so' && rest[0] === 'import' && rest[1] !== undefined && rest.length === 2) {
      const { root } = startArguments(values.root, values.define ?? []);
      const webapp = existsSync(rest[1]) ? rest[1] : path.join(root, 'webapps', rest[1]);
      return report(await importCommand({ webapp, root, from: values.from }));
    }
    const webappResult = await webappCommand(command, rest, values);
    if (webappResult !== undefined) return report(webappResult);
    if (command !== 'start' || rest.length > 0) {
      throw misused(positionals);
    }
    return await start(startArguments(values.root, values.define ?? []));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`red5: ${error.message}\n\n${synopsisOf(args[0])}`);
    return 2;
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        root: { type: 'string' },
        define: { type: 'string', short: 'D', multiple: true },
        json: { type: 'boolean' },
        from: { type: 'string' },
        template: { type: 'string' },
        out: { type: 'string' },
        check: { type: 'boolean' },
        plain: { type: 'boolean' },
        mermaid: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
  } catch (cause) {
    // The first sentence says it; the others explain an option parser.
    const [message = ''] = describeError(cause).split(/\. (?=[A-Z])/);
    throw new UsageError(message, { cause });
  }
}

type Values = ReturnType<typeof parse>['values'];

/** Only what a command prints goes to the output; the log would be in the way of tools that read it. */
const silent = createLogger({ level: 'silent' });

function report({ output, exitCode }: CommandResult): number {
  (exitCode === 0 ? process.stdout : process.stderr).write(output);
  return exitCode;
}

/** Commands about one webapp, or all of them; undefined for any other. */
async function webappCommand(
  command: string | undefined,
  rest: readonly string[],
  values: Values,
): Promise<CommandResult | undefined> {
  const { root } = startArguments(values.root, values.define ?? []);
  const [target, ...more] = rest;
  if (more.length > 0) return undefined;
  const json = values.json === true;
  if (command === 'list' && target === undefined)
    return deployCommand({ task: command }, { root, json });
  if (target === undefined) return undefined;
  switch (command) {
    case 'new':
      return newCommand({
        name: target,
        template: values.template ?? 'empty',
        root,
        packageFolder,
      });
    case 'test': {
      const folder = existsSync(target) ? target : path.join(root, 'webapps', target);
      // Only here: the module of tests changes how a process ends.
      const { testCommand } = await import('./testCommand.ts');
      return testCommand(folder);
    }
    case 'deploy':
      return deployCommand({ task: command, source: target }, { root, json });
    case 'undeploy':
    case 'redeploy':
      return deployCommand({ task: command, name: target }, { root, json });
    default:
      return undefined;
  }
}

async function check(folder: string | undefined, values: Values): Promise<number> {
  const { root, systemProperties } = startArguments(values.root, values.define ?? []);
  const result = await checkCommand({
    folder: folder ?? root,
    server: values.root === undefined ? packageFolder : root,
    systemProperties,
    env: process.env,
    logger: silent,
    json: values.json === true,
    color: process.stderr.isTTY === true,
  });
  if (values.json !== true) return report(result);
  process.stdout.write(result.output);
  return result.exitCode;
}

async function beans(words: readonly string[], values: Values): Promise<number> {
  const [word, target, ...rest] = words;
  const format = word === 'to-yaml' ? 'yaml' : word === 'to-xml' ? 'xml' : undefined;
  if (target === undefined || rest.length > 0 || (format === undefined && word !== 'graph')) {
    throw misused(['beans', ...words]);
  }
  if (format !== undefined) {
    const { check: only, plain, out } = values;
    return report(
      await convertCommand({
        file: target,
        format,
        check: only === true,
        plain: plain === true,
        out,
      }),
    );
  }
  const { root, systemProperties } = startArguments(values.root, values.define ?? []);
  const server = values.root === undefined ? packageFolder : root;
  const mermaid = values.mermaid === true;
  return report(
    await graphCommand({
      folder: existsSync(target) ? target : path.join(server, 'webapps', target),
      server,
      mermaid,
      systemProperties,
      env: process.env,
      logger: silent,
    }),
  );
}

function misused(words: readonly string[]): UsageError {
  const [command] = words;
  if (command === undefined) return new UsageError('no command was given');
  const isKnown = commandLines().some((line) => namesCommand(line, command));
  const said = `"red5 ${words.join(' ')}"`;
  return new UsageError(isKnown ? `${said} is not how it is used` : `there is no ${said}`);
}

/** How to use one command, or where it is not known, all of them. */
function synopsisOf(command: string | undefined): string {
  const lines = commandLines();
  const own = lines.filter((line) => command !== undefined && namesCommand(line, command));
  const shown = (own.length > 0 ? own : lines).join('\n       ');
  return `Usage: ${shown}\n\nred5 --help explains it.\n`;
}

function commandLines(): string[] {
  const [synopsis = ''] = usage.split('\n\n');
  return synopsis.split('\n').map((line) => line.replace(/^Usage:/, '').trim());
}

function namesCommand(line: string, command: string): boolean {
  return line.split(' ').some((word, at, words) => word === command && words[at - 1] === 'red5');
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
  return version;
}

function startArguments(root: string | undefined, definitions: readonly string[]): StartArguments {
  const systemProperties: Record<string, string> = {};
  for (const definition of definitions) {
    const [key = '', ...value] = definition.split('=');
    if (key === '' || value.length === 0) {
      throw new UsageError(`-D${definition} is not of the form -Dkey=value`);
    }
    systemProperties[key] = value.join('=');
  }
  const { env } = process;
  const setting = (key: string, variable: string) => systemProperties[key] ?? env[variable];
  return {
    root: path.resolve(root ?? env['RED5_HOME'] ?? defaultRoot()),
    systemProperties,
    logger: createLogger({
      level: oneOf(levels, setting('log.level', 'LOG_LEVEL') ?? 'info', 'log.level'),
      format: oneOf(formats, setting('log.format', 'LOG_FORMAT') ?? 'text', 'log.format'),
    }),
  };
}

function defaultRoot(): string {
  return existsSync('conf') ? '.' : packageFolder;
}

function oneOf<T extends string>(words: readonly T[], word: string, key: string): T {
  const found = words.find((known) => known === word);
  if (found !== undefined) return found;
  throw new UsageError(`${key} is "${word}"; it can be ${words.join(', ')}`);
}

async function start({ root, systemProperties, logger }: StartArguments): Promise<number> {
  const watch = new ProcessWatch(logger);
  watch.start();
  const { signal } = watch;
  let server: RunningServer;
  try {
    server = await startServer({ root, systemProperties, env: process.env, logger, signal });
  } catch (error) {
    if (signal.aborted) return watch.exitCode;
    return reportFailedStart(error, root, logger);
  }
  watch.server = server;
  await watch.askedToStop;
  try {
    await server.stop();
  } catch (error) {
    logger.error(explainError(error));
    return 1;
  }
  logger.info('stopped');
  await watch.settled();
  return watch.exitCode;
}

/** What reaches the process from outside its code: signals, and errors that nobody caught. */
class ProcessWatch {
  /** Known once it runs. */
  server: RunningServer | undefined;
  exitCode = 0;
  readonly askedToStop: Promise<void>;
  readonly #logger: Logger;
  readonly #aborter = new AbortController();
  #askedAt = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.askedToStop = new Promise((resolve) => {
      this.signal.addEventListener('abort', () => resolve());
    });
  }

  /** Aborted when the server is to stop. */
  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  start(): void {
    process.on('SIGINT', () => this.#stop('Ctrl-C'));
    process.on('SIGTERM', () => this.#stop('SIGTERM'));
    process.on('unhandledRejection', (error) => {
      const webapp = this.server?.suspectOf(error);
      const whose = webapp === undefined ? '' : ` in webapp "${webapp}"`;
      this.#logger.error(
        `a promise was rejected and nobody handled it${whose}\n${explainError(error)}`,
      );
    });
    process.on('uncaughtException', (error) => this.#uncaught(error));
  }

  /** Waits until the same signal cannot arrive once more: a process that is ending already would die of it. */
  async settled(): Promise<void> {
    await delay(Math.max(0, this.#askedAt + sameSignalMs - performance.now()));
  }

  /** An error out of a webapp's own timer or event hurts only itself; after any other the state of the server is unknown. */
  #uncaught(error: Error): void {
    const webapp = this.server?.culpritOf(error);
    const whose = webapp === undefined ? '' : ` in webapp "${webapp}"`;
    this.#logger.error(`uncaught error${whose}\n${explainError(error)}`);
    if (webapp !== undefined) return;
    this.exitCode = 1;
    if (!this.signal.aborted) this.#stop('uncaught error');
  }

  #stop(why: string): void {
    if (this.signal.aborted) {
      // One Ctrl-C under npm arrives twice: from the terminal, and passed on by npm.
      if (performance.now() - this.#askedAt < sameSignalMs) return;
      // The second time there is no more waiting.
      process.exit(this.exitCode === 0 ? 130 : this.exitCode);
    }
    this.#askedAt = performance.now();
    this.#logger.info(`stopping (${why}) …`);
    this.#aborter.abort();
  }
}

function reportFailedStart(error: unknown, root: string, logger: Logger): number {
  if (error instanceof ConfigErrors) {
    process.stderr.write(`${explainError(error, root)}\n`);
    return 2;
  }
  const portInUse = explainPortInUse(error, root);
  logger.error(portInUse ?? `the server did not start\n${explainError(error, root)}`);
  return 1;
}

process.exitCode = await main(process.argv.slice(2));
// Reached only when something that a webapp forgot keeps the process alive.
setTimeout(() => {
  process.stderr.write(`red5: still open after the stop: ${process.getActiveResourcesInfo()}\n`);
  process.exit(1);
}, lingerMs).unref();
