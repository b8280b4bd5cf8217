import { type Client, type Scope, ScopeUtils, type SharedObject } from 'red5-node';
import { type Application, webSocketManager } from './Application.ts';
import { lineOf } from './lineOf.ts';
import { SharedObjectListener } from './SharedObjectListener.ts';

/** A shared object that was acquired, and must be released when nobody needs it. */
interface Acquired {
  readonly so: SharedObject;
  readonly listener: SharedObjectListener;
  /** Clients in the scope, of any protocol. */
  users: number;
}

/**
 * Carries lines between browsers and RTMP clients.
 *
 * Every line takes one way, whoever says it: it is set as `message` of the shared object `chat` of its scope. From there the server
 * tells the RTMP clients, and a {@link SharedObjectListener} tells the browsers. So all of them see the same lines in the same order,
 * and nobody sees one twice.
 *
 * @red5 org.red5.demos.chat.Router
 */
export class Router {
  /** The application whose lines it carries. Set by the bean file. */
  app!: Application;
  /** Name of the shared object that RTMP clients use. */
  sharedObjectName = 'chat';
  /** The key whose value is the last line. */
  messageKey = 'message';
  readonly #acquired = new Map<Scope, Acquired>();

  /** Called by the container when all properties are set: from now on this router hears what happens to the application. */
  afterPropertiesSet(): void {
    this.app.addListener(this);
  }

  /** Somebody comes to the application; those who go on to a room pass here too. */
  appJoin(_client: Client, app: Scope): boolean {
    this.#acquire(app).users += 1;
    return true;
  }

  appLeave(_client: Client, app: Scope): void {
    this.#left(app);
  }

  /** Somebody comes to a room; on the way to a room inside it as well. */
  roomJoin(_client: Client, room: Scope): boolean {
    this.#acquire(room).users += 1;
    return true;
  }

  roomLeave(_client: Client, room: Scope): void {
    this.#left(room);
  }

  /** Says a line to everybody in the scope at a path, such as `/chat/room1`; the scope is made if there is none. */
  route(path: string, line: string): void {
    const scope = this.#scopeAt(path);
    if (scope === undefined) return;
    this.#acquire(scope).so.setAttribute(this.messageKey, line);
    this.#releaseIfUnused(scope); // perhaps nobody is there to hear it
  }

  /** Tells the browsers in a scope of a new value; those in rooms below are not in it. */
  broadcast(scope: Scope, value: unknown): void {
    const line = lineOf(value);
    if (line !== undefined) webSocketManager(this.app.scope).getScope(scope.fullPath)?.send(line);
  }

  /** The scope at a path, found or made; undefined when the path is no name for a room. */
  #scopeAt(path: string): Scope | undefined {
    const app = this.app.scope;
    const found = ScopeUtils.resolveScope(app, path);
    if (found !== undefined) return found;
    app.createChildScope(path.slice(app.fullPath.length));
    return ScopeUtils.resolveScope(app, path);
  }

  /** The shared object of a scope, found or made; acquired, so that it does not vanish, and listened to. */
  #acquire(scope: Scope): Acquired {
    const known = this.#acquired.get(scope);
    if (known !== undefined) return known;
    const so = this.app.getSharedObject(scope, this.sharedObjectName, false);
    if (so === undefined) throw new Error(`no shared object for ${scope.fullPath}`);
    so.acquire();
    so.setAlwaysNotify(this.messageKey); // the same line said twice is two lines
    const listener = new SharedObjectListener(this, scope);
    so.addSharedObjectListener(listener);
    const acquired = { so, listener, users: 0 };
    this.#acquired.set(scope, acquired);
    return acquired;
  }

  #left(scope: Scope): void {
    const acquired = this.#acquired.get(scope);
    if (acquired === undefined) return;
    acquired.users -= 1;
    this.#releaseIfUnused(scope);
  }

  /** Gives back what was acquired for a scope that everybody has left. */
  #releaseIfUnused(scope: Scope): void {
    const acquired = this.#acquired.get(scope);
    if (acquired === undefined || acquired.users > 0) return;
    this.#acquired.delete(scope);
    acquired.so.removeSharedObjectListener(acquired.listener);
    acquired.so.release();
  }
}
