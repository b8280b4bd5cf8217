import {
  MultiThreadedApplicationAdapter,
  PluginRegistry,
  RoomSharedObjects,
  type Scope,
  type WebSocketPlugin,
} from 'red5-node';

/** What is said in a room. */
export interface Line {
  readonly name: string;
  readonly text: string;
}

/**
 * A chat: browsers send JSON over WebSocket, RTMP clients use the shared object `chat` of their room, and all hear each other.
 *
 * An RTMP client says something with `so.send('line', name, text)` and hears the method `line`.
 */
export class Application extends MultiThreadedApplicationAdapter {
  /** Set in red5-web.yaml. */
  maxLineLength = 500;

  /** The shared object of each room where somebody is. */
  readonly #chats = new RoomSharedObjects({
    name: 'chat',
    listen: (_so, room) => ({
      onSharedObjectSend: (_so, method, [name, text]) => {
        const line = method === 'line' ? this.lineOf({ name, text }) : undefined;
        if (line !== undefined) this.#tellBrowsers(room, line);
      },
    }),
  });

  override appStart(scope: Scope) {
    this.addListener(this.#chats); // it wants to know who comes and goes
    return super.appStart(scope);
  }

  /** What a client sent as a line; undefined when it is none. */
  lineOf(value: unknown): Line | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    const { name, text } = value as Partial<Line>;
    if (typeof name !== 'string' || typeof text !== 'string') return undefined;
    if (text.trim() === '' || text.length > this.maxLineLength) return undefined;
    return { name: name.slice(0, 50), text };
  }

  /** Says a line to everybody in a room: RTMP clients hear the message, and so does the listener above. */
  say(room: Scope, line: Line): void {
    this.#chats.get(room)?.sendMessage('line', [line.name, line.text]);
  }

  #tellBrowsers(room: Scope, line: Line): void {
    const plugin = PluginRegistry.getPlugin<WebSocketPlugin>('WebSocketPlugin');
    plugin?.getManager(this.scope).getScope(room.fullPath)?.send(JSON.stringify(line));
  }
}
