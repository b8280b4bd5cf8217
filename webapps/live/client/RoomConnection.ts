export interface RoomConnectionEvents {
  readonly onState: (isOpen: boolean) => void;
  readonly onFrame: (text: string) => void;
}

const firstWaitMs = 500;
const longestWaitMs = 15_000;

/** A WebSocket to one room that comes back by itself, with growing pauses, until it is closed. */
export class RoomConnection {
  readonly #address: string;
  readonly #events: RoomConnectionEvents;
  #socket: WebSocket | undefined;
  #timer: number | undefined;
  #waitMs = firstWaitMs;
  #isWanted = true;

  constructor(address: string, events: RoomConnectionEvents) {
    this.#address = address;
    this.#events = events;
    window.addEventListener('online', this.#retryNow);
    this.#connect();
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
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
  }

  readonly #retryNow = (): void => {
    if (this.#socket === undefined) this.#connect();
  };

  #connect(): void {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.#address, 'live');
    this.#socket = socket;
    socket.onopen = () => {
      this.#waitMs = firstWaitMs;
      if (this.#isWanted) this.#events.onState(true);
    };
    socket.onmessage = ({ data }) => {
      if (this.#isWanted && typeof data === 'string') this.#events.onFrame(data);
    };
    socket.onclose = () => this.#lost();
  }

  #lost(): void {
    this.#socket = undefined;
    if (!this.#isWanted) return;
    this.#events.onState(false);
    // Never quite the same for two pages, so that a server that was restarted is not stormed.
    this.#timer = setTimeout(() => this.#connect(), this.#waitMs * (0.6 + 0.4 * Math.random()));
    this.#waitMs = Math.min(longestWaitMs, this.#waitMs * 2);
  }
}
