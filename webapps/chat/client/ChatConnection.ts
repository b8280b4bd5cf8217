import { Backoff } from './Backoff.ts';

/** What the page shows of a connection. `retryAt` is a time as `Date.now()` gives it. */
export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  | { readonly kind: 'waiting'; readonly retryAt: number }
  | { readonly kind: 'closed' };

export interface ChatConnectionEvents {
  readonly onState: (state: ConnectionState) => void;
  readonly onFrame: (text: string) => void;
}

/** A connection counts as good after this long; one that falls at once must not be retried without pause. */
const goodAfterMs = 5000;
/** An attempt that takes longer is given up. */
const connectTimeoutMs = 10_000;

/**
 * A WebSocket to one room that comes back by itself.
 *
 * It tries again with growing pauses, at once when the network or the window comes back, and for as long as it is not closed.
 */
export class ChatConnection {
  readonly #address: string;
  readonly #events: ChatConnectionEvents;
  readonly #backoff = new Backoff();
  #socket: WebSocket | undefined;
  #timer: number | undefined;
  #goodTimer: number | undefined;
  #isWanted = false;

  constructor(address: string, events: ChatConnectionEvents) {
    this.#address = address;
    this.#events = events;
  }

  /** Connects, and from now on stays connected. */
  open(): void {
    this.#isWanted = true;
    window.addEventListener('online', this.#retryNow);
    document.addEventListener('visibilitychange', this.#retryWhenSeen);
    this.#connect();
  }

  /** Does not wait for the next attempt. */
  retry(): void {
    if (this.#isWanted && !this.#socket) this.#connect();
  }

  /** Sends one frame; false when there is no connection to send it on. */
  send(text: string): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    return true;
  }

  /** Leaves the room for good. */
  close(): void {
    this.#isWanted = false;
    window.removeEventListener('online', this.#retryNow);
    document.removeEventListener('visibilitychange', this.#retryWhenSeen);
    clearTimeout(this.#timer);
    clearTimeout(this.#goodTimer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(1000);
    this.#events.onState({ kind: 'closed' });
  }

  readonly #retryNow = (): void => this.retry();

  readonly #retryWhenSeen = (): void => {
    if (!document.hidden) this.retry();
  };

  #connect(): void {
    clearTimeout(this.#timer);
    this.#events.onState({ kind: 'connecting' });
    const socket = new WebSocket(this.#address, 'chat');
    this.#socket = socket;
    const giveUp = setTimeout(() => {
      this.#lost(socket);
      socket.close();
    }, connectTimeoutMs);
    // A socket that was replaced or given up may still report; only the current one counts.
    socket.onopen = () => {
      clearTimeout(giveUp);
      if (this.#socket !== socket) return;
      this.#goodTimer = setTimeout(() => this.#backoff.reset(), goodAfterMs);
      this.#events.onState({ kind: 'open' });
    };
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket && typeof data === 'string') this.#events.onFrame(data);
    };
    socket.onclose = () => {
      clearTimeout(giveUp);
      this.#lost(socket);
    };
  }

  #lost(socket: WebSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    clearTimeout(this.#goodTimer);
    const waitMs = this.#backoff.next();
    this.#timer = setTimeout(() => this.#connect(), waitMs);
    this.#events.onState({ kind: 'waiting', retryAt: Date.now() + waitMs });
  }
}
