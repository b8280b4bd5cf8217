/**
 * WebSocket for browsers: the classic API of Red5's WebSocket plugin on the scopes that RTMP clients use too.
 *
 * {@link WebSocketPlugin} is the bean; applications list {@link WebSocketDataListener}s in a {@link WebSocketScope}. Knows connections
 * and scopes, and nothing of other protocols or of the container.
 *
 * @packageDocumentation
 */
export type { QueuePolicy } from './frame/FanOut.ts';
export { DefaultWebSocketDataListener } from './listener/DefaultWebSocketDataListener.ts';
export { WebSocketDataListener } from './listener/WebSocketDataListener.ts';
export type { WebSocketScopeListener } from './listener/WebSocketScopeListener.ts';
export type { SendOptions } from './SendOptions.ts';
export { EventStreamConnection } from './sse/EventStreamConnection.ts';
export { CLOSE_CODE, WebSocketConnection } from './WebSocketConnection.ts';
export { WebSocketPlugin } from './WebSocketPlugin.ts';
export { WebSocketScope } from './WebSocketScope.ts';
export { WebSocketScopeManager } from './WebSocketScopeManager.ts';
export type { WebSocketSettings } from './WebSocketSettings.ts';
export { type MessageType, WSMessage } from './WSMessage.ts';
export { WEBSOCKET_ERRORS, type WebSocketErrorCode } from './websocketErrors.ts';
