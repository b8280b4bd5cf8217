import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * As much of a server as a page needs: its files, and a WebSocket whose texts go to everybody on the same path.
 *
 * For tests of the page alone; it can fall silent and vanish in ways the real server should not.
 */
export class PageServer {
  readonly #folder: string;
  readonly #contextPath: string;
  readonly #sockets = new Map<WebSocket, string>();
  #http: Server | undefined;
  #port = 0;
  /** Whether a text comes back to its sender and to the others. */
  answers = true;

  private constructor(folder: string, contextPath: string) {
    this.#folder = folder;
    this.#contextPath = contextPath;
  }

  static async start(folder: string, contextPath: string): Promise<PageServer> {
    const server = new PageServer(folder, contextPath);
    await server.listen();
    return server;
  }

  /** The page's address. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}${this.#contextPath}/`;
  }

  /** Begins to listen, on the same port as before if there was one. */
  async listen(): Promise<void> {
    const http = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      const name = pathname.slice(this.#contextPath.length + 1) || 'index.html';
      readFile(path.join(this.#folder, path.basename(name))).then(
        (body) => {
          response.setHeader('Content-Type', contentTypes[path.extname(name)] ?? 'text/plain');
          response.end(body);
        },
        () => response.writeHead(404).end(),
      );
    });
    const sockets = new WebSocketServer({ server: http });
    sockets.on('connection', (socket, request) => {
      this.#sockets.set(socket, request.url ?? '');
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('message', (data) => {
        if (this.answers) this.say(request.url ?? '', data.toString());
      });
    });
    http.listen(this.#port, '127.0.0.1');
    await once(http, 'listening');
    this.#port = (http.address() as AddressInfo).port;
    this.#http = http;
  }

  /** Paths of the WebSockets that are open. */
  get paths(): readonly string[] {
    return [...this.#sockets.values()];
  }

  /** Sends a text to everybody on a path. */
  say(pathname: string, text: string): void {
    for (const [socket, where] of this.#sockets) if (where === pathname) socket.send(text);
  }

  /** Goes away as a server that is restarted. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets.keys()) socket.close(1001);
    this.#http?.close();
    this.#http?.closeAllConnections();
    if (this.#http?.listening) await once(this.#http, 'close');
    for (const socket of this.#sockets.keys()) socket.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
