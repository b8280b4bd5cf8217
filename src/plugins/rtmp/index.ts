/**
 * RTMP: connections of Flash, AIR, Ruffle, encoders and players, into the same scopes and shared objects as everybody else.
 *
 * In layers, each of which sees only the one before it: `handshake/` → `chunk/` → `message/` → `link/` (one peer's bytes) →
 * {@link RTMPConnection} (one client of an application). `outbox/` gathers what goes out. {@link RTMPPlugin} holds it together; an
 * {@link RTMPHandler} on a transport gives it sockets. `media/` holds the engine of live streams, `flv/` plays
 * them in browsers.
 *
 * @packageDocumentation
 */
export type { Bandwidth } from './bandwidth/BandwidthCheck.ts';
export { FLVConnection } from './flv/FLVConnection.ts';
export { FLVHandler } from './flv/FLVHandler.ts';
export type { ObjectEncoding } from './message/messageType.ts';
export { RTMPConnection } from './RTMPConnection.ts';
export { RTMPHandler } from './RTMPHandler.ts';
export { RTMPPlugin } from './RTMPPlugin.ts';
export { RTMP_ERRORS, type RTMPErrorCode } from './rtmpErrors.ts';
export { RTMPTHandler } from './tunnel/RTMPTHandler.ts';
