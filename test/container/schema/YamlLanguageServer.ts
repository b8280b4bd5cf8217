import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Something the editor would underline. */
export interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
}

/** The language server behind YAML files in VS Code and other editors, spoken to as an editor does: JSON-RPC over stdio. */
export class YamlLanguageServer implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #settings: Readonly<Record<string, unknown>>;
  readonly #answers = new Map<number, (result: unknown) => void>();
  readonly #diagnostics = new Map<string, (found: readonly Diagnostic[]) => void>();
  #received = Buffer.alloc(0);
  #lastID = 0;

  private constructor(settings: Readonly<Record<string, unknown>>) {
    const main = createRequire(import.meta.url).resolve('yaml-language-server/package.json');
    this.#settings = settings;
    this.#process = spawn(process.execPath, [
      join(dirname(main), 'bin/yaml-language-server'),
      '--stdio',
    ]);
    this.#process.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#process.stderr.resume();
  }

  /**
   * Opens a folder.
   *
   * @param settings - as they stand in the editor's `settings.json`: `yaml.schemas`, `yaml.customTags`
   */
  static async open(
    folder: string,
    settings: Readonly<Record<string, unknown>>,
  ): Promise<YamlLanguageServer> {
    const server = new YamlLanguageServer(settings);
    const uri = pathToFileURL(folder).href;
    await server.#ask('initialize', {
      processId: process.pid,
      rootUri: uri,
      workspaceFolders: [{ uri, name: 'webapps' }],
      capabilities: {
        workspace: { configuration: true, workspaceFolders: true },
        textDocument: { completion: { completionItem: { documentationFormat: ['plaintext'] } } },
      },
    });
    server.#send({ method: 'initialized', params: {} });
    return server;
  }

  /** What is underlined in a file of this text. */
  diagnose(file: string, text: string): Promise<readonly Diagnostic[]> {
    const uri = pathToFileURL(file).href;
    const found = new Promise<readonly Diagnostic[]>((resolve) => {
      this.#diagnostics.set(uri, resolve);
    });
    this.#send({
      method: 'textDocument/didOpen',
      params: { textDocument: { uri, languageId: 'yaml', version: 1, text } },
    });
    return found;
  }

  /** The words offered at a place of a file that was given to {@link diagnose}. */
  async complete(file: string, line: number, character: number): Promise<readonly string[]> {
    const result = (await this.#ask('textDocument/completion', {
      textDocument: { uri: pathToFileURL(file).href },
      position: { line, character },
    })) as { readonly items: readonly { readonly label: string }[] };
    return result.items.map(({ label }) => label);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    if (this.#process.exitCode === null && this.#process.signalCode === null)
      await once(this.#process, 'exit');
  }

  #ask(method: string, params: unknown): Promise<unknown> {
    this.#lastID += 1;
    const id = this.#lastID;
    const answer = new Promise<unknown>((resolve) => {
      this.#answers.set(id, resolve);
    });
    this.#send({ id, method, params });
    return answer;
  }

  #send(message: Message): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#process.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const head = this.#received.indexOf('\r\n\r\n');
      if (head === -1) return;
      const length = Number(
        /content-length: (\d+)/i.exec(this.#received.toString('latin1', 0, head))?.[1],
      );
      const end = head + 4 + length;
      if (this.#received.length < end) return;
      const message = JSON.parse(this.#received.toString('utf8', head + 4, end)) as Message;
      this.#received = this.#received.subarray(end);
      this.#handle(message);
    }
  }

  #handle({ id, method, params, result }: Message): void {
    if (method === undefined) {
      if (id !== undefined) this.#answers.get(id)?.(result);
      return;
    }
    if (method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = params as { uri: string; diagnostics: readonly Diagnostic[] };
      this.#diagnostics.get(uri)?.(diagnostics);
      return;
    }
    if (id === undefined) return;
    const asked = (params as { items?: readonly { section: string }[] } | undefined)?.items ?? [];
    this.#send({
      id,
      result:
        method === 'workspace/configuration'
          ? asked.map((one) => this.#section(one.section))
          : null,
    });
  }

  /** `{"yaml.schemas": …}` as the section `yaml`. */
  #section(name: string): Readonly<Record<string, unknown>> {
    const prefix = `${name}.`;
    return Object.fromEntries(
      Object.entries(this.#settings)
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(prefix.length), value]),
    );
  }
}
