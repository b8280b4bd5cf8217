/** What can be wrong with the WebSocket plugin's settings and use, by code. */
export const WEBSOCKET_ERRORS = {
  BAD_PROXY_ADDRESS: 'An entry of `trustedProxies` is no address or network',
  BAD_QUEUE_POLICY: 'The `queuePolicy` is neither `close` nor `drop-oldest`',
  NO_APPLICATION: 'A manager was asked for where there is no application',
} as const;

/** A code of {@link WEBSOCKET_ERRORS}. */
export type WebSocketErrorCode = keyof typeof WEBSOCKET_ERRORS;
