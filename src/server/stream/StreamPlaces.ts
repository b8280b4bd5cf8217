import type { Connection } from '../connection/Connection.ts';
import type { Server } from '../Server.ts';
import type { Scope } from '../scope/Scope.ts';
import { scopeNameFault } from '../scope/scopeName.ts';
import { type RoomRefusal, RoomVisits } from './RoomVisits.ts';

/** Where a stream is: its scope, and what it is called there. */
export interface StreamPlace {
  readonly scope: Scope;
  readonly name: string;
  /** What a client called it, from the scope of its connection: `room2/cam`. */
  readonly givenName: string;
  /** To be called when the stream is over there for who asked for it; safe twice. */
  leave(): Promise<void> | undefined;
}

/** Why a place cannot be had, in a sentence. */
export interface NoPlace {
  readonly fault: string;
}

/**
 * Finds out where the streams are that clients name: slashes lead into the rooms below the scope of the connection.
 *
 * So a stream is the same whatever way a client splits its address into application and name, and nobody gets into a room by a name who
 * would not get into it by connecting.
 */
export class StreamPlaces {
  readonly #server: Server;
  readonly #visits: RoomVisits;

  constructor(server: Server) {
    this.#server = server;
    this.#visits = new RoomVisits(server);
  }

  /** Takes a connection into the rooms of a name, which are made when need be. The server itself goes where it likes. */
  async enter(
    connection: Connection | undefined,
    scope: Scope,
    name: string,
  ): Promise<StreamPlace | NoPlace> {
    const rooms = name.split('/');
    const last = rooms.pop() as string;
    if (rooms.length === 0) return placeHere(scope, name);
    const fault = roomsFault(scope, rooms) ?? this.#otherFault(connection, scope, rooms);
    if (fault !== undefined) return { fault };
    if (connection === undefined) return this.#open(scope, rooms, name);
    const left: (() => Promise<void>)[] = [];
    const leave = async (): Promise<void> => {
      for (const leaveRoom of left.splice(0).toReversed()) await leaveRoom();
    };
    let at = scope;
    for (const room of rooms) {
      const entered = await this.#visits.enter(connection, at, room);
      if ('accepted' in entered) {
        await leave();
        return { fault: faultOf(entered, `${at.fullPath}/${room}`) };
      }
      left.push(() => entered.visit.leave());
      at = entered.room;
    }
    return { scope: at, name: last, givenName: name, leave };
  }

  /** Where a stream is that is there already: undefined when the rooms are not. */
  find(scope: Scope, name: string): { readonly scope: Scope; readonly name: string } | undefined {
    const rooms = name.split('/');
    const last = rooms.pop() as string;
    let at: Scope | undefined = scope;
    for (const room of rooms) at = at?.getChildScope(room);
    return at === undefined ? undefined : { scope: at, name: last };
  }

  /** Takes a connection that goes out of all rooms that it is in because of streams. */
  leaveAll(connection: Connection): Promise<void> | undefined {
    return this.#visits.leaveAll(connection);
  }

  /** Takes everybody out of a room that goes. */
  leaveRoom(room: Scope): Promise<void> | undefined {
    return this.#visits.leaveRoom(room);
  }

  async #open(
    scope: Scope,
    rooms: readonly string[],
    name: string,
  ): Promise<StreamPlace | NoPlace> {
    let at = scope;
    for (const room of rooms) {
      const next = at.getChildScope(room) ?? at.makeRoom(room);
      if (typeof next === 'string') return { fault: `The stream cannot be there: ${next}.` };
      if (next.state === 'creating' && !(await next.whenReady())) {
        return { fault: `Room "${next.fullPath}" could not be started.` };
      }
      at = next;
    }
    return { ...placeHere(at, name.slice(name.lastIndexOf('/') + 1)), givenName: name };
  }

  /** Whoever connects to these rooms may reach another application than the one that the connection is in. */
  #otherFault(
    connection: Connection | undefined,
    scope: Scope,
    rooms: readonly string[],
  ): string | undefined {
    if (connection === undefined) return undefined;
    const path = [scope.fullPath, ...rooms].join('/');
    const found = this.#server.resolve(connection.host, path)?.application.fullPath;
    return found === undefined || found === scope.application?.fullPath
      ? undefined
      : `"${found}" is another application.`;
  }
}

/** A place in the scope itself, for which nobody has to be asked. */
export function placeHere(scope: Scope, name: string): StreamPlace {
  return { scope, name, givenName: name, leave: () => undefined };
}

/** Why there can be no such rooms; found before any of them is made. */
function roomsFault(scope: Scope, rooms: readonly string[]): string | undefined {
  const { application } = scope;
  if (application === undefined) return 'There are no rooms outside of applications.';
  const { maxRoomDepth, maxNameLength } = application;
  if (scope.depth - 1 + rooms.length > maxRoomDepth) {
    return `The stream would be more than ${maxRoomDepth} rooms deep.`;
  }
  for (const room of rooms) {
    const fault = scopeNameFault(room, maxNameLength);
    if (fault !== undefined) return `The name of a room ${fault}.`;
  }
  return undefined;
}

function faultOf({ description }: RoomRefusal, path: string): string {
  return description === '' ? `You are not allowed to enter room '${path}'.` : description;
}
