/**
 * The chat: browsers and RTMP clients in one conversation. The example to copy for an application of your own; it imports nothing but
 * the public API.
 *
 * @packageDocumentation
 */
export { Application } from './Application.ts';
export { Router } from './Router.ts';
export { WebSocketChatDataListener } from './WebSocketChatDataListener.ts';
