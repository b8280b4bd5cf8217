import { readFile } from 'node:fs/promises';
import { createLogger } from '../../../../src/base/index.ts';
import { FLVReader, type FLVTag } from '../../../../src/io/index.ts';
import { HTTPPlugin } from '../../../../src/plugins/http/index.ts';
import { FLVHandler } from '../../../../src/plugins/rtmp/index.ts';
import { WebSocketPlugin } from '../../../../src/plugins/websocket/index.ts';
import {
  MultiThreadedApplicationAdapter,
  type Publication,
  RecordedStreams,
  type Scope,
  Server,
  TCPTransport,
  WebScope,
} from '../../../../src/server/index.ts';

export interface FLVServer extends AsyncDisposable {
  readonly server: Server;
  readonly handler: FLVHandler;
  readonly port: number;
  /** `http://127.0.0.1:port` + path. */
  url(path: string): string;
  /** `ws://127.0.0.1:port` + path. */
  webSocketURL(path: string): string;
  /** Deploys an application; `folder` has its files. */
  deploy(
    name: string,
    options?: { adapter?: MultiThreadedApplicationAdapter; folder?: string },
  ): Promise<WebScope>;
  stop(): Promise<void>;
}

/** A server that sends streams as FLV, on one port. */
export async function startFLV(
  settings: { webSocket?: Partial<WebSocketPlugin>; waitMs?: number } = {},
): Promise<FLVServer> {
  const server = new Server();
  server.logger = createLogger({ level: 'silent', format: 'json' });
  const webSocket = Object.assign(new WebSocketPlugin(), settings.webSocket, { server });
  const handler = new FLVHandler(server, webSocket);
  handler.waitMs = settings.waitMs ?? 0;
  const http = Object.assign(new HTTPPlugin(), {
    server,
    upgradeHandlers: [webSocket],
    requestHandlers: [webSocket, handler],
  });
  const transport = Object.assign(new TCPTransport(), {
    name: 'http',
    host: '127.0.0.1',
    handlers: [http],
    logger: server.logger,
  });
  const recorded = Object.assign(new RecordedStreams(), { server });
  await webSocket.start();
  handler.start();
  recorded.start();
  await http.start();
  await transport.start();
  const port = transport.address?.port ?? 0;
  const applications: WebScope[] = [];
  const stop = async () => {
    await transport.stop();
    for (const application of applications) await application.stop();
    await http.stop(AbortSignal.timeout(500));
    await handler.stop();
    recorded.stop();
    await webSocket.stop(AbortSignal.timeout(500));
  };
  return {
    server,
    handler,
    port,
    url: (path) => `http://127.0.0.1:${port}${path}`,
    webSocketURL: (path) => `ws://127.0.0.1:${port}${path}`,
    async deploy(name, { adapter = new MultiThreadedApplicationAdapter(), folder } = {}) {
      const scope = new WebScope();
      scope.server = server;
      scope.parent = server.globalScope;
      scope.handler = adapter;
      scope.contextPath = `/${name}`;
      const isPrivate = (file: string) => file.startsWith('streams/');
      if (folder !== undefined) scope.setServletContext({ name, folder, isPrivate });
      await scope.start();
      applications.push(scope);
      return scope;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Publishes for the server itself. */
export async function publishFor(server: Server, scope: Scope, name: string): Promise<Publication> {
  const result = await server.streams.publish(undefined, scope, name);
  if (!result.accepted) throw new Error(result.description);
  result.publication.start();
  return result.publication;
}

/** All tags of a file. */
export async function readTags(path: string): Promise<FLVTag[]> {
  return [...new FLVReader().push(await readFile(path))];
}

/** Publishes the tags of a file at their times, again and again, until it is stopped. */
export function publishTags(
  publication: Publication,
  tags: readonly FLVTag[],
  speed = 1,
): { stop(): void } {
  const began = performance.now();
  const length = (tags.at(-1)?.timestamp ?? 0) + 40;
  let sent = 0;
  const timer = setInterval(() => {
    const now = (performance.now() - began) * speed;
    for (;;) {
      const tag = tags[sent % tags.length] as FLVTag;
      const time = tag.timestamp + Math.floor(sent / tags.length) * length;
      if (time > now) return;
      publication.publish(tag.type, time, tag.payload);
      sent += 1;
    }
  }, 5);
  return { stop: () => clearInterval(timer) };
}
