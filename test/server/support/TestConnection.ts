import {
  BaseConnection,
  type CloseReason,
  type Server,
  type ServiceCapableConnection,
  type SharedObjectBatch,
  type SharedObjectEvent,
  type SharedObjectRequest,
  type SharedObjectSubscriber,
} from '../../../src/server/index.ts';

/** A peer that speaks no protocol: it keeps what it is told. */
export class TestConnection
  extends BaseConnection
  implements SharedObjectSubscriber, ServiceCapableConnection
{
  readonly batches: SharedObjectBatch[] = [];
  readonly closings: (CloseReason | undefined)[] = [];
  readonly notified: string[] = [];
  onBatch: ((batch: SharedObjectBatch) => void) | undefined;

  constructor(path: string, host = 'localhost') {
    super({ type: 'test', host, path, remoteAddress: '127.0.0.1', remotePort: 1 });
  }

  close(reason?: CloseReason): void {
    this.closings.push(reason);
  }

  sharedObjectChanged(batch: SharedObjectBatch): void {
    this.batches.push(batch);
    this.onBatch?.(batch);
  }

  invoke(method: string, args: readonly unknown[]): Promise<unknown> {
    return Promise.resolve(`${method}(${args.join(',')})`);
  }

  notify(method: string): void {
    this.notified.push(method);
  }

  /** Sends one message to a shared object. */
  ask(
    server: Server,
    name: string,
    requests: readonly SharedObjectRequest[],
    persistent = false,
  ): void | Promise<void> {
    return server.sharedObjects.handle(this, { name, persistent, requests });
  }

  /** What it was told since the last time, one text per message: `v2 useSuccess, clear`. */
  take(): string[] {
    return this.batches.splice(0).map((b) => `v${b.version} ${b.events.map(describe).join(', ')}`);
  }
}

function describe(event: SharedObjectEvent): string {
  switch (event.type) {
    case 'change':
      return `change ${event.key}=${JSON.stringify(event.value)}`;
    case 'send':
      return `send ${event.method}${JSON.stringify(event.args)}`;
    case 'status':
      return `status ${event.code} ${event.level}`;
    case 'success':
    case 'remove':
      return `${event.type} ${event.key}`;
    default:
      return event.type;
  }
}
