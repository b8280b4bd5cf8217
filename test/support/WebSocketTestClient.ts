import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { Inbox } from './Inbox.ts';

export interface WebSocketOpenOptions {
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A WebSocket client for tests: keeps each text it received and how the connection ended. */
export class WebSocketTestClient {
  readonly texts: Inbox<string> = new Inbox<string>('WebSocket texts');
  /** Resolves when the connection is gone, with the close code and reason the peer gave. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** The answer to the opening handshake. */
  readonly handshake: IncomingMessage;
  /** Takes the texts instead of {@link texts}, for those who receive very many. */
  onText: ((text: string) => void) | undefined;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket, handshake: IncomingMessage) {
    this.#socket = socket;
    this.handshake = handshake;
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.texts.end(`closed with ${code}`);
        resolve({ code, reason: reason.toString() });
      });
    });
    socket.on('error', () => {}); // 'close' follows
    socket.on('message', (data, isBinary) => {
      if (isBinary) return;
      if (this.onText) this.onText(data.toString());
      else this.texts.push(data.toString());
    });
  }

  /** Opens a connection; fails with the HTTP status when the server refuses the upgrade. */
  static open(url: string, options: WebSocketOpenOptions = {}): Promise<WebSocketTestClient> {
    const socket = new WebSocket(url, [...(options.protocols ?? [])], {
      perMessageDeflate: false,
      headers: { ...options.headers },
    });
    return new Promise((resolve, reject) => {
      // What the server sends with its 101 arrives right after 'upgrade': listen from there on.
      socket.once('upgrade', (response) => {
        const client = new WebSocketTestClient(socket, response);
        socket.once('open', () => resolve(client));
      });
      socket.once('unexpected-response', (_request, response) => {
        response.resume();
        socket.terminate();
        reject(new UpgradeRefused(response.statusCode ?? 0));
      });
      socket.once('error', reject);
    });
  }

  /** The sub-protocol agreed on; empty when none. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  sendBinary(bytes: Buffer): void {
    this.#socket.send(bytes);
  }

  /** Writes bytes past the protocol, right or wrong. */
  sendRaw(bytes: Buffer): void {
    this.handshake.socket.write(bytes);
  }

  /** Closes as a browser does. */
  async close(code = 1000): Promise<void> {
    this.#socket.close(code);
    await this.closed;
  }

  /** Vanishes without a word. */
  destroy(): void {
    this.#socket.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.terminate();
    await this.closed;
  }
}

/** The server answered an upgrade with an HTTP error. */
export class UpgradeRefused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`upgrade refused with HTTP ${status}`);
    this.status = status;
  }
}
