import {
  MultiThreadedApplicationAdapter,
  PluginRegistry,
  type Scope,
  type SharedObject,
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

  /** A room was made, because somebody came. */
  override roomStart(room: Scope) {
    const so = this.#sharedObjectOf(room);
    so?.acquire();
    so?.addSharedObjectListener({
      onSharedObjectSend: (_so: SharedObject, method: string, args: readonly unknown[]) => {
        const [name, text] = args;
        const line = method === 'line' ? this.lineOf({ name, text }) : undefined;
        if (line !== undefined) this.#tellBrowsers(room, line);
      },
    });
    return super.roomStart(room);
  }

  /** Everybody has left. */
  override roomStop(room: Scope) {
    this.#sharedObjectOf(room)?.release();
    return super.roomStop(room);
  }

  /** What a client sent as a line; undefined when it is none. */
  lineOf(value: unknown): Line | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    const { name, text } = value as Partial<Line>;
    if (typeof name !== 'string' || typeof text !== 'string') return undefined;
    if (text.trim() === '' || text.length > this.maxLineLength) return undefined;
    return { name: name.slice(0, 50), text };
  }

  /** Says a line to everybody in a room: RTMP clients hear the message, and so does the listener of {@link roomStart}. */
  say(room: Scope, line: Line): void {
    this.#sharedObjectOf(room)?.sendMessage('line', [line.name, line.text]);
  }

  #tellBrowsers(room: Scope, line: Line): void {
    const plugin = PluginRegistry.getPlugin<WebSocketPlugin>('WebSocketPlugin');
    plugin?.getManager(this.scope).getScope(room.fullPath)?.send(JSON.stringify(line));
  }

  #sharedObjectOf(room: Scope): SharedObject | undefined {
    return this.getSharedObject(room, 'chat', false);
  }
}
