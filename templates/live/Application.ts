import {
  type BroadcastStream,
  MultiThreadedApplicationAdapter,
  PluginRegistry,
  type Scope,
  type WebSocketPlugin,
} from 'red5-node';

/**
 * Live streams: who is on air, told to browsers as it changes.
 *
 * Publish with OBS or ffmpeg to `rtmp://host/__NAME__/cam`; play it there, or at `http://host:5080/__NAME__/cam.flv`.
 */
export class Application extends MultiThreadedApplicationAdapter {
  /** What publishers have to know; empty: nothing. Set in red5-web.yaml. */
  publishKey = '';
  readonly #onAir = new Set<string>();

  override appStart(scope: Scope) {
    this.registerStreamPublishSecurity({
      isPublishAllowed: (_scope, _name, _mode, parameters) => this.mayPublish(parameters['key']),
    });
    return super.appStart(scope);
  }

  /** Whether somebody with this key may publish. */
  mayPublish(key: string | undefined): boolean {
    return this.publishKey === '' || key === this.publishKey;
  }

  /** Names of the streams on air, those of rooms with the room's path before them. */
  get onAir(): string[] {
    return [...this.#onAir].sort();
  }

  /** Somebody is on air. */
  override streamBroadcastStart(stream: BroadcastStream): void {
    this.#onAir.add(this.#nameOf(stream));
    this.#tellBrowsers();
  }

  /** The publisher has stopped or gone. */
  override streamBroadcastClose(stream: BroadcastStream): void {
    this.#onAir.delete(this.#nameOf(stream));
    this.#tellBrowsers();
  }

  #nameOf({ scope, name }: BroadcastStream): string {
    const room = scope.fullPath.slice(this.scope.fullPath.length + 1);
    return room === '' ? name : `${room}/${name}`;
  }

  #tellBrowsers(): void {
    const plugin = PluginRegistry.getPlugin<WebSocketPlugin>('WebSocketPlugin');
    const { fullPath } = this.scope;
    plugin?.getManager(this.scope).getScope(fullPath)?.send(JSON.stringify(this.onAir));
  }
}
