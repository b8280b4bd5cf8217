import { describeError, Red5Error } from '../../base/index.ts';
import { currentServer } from '../connection/Red5.ts';
import { isPromise } from '../MaybePromise.ts';
import type { Server } from '../Server.ts';
import type { Red5Plugin } from './Red5Plugin.ts';

/**
 * The plugins of a server, by name.
 *
 * The static form means the registry of the server whose code is running, so that two servers in one process never mix.
 *
 * @red5 org.red5.server.plugin.PluginRegistry
 */
export class PluginRegistry {
  readonly #server: Server;
  readonly #plugins = new Map<string, Red5Plugin>();

  constructor(server: Server) {
    this.#server = server;
  }

  /**
   * The plugin of the running code's server; undefined when it has none of this name.
   *
   * @throws Red5Error `NO_CURRENT_SERVER` outside code that a server called
   */
  static getPlugin<T extends Red5Plugin = Red5Plugin>(name: string): T | undefined {
    return currentServer(`PluginRegistry.getPlugin("${name}")`).plugins.getPlugin<T>(name);
  }

  /** All plugins, in the order of registration. */
  get plugins(): readonly Red5Plugin[] {
    return [...this.#plugins.values()];
  }

  /** Adds a plugin; another one of the same name is stopped and replaced. Starting it is its owner's. */
  async register(plugin: Red5Plugin): Promise<void> {
    if (plugin.name === '') throw new Red5Error('PLUGIN_UNNAMED', 'a plugin has no name');
    const previous = this.#plugins.get(plugin.name);
    this.#plugins.set(plugin.name, plugin);
    plugin.setServer?.(this.#server);
    if (previous !== undefined && previous !== plugin) await this.#stop(previous);
  }

  /** The plugin of a name, such as `WebSocketPlugin`; undefined when there is none. */
  getPlugin<T extends Red5Plugin = Red5Plugin>(name: string): T | undefined {
    return this.#plugins.get(name) as T | undefined;
  }

  /** Removes a plugin without stopping it; returns whether it was there. */
  unregister(plugin: Red5Plugin | string): boolean {
    const name = typeof plugin === 'string' ? plugin : plugin.name;
    if (typeof plugin !== 'string' && this.#plugins.get(name) !== plugin) return false;
    return this.#plugins.delete(name);
  }

  /** Stops and removes all plugins, last registered first; one failure does not stop the others. */
  async stopAll(): Promise<void> {
    const plugins = [...this.#plugins.values()].reverse();
    this.#plugins.clear();
    for (const plugin of plugins) await this.#stop(plugin);
  }

  async #stop(plugin: Red5Plugin): Promise<void> {
    try {
      const result = this.#server.run(() => plugin.doStop?.());
      if (result !== undefined && isPromise(result)) await result;
    } catch (error) {
      this.#server.logger.error(`plugin "${plugin.name}" did not stop: ${describeError(error)}`);
    }
  }
}
