/** As much of a WebSocket as is needed; browsers, Node 22 and the package `ws` have it. */
export interface WebSocketLike {
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** Makes a {@link WebSocketLike}. */
export type WebSocketConstructor = new (address: string, protocols: string[]) => WebSocketLike;
