import type { MultiThreadedApplicationAdapter } from '../adapter/MultiThreadedApplicationAdapter.ts';
import type { MaybePromise } from '../MaybePromise.ts';
import type { Server } from '../Server.ts';

/**
 * Something that extends the server and that applications look up by name.
 *
 * @red5 org.red5.server.api.plugin.IRed5Plugin
 * @red5 org.red5.server.plugin.Red5Plugin
 */
export interface Red5Plugin {
  /** What applications look it up by: `WebSocketPlugin`. */
  readonly name: string;
  /** Called by {@link PluginRegistry.register}. */
  setServer?(server: Server): void;
  /** Called when an application names the plugin in its `plugins`. */
  setApplication?(application: MultiThreadedApplicationAdapter): void;
  /** Begins the work of the plugin, once its beans are set; nothing may listen before. */
  doStart?(): MaybePromise<void>;
  /** Called once, when it is replaced or the server stops. */
  doStop?(): MaybePromise<void>;
}
