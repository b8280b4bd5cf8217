import { PluginRegistry } from 'red5-node';

/** Hands a text to the room of a path, as an application written for Red5 does. */
export class Router {
  static beanInfo = { types: ['Router'] };

  route(scope, text) {
    const manager = PluginRegistry.getPlugin('WebSocketPlugin').getManager(scope);
    manager.getScope(scope.fullPath)?.send(text);
  }
}
