import type { DeploymentReport, RunningServer } from '../../src/boot/index.ts';
import { startServer } from '../../src/startServer.ts';
import { MemoryLogger, plainWebapp, shippedConfig } from '../support/serverFiles.ts';
import { TemporaryFolder } from '../support/TemporaryFolder.ts';

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

/** Files of a webapp that notes its start and stop; `body` is more of its class. */
export function versionOf(name: string, version: string, body = ''): Record<string, string> {
  return {
    ...plainWebapp(name, './Application.ts'),
    [`webapps/${name}/index.html`]: `<!doctype html><title>${version}</title>`,
    [`webapps/${name}/Application.ts`]: `
import { MultiThreadedApplicationAdapter, Red5 } from 'red5-node';
export const notes: string[] = (globalThis as any).deployNotes;
export class Application extends MultiThreadedApplicationAdapter {
  version = '${version}';
  override async appStart(scope: any): Promise<boolean> {
    notes.push('start ${version}');
    return true;
  }
  override async appStop(): Promise<void> {
    notes.push('stop ${version}');
  }
  ${body}
}
`,
  };
}
