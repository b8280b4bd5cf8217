import { RoomSharedObjects, type Scope } from 'red5-node';
import { type Application, webSocketManager } from './Application.ts';

/**
 * Carries what is said beside the streams: each line is set as `message` of the shared object `chat` of its room, as in the chat demo,
 * so RTMP clients take part; browsers are told by WebSocket.
 */
export class Conversation {
  /** The application whose lines it carries. Set by the bean file. */
  app!: Application;
  /** Name of the shared object that RTMP clients use. */
  sharedObjectName = 'chat';
  /** The key whose value is the last line. */
  messageKey = 'message';
  #sharedObjects: RoomSharedObjects | undefined;

  /** Called by the container when all properties are set. */
  afterPropertiesSet(): void {
    this.#sharedObjects = new RoomSharedObjects({
      name: this.sharedObjectName,
      listen: (so, scope) => {
        so.setAlwaysNotify(this.messageKey); // the same line said twice is two lines
        return {
          onSharedObjectUpdate: (_so, key, value) => {
            if (key === this.messageKey) this.#tell(scope, value);
          },
        };
      },
    });
    this.app.addListener(this.#sharedObjects);
  }

  /** Says a line to everybody in a scope; who says it is there. */
  say(scope: Scope, line: string): void {
    this.#sharedObjects?.get(scope)?.setAttribute(this.messageKey, line);
  }

  /** What is no text is not said: this page has no other form for it. */
  #tell(scope: Scope, value: unknown): void {
    if (typeof value !== 'string') return;
    webSocketManager(scope)
      .getScope(scope.fullPath)
      ?.send(JSON.stringify({ line: value }));
  }
}
