import type { Connection } from '../connection/Connection.ts';
import type { ConnectResult } from '../connection/ConnectResult.ts';
import type { Server } from '../Server.ts';
import type { Scope } from '../scope/Scope.ts';

/** Why a connection may not be in a room. */
export type RoomRefusal = Extract<ConnectResult, { accepted: false }>;

/**
 * The rooms in which connections are because of streams that they publish or play there, besides the scope they connected to.
 *
 * A connection enters such a room with its first stream and leaves it with the last, asked and told as if it had connected there.
 */
export class RoomVisits {
  readonly #server: Server;
  readonly #visits = new Map<Connection, Map<string, RoomVisit>>();

  constructor(server: Server) {
    this.#server = server;
  }

  /** Enters a room below one in which the connection is; each success is to be balanced by {@link RoomVisit.leave}. */
  async enter(
    connection: Connection,
    parent: Scope,
    name: string,
  ): Promise<{ readonly room: Scope; readonly visit: RoomVisit } | RoomRefusal> {
    const visit = this.#visitTo(connection, parent, name);
    const room = await visit.enter();
    return 'accepted' in room ? room : { room, visit };
  }

  /** Takes a connection that goes out of all rooms, innermost first; undefined when it visits none. */
  leaveAll(connection: Connection): Promise<void> | undefined {
    const visits = this.#visits.get(connection);
    return visits === undefined ? undefined : endAll([...visits.values()].toReversed());
  }

  /** Takes everybody out of a room that goes; undefined when nobody visits it. */
  leaveRoom(room: Scope): Promise<void> | undefined {
    if (this.#visits.size === 0) return undefined;
    const leaving: Promise<void>[] = [];
    for (const visits of this.#visits.values()) {
      const visit = visits.get(room.fullPath);
      if (visit?.room === room) leaving.push(visit.end());
    }
    return leaving.length === 0 ? undefined : Promise.all(leaving).then(() => undefined);
  }

  #visitTo(connection: Connection, parent: Scope, name: string): RoomVisit {
    const visits = this.#visits.get(connection) ?? new Map<string, RoomVisit>();
    const path = `${parent.fullPath}/${name}`;
    const present = visits.get(path);
    if (present !== undefined) return present;
    const membership = this.#server.membershipOf(connection);
    const visit = new RoomVisit({
      enter: async () => (await membership?.enterRoom(parent, name)) ?? GONE,
      exit: (room) => membership?.exitRoom(room) ?? Promise.resolve(),
      unused: () => {
        visits.delete(path);
        if (visits.size === 0) this.#visits.delete(connection);
      },
    });
    visits.set(path, visit);
    this.#visits.set(connection, visits);
    return visit;
  }
}

async function endAll(visits: readonly RoomVisit[]): Promise<void> {
  for (const visit of visits) await visit.end();
}

/** What a visit needs of the connection's membership. */
interface Door {
  enter(): Promise<Scope | RoomRefusal>;
  exit(room: Scope): Promise<void>;
  /** Nobody is in and nobody is on the way. */
  unused(): void;
}

const GONE: RoomRefusal = {
  accepted: false,
  code: 'NetConnection.Connect.Rejected',
  description: 'The connection is closed.',
};

/** One connection's being in one room, for any number of streams. Coming and going happen one after the other. */
export class RoomVisit {
  readonly #door: Door;
  #room: Scope | undefined;
  /** Streams for which it is in. */
  #uses = 0;
  #isEnded = false;
  #steps = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** @internal */
  constructor(door: Door) {
    this.#door = door;
  }

  /** The room; undefined before it was entered and after it was left. */
  get room(): Scope | undefined {
    return this.#room;
  }

  /** @internal */
  enter(): Promise<Scope | RoomRefusal> {
    return this.#inTurn(async () => {
      if (this.#isEnded) return GONE;
      const result = this.#room ?? (await this.#door.enter());
      if ('accepted' in result) return result;
      this.#room = result;
      this.#uses += 1;
      return result;
    });
  }

  /** One stream needs it no longer. */
  leave(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isEnded) return;
      this.#uses -= 1;
      if (this.#uses === 0) await this.#exit();
    });
  }

  /** Leaves whatever still needs it; nothing is entered any more. */
  end(): Promise<void> {
    return this.#inTurn(async () => {
      this.#isEnded = true;
      this.#uses = 0;
      await this.#exit();
    });
  }

  async #exit(): Promise<void> {
    const room = this.#room;
    this.#room = undefined;
    if (room !== undefined) await this.#door.exit(room);
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    this.#steps += 1;
    const done = this.#last.then(task).finally(() => {
      this.#steps -= 1;
      if (this.#steps === 0 && this.#uses === 0) this.#door.unused();
    });
    this.#last = done.catch(() => undefined);
    return done;
  }
}
