/**
 * The live demo: streams that encoders publish, played in browsers, with a chat beside them. Like the chat it imports nothing but the
 * public API.
 *
 * {@link Application} hears of streams, {@link StreamList} keeps them in a shared object, {@link Conversation} carries what is said.
 *
 * @packageDocumentation
 */
export { Application } from './Application.ts';
export { Conversation } from './Conversation.ts';
export { LiveDataListener } from './LiveDataListener.ts';
export { StreamList } from './StreamList.ts';
