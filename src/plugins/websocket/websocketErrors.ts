/** Codes of the errors that the WebSocket plugin throws; headings of the reference of errors. */
export const WEBSOCKET_ERRORS = {
  BAD_QUEUE_POLICY: 'The queuePolicy is none of close, drop-oldest, coalesce',
  NO_APPLICATION: 'A WebSocket manager was asked for where no application is',
} as const;

/** A code of {@link WEBSOCKET_ERRORS}. */
export type WebSocketErrorCode = keyof typeof WEBSOCKET_ERRORS;
