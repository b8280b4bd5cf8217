import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** The peer broke the rules: only bytes are exchanged here (RFC 6455, 7.4.1). */
const UNSUPPORTED_DATA = 1003;
const NORMAL = 1000;
const GOING_AWAY = 1001;

/**
 * A WebSocket as a stream of bytes, for a protocol that is spoken inside it.
 *
 * What is written in one turn goes out as one binary message; how the peer cuts its bytes into messages means nothing. A reader that
 * is slow makes the peer wait, and so does a peer that is slow the writer.
 */
export class WebSocketStream extends Duplex {
  readonly #webSocket: WebSocket;

  constructor(webSocket: WebSocket) {
    super({ allowHalfOpen: false });
    this.#webSocket = webSocket;
    webSocket.on('message', (data: Buffer, isBinary: boolean) => this.#received(data, isBinary));
    webSocket.on('error', (error) => this.destroy(error));
    webSocket.on('close', () => {
      this.push(null);
      this.destroy();
    });
  }

  /** Tells the peer that the server stops. */
  goAway(): void {
    this.#webSocket.close(GOING_AWAY);
  }

  override _read(): void {
    if (this.#webSocket.isPaused) this.#webSocket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) {
      this.#webSocket.send(chunk, { binary: true }, done);
    } else {
      done(); // The peer has closed; 'close' follows.
    }
  }

  override _final(done: () => void): void {
    this.#webSocket.close(NORMAL);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#webSocket.terminate();
    done(error);
  }

  #received(data: Buffer, isBinary: boolean): void {
    if (!isBinary) {
      this.#webSocket.close(UNSUPPORTED_DATA);
      return;
    }
    if (!this.push(data)) this.#webSocket.pause();
  }
}
