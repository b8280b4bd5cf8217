import {
  type ApplicationContext,
  type BroadcastStream,
  MultiThreadedApplicationAdapter,
  PluginRegistry,
  type Scope,
  type SubscriberStream,
  type WebSocketPlugin,
  type WebSocketScope,
  type WebSocketScopeManager,
} from 'red5-node';
import type { StreamList } from './StreamList.ts';

/**
 * The handler of the live demo: hears which streams come and go, whatever protocol they are published and played by, and tells the
 * {@link StreamList}.
 */
export class Application extends MultiThreadedApplicationAdapter {
  /** Where streams are listed. Set by the bean file. */
  streams!: StreamList;
  #applicationContext: ApplicationContext | undefined;

  /** Called by the container, which sees that this bean wants to know its context. */
  setApplicationContext(applicationContext: ApplicationContext): void {
    this.#applicationContext = applicationContext;
  }

  /** The application starts. Whatever is opened here is closed in {@link appStop}. */
  override appStart(scope: Scope): boolean | Promise<boolean> {
    this.streams.open(this, scope);
    // The bean is lazy: it and its listeners are created now, when the scope they belong to is there.
    const webSocketScope =
      this.#applicationContext?.getBean<WebSocketScope>('webSocketScopeDefault');
    if (webSocketScope) webSocketManager(scope).addWebSocketScope(webSocketScope);
    return super.appStart(scope);
  }

  /** The application stops. All clients are gone by now, those of browsers included. */
  override async appStop(scope: Scope): Promise<void> {
    this.streams.close();
    await webSocketManager(scope).stop();
    await super.appStop(scope);
  }

  override streamBroadcastStart(stream: BroadcastStream): void {
    this.streams.show(stream);
  }

  override streamBroadcastClose(stream: BroadcastStream): void {
    this.streams.remove(stream);
  }

  override streamSubscriberStart({ stream }: SubscriberStream): void {
    if (stream?.isPublished === true) this.streams.show(stream);
  }

  override streamSubscriberClose({ stream }: SubscriberStream): void {
    if (stream?.isPublished === true) this.streams.show(stream);
  }
}

/** The WebSocket side of an application, from the server the application runs in. */
export function webSocketManager(scope: Scope): WebSocketScopeManager {
  const plugin = PluginRegistry.getPlugin<WebSocketPlugin>('WebSocketPlugin');
  if (plugin === undefined) throw new Error('the live demo needs the WebSocketPlugin');
  return plugin.getManager(scope);
}
