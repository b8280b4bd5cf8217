import { RoomSharedObjects, type Scope, ScopeUtils } from 'red5-node';
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
  #sharedObjects: RoomSharedObjects | undefined;

  /** Called by the container when all properties are set: from now on the rooms' shared objects are kept while somebody is there. */
  afterPropertiesSet(): void {
    this.#sharedObjects = new RoomSharedObjects({
      name: this.sharedObjectName,
      listen: (so, scope) => {
        so.setAlwaysNotify(this.messageKey); // the same line said twice is two lines
        return new SharedObjectListener(this, scope);
      },
    });
    this.app.addListener(this.#sharedObjects);
  }

  /** Says a line to everybody in the scope at a path, such as `/chat/room1`; the scope is made if there is none. */
  route(path: string, line: string): void {
    const scope = this.#scopeAt(path);
    if (scope === undefined) return;
    this.#sharedObjects?.use(scope, (so) => so.setAttribute(this.messageKey, line));
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
}
