/**
 * A client of `red5.json` for browsers and Node: remote calls and shared objects over a WebSocket that comes back by itself.
 *
 * {@link Red5Client} joins a room; {@link RemoteSharedObject} is an object that it uses. Knows nothing of the server but what
 * `docs/reference/red5-json.md` says, and imports nothing.
 *
 * @packageDocumentation
 */
export { classNameOf, withClassName, XMLText } from './marks.ts';
export { Red5Client, type Red5ClientOptions, type Red5ClientState } from './Red5Client.ts';
export {
  type AttributeChange,
  type ChangeOptions,
  type ChangesOrigin,
  type Operation,
  RemoteSharedObject,
  type UseOptions,
} from './RemoteSharedObject.ts';
export { RequestError } from './RequestError.ts';
export type { WebSocketConstructor, WebSocketLike } from './WebSocketLike.ts';
