import type { Client, Scope, SharedObject, SharedObjectListener } from 'red5-node';
import { type Application, webSocketManager } from './Application.ts';

/** A shared object that was acquired, and must be released when nobody needs it. */
interface Acquired {
  readonly so: SharedObject;
  readonly listener: SharedObjectListener;
  /** Clients in the scope, of any protocol. */
  users: number;
}

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
  readonly #acquired = new Map<Scope, Acquired>();

  /** Called by the container when all properties are set. */
  afterPropertiesSet(): void {
    this.app.addListener(this);
  }

  appJoin(_client: Client, app: Scope): boolean {
    this.#acquire(app).users += 1;
    return true;
  }

  appLeave(_client: Client, app: Scope): void {
    this.#left(app);
  }

  roomJoin(_client: Client, room: Scope): boolean {
    this.#acquire(room).users += 1;
    return true;
  }

  roomLeave(_client: Client, room: Scope): void {
    this.#left(room);
  }

  /** Says a line to everybody in a scope; who says it is there. */
  say(scope: Scope, line: string): void {
    this.#acquired.get(scope)?.so.setAttribute(this.messageKey, line);
  }

  #acquire(scope: Scope): Acquired {
    const known = this.#acquired.get(scope);
    if (known !== undefined) return known;
    const so = this.app.getSharedObject(scope, this.sharedObjectName, false);
    if (so === undefined) throw new Error(`no shared object for ${scope.fullPath}`);
    so.acquire();
    so.setAlwaysNotify(this.messageKey); // the same line said twice is two lines
    const listener: SharedObjectListener = {
      onSharedObjectUpdate: (_so, key, value) => {
        if (key === this.messageKey) this.#tell(scope, value);
      },
    };
    so.addSharedObjectListener(listener);
    const acquired = { so, listener, users: 0 };
    this.#acquired.set(scope, acquired);
    return acquired;
  }

  /** What is no text is not said: this page has no other form for it. */
  #tell(scope: Scope, value: unknown): void {
    if (typeof value !== 'string') return;
    webSocketManager(scope)
      .getScope(scope.fullPath)
      ?.send(JSON.stringify({ line: value }));
  }

  #left(scope: Scope): void {
    const acquired = this.#acquired.get(scope);
    if (acquired === undefined) return;
    acquired.users -= 1;
    if (acquired.users > 0) return;
    this.#acquired.delete(scope);
    acquired.so.removeSharedObjectListener(acquired.listener);
    acquired.so.release();
  }
}
