import { cp, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunningServer } from '../../src/boot/index.ts';
import { FLVReader } from '../../src/io/index.ts';
import { createMediaMessage } from '../../src/server/index.ts';
import { RecordingFile } from '../../src/server/stream/record/RecordingFile.ts';
import { startServer } from '../../src/startServer.ts';
import { makeFLV } from './media.ts';
import { MemoryLogger, shippedConfig } from './serverFiles.ts';
import { TemporaryFolder } from './TemporaryFolder.ts';

const webapp = path.resolve(import.meta.dirname, '../../webapps/live');

/** The server as it ships, with the live demo. */
export class LiveServer implements AsyncDisposable {
  readonly #server: RunningServer;
  readonly #folder: TemporaryFolder;

  private constructor(server: RunningServer, folder: TemporaryFolder) {
    this.#server = server;
    this.#folder = folder;
  }

  static async start(): Promise<LiveServer> {
    const folder = await TemporaryFolder.create({ 'conf/red5.yaml': await shippedConfig() });
    await cp(webapp, folder.file('webapps/live'), { recursive: true });
    const systemProperties = { 'http.port': '0', 'rtmp.port': '0', 'ws.port': '0' };
    const logger = new MemoryLogger();
    return new LiveServer(
      await startServer({ root: folder.path, systemProperties, logger }),
      folder,
    );
  }

  /** A bean of the server. */
  bean<T>(name: string): T {
    return this.#server.getBean<T>(name);
  }

  port(transport: 'http' | 'rtmp'): number {
    return this.#server.addresses.find((address) => address.transport === transport)?.port ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port('http')}/live/`;
  }

  /** Puts a recording of `seconds` where the server finds it. */
  async addRecording(name: string, seconds: number): Promise<void> {
    const source = this.#folder.file('source.flv');
    await makeFLV(source, seconds);
    const path = this.#folder.file('webapps/live/streams', `${name}.flv`);
    await mkdir(this.#folder.file('webapps/live/streams'), { recursive: true });
    const file = await RecordingFile.open({ path, append: false });
    for (const { type, timestamp, payload } of new FLVReader().push(await readFile(source))) {
      file.add(createMediaMessage(type, timestamp, payload), timestamp);
    }
    await file.close();
  }

  /** Where encoders publish. */
  rtmp(stream: string): string {
    return `rtmp://127.0.0.1:${this.port('rtmp')}/live/${stream}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}
