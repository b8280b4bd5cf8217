import type { DeploymentReport, RunningServer } from '../../src/boot/index.ts';
import { startServer } from '../../src/startServer.ts';
import { RTMPTestClient } from '../support/rtmp/RTMPTestClient.ts';
import { MemoryLogger, plainWebapp, shippedConfig } from '../support/serverFiles.ts';
import { TemporaryFolder } from '../support/TemporaryFolder.ts';
import { WebSocketTestClient } from '../support/WebSocketTestClient.ts';

type Files = Readonly<Record<string, string>>;

/** A server in this process whose webapps come and go, and a list that their code writes into. */
export class DeployServer implements AsyncDisposable {
  readonly running: RunningServer;
  /** What the code of the webapps noted, in order. */
  readonly notes: string[];
  readonly logger: MemoryLogger;
  readonly #folder: TemporaryFolder;

  private constructor(
    running: RunningServer,
    folder: TemporaryFolder,
    options: { readonly notes: string[]; readonly logger: MemoryLogger },
  ) {
    this.running = running;
    this.#folder = folder;
    this.notes = options.notes;
    this.logger = options.logger;
  }

  /** @param edit - changes the shipped server configuration */
  static async start(
    files: Files = {},
    edit: (config: string) => string = (config) => config,
  ): Promise<DeployServer> {
    const folder = await TemporaryFolder.create({
      'conf/red5.yaml': edit(await shippedConfig()),
      ...files,
    });
    const notes: string[] = [];
    Reflect.set(globalThis, 'deployNotes', notes);
    const logger = new MemoryLogger();
    const running = await startServer({
      root: folder.path,
      systemProperties: { 'http.port': '0', 'rtmp.port': '0', 'ws.port': '0' },
      logger,
    });
    return new DeployServer(running, folder, { notes, logger });
  }

  file(...parts: readonly string[]): string {
    return this.#folder.file(...parts);
  }

  write(files: Files): Promise<void> {
    return this.#folder.write(files);
  }

  deploy(name: string): Promise<DeploymentReport> {
    return this.running.deploy(this.file('webapps', name));
  }

  webSocket(pathname: string, host?: string): Promise<WebSocketTestClient> {
    const options = host === undefined ? {} : { headers: { host } };
    return WebSocketTestClient.open(`ws://127.0.0.1:${this.port('http')}${pathname}`, options);
  }

  rtmp(app: string, host?: string): Promise<RTMPTestClient> {
    return RTMPTestClient.join(this.port('rtmp'), app, host === undefined ? {} : { host });
  }

  /** Waits until something was noted. */
  async noted(note: string): Promise<void> {
    const end = performance.now() + 10_000;
    while (!this.notes.includes(note)) {
      if (performance.now() > end) throw new Error(`not noted: ${note}; but ${this.notes}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  port(transport: string): number {
    const address = this.running.addresses.find((one) => one.transport === transport);
    return address?.port ?? 0;
  }

  /** The title of a page, or the status when it is not there. */
  async page(pathname: string, host?: string): Promise<string | number> {
    const response = await fetch(`http://127.0.0.1:${this.port('http')}${pathname}`, {
      ...(host === undefined ? {} : { headers: { host } }),
    });
    const text = await response.text();
    if (!response.ok) return response.status;
    return /<title>([^<]*)/.exec(text)?.[1] ?? text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.running.stop();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** More of a version than its name. */
export interface VersionOptions {
  /** More of the class of the application. */
  readonly body?: string;
  /** The body of `appStart`. */
  readonly start?: string;
  /** More properties of `web.scope`, as lines of YAML. */
  readonly scope?: string;
  /** More beans, as YAML below `beans:`. */
  readonly beans?: string;
}

/**
 * Files of a webapp that notes its starts and stops, tells RTMP clients its version when they call `whichVersion`, and sends texts of
 * WebSockets back with its version.
 */
export function versionOf(
  name: string,
  version: string,
  { body = '', start = '', scope = '', beans = '' }: VersionOptions = {},
): Record<string, string> {
  const plain = plainWebapp(name, './Application.ts');
  const file = `webapps/${name}/red5-web.yaml`;
  return {
    ...plain,
    [file]: `${(plain[file] ?? '').replace(/( +)contextPath: .*\n/, (line, indent: string) =>
      [line, ...scope.split('\n').map((one) => (one === '' ? '' : `${indent}${one}\n`))].join(''),
    )}  webSocketScope:
    class: WebSocketScope
    constructor-args: [!ref web.scope]
    properties:
      listeners: [!bean { class: ./Echo.ts }]
${beans}`,
    [`webapps/${name}/index.html`]: `<!doctype html><title>${version}</title>`,
    [`webapps/${name}/version.ts`]: `export const version: string = '${version}';\n`,
    [`webapps/${name}/Echo.ts`]: `
import { WebSocketDataListener } from 'red5-node';
import { version } from './version.ts';
export class Echo extends WebSocketDataListener {
  override onWSConnect(): void {}
  override onWSDisconnect(): void {}
  override onWSMessage(message: any): void {
    message.connection.send(version + ' ' + message.messageAsString);
  }
}
`,
    [`webapps/${name}/Application.ts`]: `
import { MultiThreadedApplicationAdapter } from 'red5-node';
import { version } from './version.ts';
const notes: string[] = (globalThis as any).deployNotes;
export class Application extends MultiThreadedApplicationAdapter {
  static readonly remoteMethods = { whichVersion: true };
  whichVersion(): string {
    return version;
  }
  override async appStart(scope: any): Promise<boolean> {
    notes.push('start ' + version);
    ${start}
    return true;
  }
  override async appStop(): Promise<void> {
    notes.push('stop ' + version);
  }
  ${body}
}
`,
  };
}
