import {
  type Client,
  type Connection,
  MultiThreadedApplicationAdapter,
  type Scope,
} from 'red5-node';

export class Lounge extends MultiThreadedApplicationAdapter {
  override async roomStart(room: Scope): Promise<boolean> {
    if (room.name.startsWith('private-')) return false;
    await room.persistAttributes(); // brings back what was set before the room vanished last time
    return true;
  }

  override roomConnect(_connection: Connection, params: readonly unknown[]): boolean {
    if (params[0] === undefined) this.rejectClient('tell your name');
    return true;
  }

  override roomJoin(client: Client, room: Scope): boolean {
    const visitors = room.getAttribute('visitors', 0);
    room.setAttribute('visitors', visitors + 1);
    client.setAttribute('joinedAt', new Date());
    return true;
  }
}
