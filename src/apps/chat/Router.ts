import { type Client, type Scope, ScopeUtils, type SharedObject } from 'red5-node';
import { type Application, webSocketManager } from './Application.ts';
import { lineOf } from './lineOf.ts';
import { SharedObjectListener } from './SharedObjectListener.ts';

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
  /** What this router has acquired and must release. */
  readonly #acquired = new Map<Scope, { so: SharedObject; listener: SharedObjectListener }>();

  /** Called by the container when all properties are set: from now on the application's events come here as well. */
  afterPropertiesSet(): void {
    this.app.addListener(this);
  }

  /** Somebody came to the application; those in rooms pass here too. */
  appJoin(_client: Client, app: Scope): boolean {
    return this.#open(app);
  }

  /** Somebody came to a room. */
  roomJoin(_client: Client, room: Scope): boolean {
    return this.#open(room);
  }

  /** Somebody left a room. */
  roomLeave(_client: Client, room: Scope): void {
    this.#closeIfEmpty(room);
  }

  /** Somebody left the application. */
  appLeave(_client: Client, app: Scope): void {
    this.#closeIfEmpty(app);
  }

  /** The application stops: nothing may stay acquired. */
  appStop(_app: Scope): void {
    for (const scope of [...this.#acquired.keys()]) this.release(scope);
  }

  /** Says a line to everybody at a path, such as `room1` or `room1/room2`; the application itself is the empty path. */
  route(path: string, line: string): void {
    const scope = this.#scopeAt(path);
    if (!scope) return;
    this.getSharedObject(scope).setAttribute(this.messageKey, line);
    this.#closeIfEmpty(scope); // there may be nobody to hear it
  }

  /** Tells the browsers in a scope of a new value; those in its rooms are not in it. */
  broadcast(scope: Scope, value: unknown): void {
    const line = lineOf(value);
    if (line !== undefined) webSocketManager(this.app.scope).getScope(scope.fullPath)?.send(line);
  }

  /**
   * The shared object of a scope, created if need be.
   *
   * It is acquired, so that it does not vanish while browsers need it, and has a listener. Both last until {@link Router.release}.
   */
  getSharedObject(scope: Scope): SharedObject {
    const known = this.#acquired.get(scope);
    if (known) return known.so;
    const so = this.app.getSharedObject(scope, this.sharedObjectName, false);
    so.acquire();
    so.setAlwaysNotify(this.messageKey); // the same line said twice is two lines
    const listener = new SharedObjectListener(this, scope);
    so.addSharedObjectListener(listener);
    this.#acquired.set(scope, { so, listener });
    return so;
  }

  /** Gives back what {@link Router.getSharedObject} acquired. Safe twice. */
  release(scope: Scope): void {
    const known = this.#acquired.get(scope);
    if (!known) return;
    this.#acquired.delete(scope);
    known.so.removeSharedObjectListener(known.listener);
    known.so.release();
  }

  /** Finds the scope at a path, or creates it. */
  #scopeAt(path: string): Scope | undefined {
    let scope = this.app.scope;
    for (const name of path.split('/').filter((part) => part !== '')) {
      scope.createChildScope(name);
      const room = ScopeUtils.resolveScope(scope, name);
      if (!room) return undefined; // no name for a room
      scope = room;
    }
    return scope;
  }

  #open(scope: Scope): true {
    this.getSharedObject(scope);
    return true;
  }

  #closeIfEmpty(scope: Scope): void {
    if (scope.connections.size === 0) this.release(scope);
  }
}
