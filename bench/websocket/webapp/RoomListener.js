import { WebSocketDataListener } from 'red5-node';

/** Hands each text to a router. */
export class RoomListener extends WebSocketDataListener {
  static beanInfo = { types: ['WebSocketDataListener'], properties: { router: 'Router' } };
  router;

  onWSConnect() {}

  onWSMessage({ connection, messageAsString }) {
    this.router.route(connection.scope, messageAsString);
  }

  onWSDisconnect() {}
}
