import type {
  BroadcastStream,
  MultiThreadedApplicationAdapter,
  Scope,
  SharedObject,
  SharedObjectListener,
} from 'red5-node';
import { webSocketManager } from './Application.ts';

/** A stream as the list has it. */
export interface ListedStream {
  /** The room it is in, `room1/inner`; empty for the application itself. */
  readonly room: string;
  readonly name: string;
  /** When it began, in milliseconds since the epoch. */
  readonly since: number;
  readonly viewers: number;
}

/**
 * The streams that are live, in a shared object of the application: RTMP clients that connect to it see it change, and browsers are
 * told by WebSocket.
 *
 * Only the server changes it.
 */
export class StreamList implements SharedObjectListener {
  /** Name of the shared object. */
  sharedObjectName = 'streams';
  #application: Scope | undefined;
  #so: SharedObject | undefined;

  /** Makes the shared object, when the application starts. */
  open(adapter: MultiThreadedApplicationAdapter, application: Scope): void {
    const so = adapter.getSharedObject(application, this.sharedObjectName, false);
    if (so === undefined) throw new Error(`no shared object "${this.sharedObjectName}"`);
    so.acquire();
    so.registerSharedObjectSecurity({
      isWriteAllowed: () => false,
      isDeleteAllowed: () => false,
      isSendAllowed: () => false,
    });
    so.addSharedObjectListener(this);
    this.#application = application;
    this.#so = so;
  }

  /** Lets go of it, when the application stops. */
  close(): void {
    this.#so?.removeSharedObjectListener(this);
    this.#so?.release();
    this.#so = undefined;
  }

  /** Adds a stream, or brings up to date what is said of it. */
  show(stream: BroadcastStream): void {
    const { creationTime } = stream.statistics;
    const listed: ListedStream = {
      room: this.#roomOf(stream.scope),
      name: stream.name,
      since: creationTime,
      viewers: stream.subscriberCount,
    };
    this.#so?.setAttribute(keyOf(listed), listed);
  }

  remove(stream: BroadcastStream): void {
    this.#so?.removeAttribute(keyOf({ room: this.#roomOf(stream.scope), name: stream.name }));
  }

  /** The frame that tells a browser which streams there are. */
  toFrame(): string {
    const streams = [...(this.#so?.getAttributes().values() ?? [])];
    return JSON.stringify({ streams });
  }

  onSharedObjectUpdate(): void {
    this.#tell();
  }

  onSharedObjectDelete(): void {
    this.#tell();
  }

  #tell(): void {
    if (this.#application !== undefined) webSocketManager(this.#application).send(this.toFrame());
  }

  #roomOf(scope: Scope): string {
    return scope.fullPath.slice(this.#application?.fullPath.length ?? 0).replace(/^\//, '');
  }
}

function keyOf({ room, name }: Pick<ListedStream, 'room' | 'name'>): string {
  return room === '' ? name : `${room}/${name}`;
}
