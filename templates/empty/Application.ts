import { type Client, MultiThreadedApplicationAdapter, type Scope } from 'red5-node';

/** The application: what it does when it starts, and when people come and go. */
export class Application extends MultiThreadedApplicationAdapter {
  /** Methods that clients may call: `netConnection.call('hello', responder, 'Ann')`. */
  static readonly remoteMethods = ['hello'];

  hello(name: string): string {
    return `Hello ${name}`;
  }

  override async appStart(scope: Scope): Promise<boolean> {
    // Open what the application needs here, and close it in appStop.
    return super.appStart(scope);
  }

  /** Somebody comes to a room; false would refuse. */
  override roomJoin(client: Client, room: Scope) {
    return super.roomJoin(client, room);
  }
}
