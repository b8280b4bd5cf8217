import {
  type ApplicationContext,
  MultiThreadedApplicationAdapter,
  PluginRegistry,
  type Scope,
  type WebSocketPlugin,
  type WebSocketScope,
  type WebSocketScopeManager,
} from 'red5-node';

/**
 * The handler of the chat: takes part in WebSocket while it runs.
 *
 * It has no other work to do. RTMP clients use the shared object `chat` of the scope they are in, and {@link Router} carries what they
 * set there to browsers.
 *
 * @red5 org.red5.demos.chat.Application
 */
export class Application extends MultiThreadedApplicationAdapter {
  #applicationContext: ApplicationContext | undefined;

  /** Called by the container, which sees that this bean wants to know its context. */
  setApplicationContext(applicationContext: ApplicationContext): void {
    this.#applicationContext = applicationContext;
  }

  /** The application starts. Whatever is opened here is closed in {@link appStop}. */
  override appStart(scope: Scope): boolean | Promise<boolean> {
    // The bean is lazy: it and its listeners are created now, when the scope they belong to is there.
    const webSocketScope =
      this.#applicationContext?.getBean<WebSocketScope>('webSocketScopeDefault');
    if (webSocketScope) webSocketManager(scope).addWebSocketScope(webSocketScope);
    return super.appStart(scope);
  }

  /** The application stops. All clients are gone by now, those of browsers included. */
  override async appStop(scope: Scope): Promise<void> {
    await webSocketManager(scope).stop();
    await super.appStop(scope);
  }
}

/** The WebSocket side of an application, from the server the application runs in. */
export function webSocketManager(scope: Scope): WebSocketScopeManager {
  const plugin = PluginRegistry.getPlugin<WebSocketPlugin>('WebSocketPlugin');
  if (plugin === undefined) throw new Error('the chat needs the WebSocketPlugin');
  return plugin.getManager(scope);
}
