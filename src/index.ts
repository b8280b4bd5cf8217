/**
 * The public API: what webapp code imports from `red5-node`.
 *
 * @packageDocumentation
 */
export {
  type BeanInfo,
  type Clock,
  ConfigError,
  type Lifecycle,
  LifecycleError,
  type Logger,
  type LogLevel,
  ProtocolError,
  Red5Error,
  type SourceLocation,
  type Timer,
} from './base/index.ts';
export {
  CLOSE_CODE,
  DefaultWebSocketDataListener,
  type MessageType,
  WebSocketConnection,
  WebSocketDataListener,
  WebSocketPlugin,
  WebSocketScope,
  WebSocketScopeManager,
  WSMessage,
} from './plugins/websocket/index.ts';
