import { describeError } from '../../base/index.ts';
import type { MaybePromise } from '../MaybePromise.ts';
import type { Address, Server } from '../Server.ts';
import type { Scope } from '../scope/Scope.ts';
import type { Refusal as RefusalReason } from '../statistics/StatisticsService.ts';
import type { BaseConnection } from './BaseConnection.ts';
import type { Client } from './Client.ts';
import { ClientRejected } from './ClientRejected.ts';
import type { ConnectResult } from './ConnectResult.ts';
import { runWithServer } from './Red5.ts';

type Refusal = Extract<ConnectResult, { accepted: false }>;

/** A scope that was entered. */
interface Step {
  scope: Scope;
  joined: boolean;
}

/**
 * One connection's way into the scope tree and out of it again.
 *
 * Every `connect` callback that said yes is balanced by one `disconnect`, every `join` by one `leave`, whenever the peer goes away.
 */
export class Membership {
  readonly #server: Server;
  readonly #address: Address;
  readonly #params: readonly unknown[];
  readonly #connection: BaseConnection;
  /** What was entered, outermost first. */
  readonly #entered: Step[] = [];
  /** Rooms that it is in besides; see {@link Membership.enterRoom}. */
  readonly #visited = new Map<Scope, Step>();
  #entering: Promise<ConnectResult> | undefined;
  #leaving: Promise<void> | undefined;
  #peerGone = false;
  /** It is on its way from one version of its application to another. */
  #moving: Promise<unknown> | undefined;
  #isAccepted = false;

  constructor(
    server: Server,
    connection: BaseConnection,
    options: { readonly address: Address; readonly params: readonly unknown[] },
  ) {
    this.#server = server;
    this.#connection = connection;
    this.#address = options.address;
    this.#params = options.params;
  }

  /** Whether its end has begun. */
  get isLeaving(): boolean {
    return this.#leaving !== undefined;
  }

  /** Whether the connection is in a scope or below it, or on its way there. */
  isIn(scope: Scope): boolean {
    let at: Scope | undefined = this.#connection.scope ?? this.#address.application;
    while (at !== undefined && at !== scope) at = at.parent;
    return at === scope;
  }

  enter(): Promise<ConnectResult> {
    this.#entering ??= this.#enter(this.#address);
    return this.#entering;
  }

  /** Ends the membership; waits for a connect that is under way, which then ends as refused. */
  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    this.#peerGone = true;
    this.#connection.markClosed();
    const result = await this.#entering;
    await this.#moving;
    if (result?.accepted !== true) return;
    await this.#unwind();
    this.#server.notifyDisconnected(this.#connection);
  }

  async #enter(address: Address): Promise<ConnectResult> {
    const connection = this.#connection;
    const denied = await this.#askSecurity(address);
    if (denied !== undefined) return denied;
    const made: Scope[] = [];
    const scopes = this.#openRooms(address, made);
    if (!Array.isArray(scopes)) {
      await removeUnheld(made);
      return scopes;
    }
    const target = scopes[scopes.length - 1] as Scope;
    target.retain();
    const client = this.#server.clients.newClient(connection, this.#params, this.#server.clock);
    this.#server.clients.add(client);
    connection.attach(this.#server, client, target);
    const refusal = await this.#run(() =>
      this.#enterAll([this.#server.globalScope, ...scopes], client),
    );
    if (refusal !== undefined) await this.#unwind();
    target.release();
    this.#isAccepted = refusal === undefined;
    if (refusal === undefined) return { accepted: true };
    await removeUnheld(made);
    return refusal;
  }

  /** Whether the connection can go over to other scopes: it is in, and all of them have a counterpart. */
  canMove(pairs: ReadonlyMap<Scope, Scope>): boolean {
    return (
      this.#isAccepted &&
      !this.isLeaving &&
      this.#connection.canMove &&
      this.#entered.every(({ scope }) => scope.type === 'GLOBAL' || pairs.has(scope))
    );
  }

  /** Lets the move begin; the end of the membership, should the peer go, waits until the function that is returned was called. */
  beginMove(): () => void {
    let end = (): void => {};
    this.#moving = new Promise<void>((resolve) => {
      end = resolve;
    });
    return () => {
      this.#moving = undefined;
      end();
    };
  }

  /** Tells the application that the connection leaves, although it stays where it is; nothing has to balance that any more. */
  async sayGoodbye(): Promise<void> {
    const connection = this.#connection;
    const client = connection.client as Client;
    await this.#run(async () => {
      for (const { scope, joined } of this.#entered.toReversed()) {
        const { handler } = scope;
        await this.#tell('disconnect', scope, () => handler?.disconnect?.(connection, scope));
        if (joined) await this.#tell('leave', scope, () => handler?.leave?.(client, scope));
      }
    });
  }

  /** Puts the connection into other scopes in one step, without a word to anybody. */
  moveTo(pairs: ReadonlyMap<Scope, Scope>): void {
    const connection = this.#connection;
    const client = connection.client as Client;
    for (const step of this.#entered) {
      const from = step.scope;
      const to = pairs.get(from);
      if (to === undefined) continue;
      step.scope = to;
      to.addConnection(connection);
      if (step.joined) to.addClient(client);
      if (!isElsewhereIn(from, client, connection)) from.removeClient(client);
      from.removeConnection(connection);
    }
    const target = this.#entered.at(-1)?.scope;
    if (target !== undefined) connection.moveTo(target);
  }

  /** Asks the application anew, as if the client had just come; a refusal takes the connection out. Whether it is in. */
  async rejoin(): Promise<boolean> {
    const client = this.#connection.client as Client;
    const steps = this.#entered.splice(0);
    const target = steps.at(-1)?.scope;
    target?.retain();
    for (const { scope, joined } of steps) {
      if (joined && !isElsewhereIn(scope, client, this.#connection)) scope.removeClient(client);
      scope.removeConnection(this.#connection);
    }
    const refusal = await this.#run(async () => {
      for (const { scope } of steps) {
        const refused = await this.#enterOne(scope, client);
        if (refused !== undefined) return refused;
      }
      return undefined;
    });
    target?.release();
    return refusal === undefined;
  }

  /**
   * Takes the connection into a room below one that it is in, which it stays in. Who is asked when it connects to the room is asked; a
   * refusal undoes all of it. To be balanced by {@link Membership.exitRoom} while the connection is still in.
   *
   * @internal
   */
  async enterRoom(parent: Scope, name: string): Promise<Scope | Refusal> {
    const present = parent.getChildScope(name);
    const denied = present === undefined ? undefined : await this.#askHandlers(present);
    const fault = denied ?? this.#interrupted(parent);
    if (fault !== undefined) return fault;
    const made: Scope[] = [];
    const room = this.#openRoom(parent, name, made);
    if ('accepted' in room) return room;
    room.retain();
    const client = this.#connection.client as Client;
    const steps: Step[] = [];
    const refusal = await this.#run(
      async () => (await this.#started(room)) ?? (await this.#enterOne(room, client, steps)),
    );
    const [step] = steps;
    if (refusal !== undefined && step !== undefined) await this.#exitVisited(step);
    room.release();
    if (refusal === undefined && step !== undefined) {
      this.#visited.set(room, step);
      return room;
    }
    await removeUnheld(made);
    return refusal ?? this.#reject('APPLICATION', '');
  }

  /** Takes the connection out of a room that it entered by {@link Membership.enterRoom}; safe twice. @internal */
  async exitRoom(room: Scope): Promise<void> {
    const step = this.#visited.get(room);
    this.#visited.delete(room);
    if (step !== undefined) await this.#exitVisited(step);
  }

  #exitVisited({ scope, joined }: Step): Promise<void> {
    return this.#run(() => this.#exitOne(scope, joined));
  }

  async #askSecurity(address: Address): Promise<Refusal | undefined> {
    let scope: Scope | undefined = address.application;
    const rooms = address.rooms.values();
    while (scope !== undefined) {
      const denied = await this.#askHandlers(scope);
      if (denied !== undefined) return denied;
      const next: string | undefined = rooms.next().value;
      scope = next === undefined ? undefined : scope.getChildScope(next);
    }
    return this.#interrupted(address.application);
  }

  async #askHandlers(scope: Scope): Promise<Refusal | undefined> {
    for (const handler of scope.securityHandlers) {
      try {
        const asked: MaybePromise<boolean> = this.#run(() =>
          handler.allowed(this.#connection, scope),
        );
        if ((await asked) !== true) {
          return this.#reject('SECURITY', `Connection to '${this.#connection.path}' denied.`);
        }
      } catch (error) {
        return this.#failed(error, 'security handler', scope);
      }
    }
    return undefined;
  }

  /** The application and its rooms on the way; makes those that are missing, in one synchronous step. */
  #openRooms(address: Address, made: Scope[]): Scope[] | Refusal {
    const { application } = address;
    if (application.connections.size >= application.maxConnections) {
      return this.#reject('MAX_CONNECTIONS', `Application '${application.name}' is full.`);
    }
    const scopes: Scope[] = [application];
    let scope: Scope = application;
    for (const name of address.rooms) {
      const room = this.#openRoom(scope, name, made);
      if ('accepted' in room) return room;
      scopes.push(room);
      scope = room;
    }
    return scopes;
  }

  #openRoom(parent: Scope, name: string, made: Scope[]): Scope | Refusal {
    const present = parent.getChildScope(name);
    if (present !== undefined) return present;
    if (parent.application?.clientsMakeRooms !== true) {
      return this.#reject('ROOM', `No scope '${this.#connection.path}' on this server.`);
    }
    const room = parent.makeRoom(name);
    if (typeof room === 'string') return this.#reject('ROOM', `Connection denied: ${room}.`);
    made.push(room);
    return room;
  }

  async #enterAll(scopes: readonly Scope[], client: Client): Promise<Refusal | undefined> {
    for (const scope of scopes) {
      const refusal = await this.#started(scope);
      if (refusal !== undefined) return refusal;
    }
    for (const scope of scopes) {
      const refusal = await this.#enterOne(scope, client);
      if (refusal !== undefined) return refusal;
    }
    this.#server.notifyConnected(this.#connection);
    return undefined;
  }

  async #started(scope: Scope): Promise<Refusal | undefined> {
    const isReady = scope.state === 'creating' ? await scope.whenReady() : scope.state !== 'gone';
    if (isReady) return undefined;
    return this.#reject('APPLICATION', `Room '${scope.fullPath}' could not be started.`);
  }

  async #enterOne(
    scope: Scope,
    client: Client,
    steps: Step[] = this.#entered,
  ): Promise<Refusal | undefined> {
    const { handler } = scope;
    try {
      if (handler?.connect !== undefined) {
        const said: unknown = await handler.connect(this.#connection, scope, this.#params);
        if (said !== true) return this.#refused('connect', said, scope);
      }
      const step = { scope, joined: false };
      steps.push(step);
      scope.addConnection(this.#connection);
      const gone = this.#interrupted(scope);
      if (gone !== undefined) return gone;
      if (handler?.join !== undefined) {
        const said: unknown = await handler.join(client, scope);
        if (said !== true) return this.#refused('join', said, scope);
      }
      step.joined = true;
      scope.addClient(client);
      return this.#interrupted(scope);
    } catch (error) {
      if (error instanceof ClientRejected) {
        return { ...this.#reject('APPLICATION', error.message), application: error.reason };
      }
      return this.#failed(error, 'connecting', scope);
    }
  }

  #run<T>(task: () => T): T {
    return runWithServer(this.#server, this.#connection, task);
  }

  #interrupted(scope: Scope): Refusal | undefined {
    if (this.#peerGone) return this.#reject('PEER_GONE', '');
    if (scope.enabled) return undefined;
    const path = scope.fullPath;
    this.#server.statistics.countRefusal('NOT_RUNNING');
    return {
      accepted: false,
      code: 'NetConnection.Connect.AppShutdown',
      description: `Application at '${path}' is currently shutting down.`,
    };
  }

  #reject(reason: RefusalReason, description: string): Refusal {
    this.#server.statistics.countRefusal(reason);
    return { accepted: false, code: 'NetConnection.Connect.Rejected', description };
  }

  #refused(what: string, said: unknown, scope: Scope): Refusal {
    if (said !== false) {
      this.#server.logger.warn(
        `${what} callback returned ${String(said)}, which refuses the client; it has to return true or false`,
        { remoteAddress: this.#connection.remoteAddress, scope: scope.fullPath },
      );
    }
    return this.#reject('APPLICATION', '');
  }

  #failed(error: unknown, what: string, scope: Scope): Refusal {
    this.#logError(error, what, scope);
    this.#server.statistics.countRefusal('FAILED');
    return { accepted: false, code: 'NetConnection.Connect.Failed', description: '' };
  }

  /** Undoes everything that was entered, innermost first. */
  async #unwind(): Promise<void> {
    const connection = this.#connection;
    connection.markClosed();
    await this.#run(async () => {
      await this.#server.streams.disconnect(connection);
      await this.#server.sharedObjects.disconnect(connection);
      for (const step of this.#entered.reverse()) await this.#exitOne(step.scope, step.joined);
    });
    this.#entered.length = 0;
    connection.detach();
    const { client } = connection;
    if (client !== undefined) this.#server.clients.removeIfGone(client);
  }

  async #exitOne(scope: Scope, joined: boolean): Promise<void> {
    const connection = this.#connection;
    const client = connection.client as Client;
    const { handler } = scope;
    await this.#tell('disconnect', scope, () => handler?.disconnect?.(connection, scope));
    if (joined) {
      if (!isElsewhereIn(scope, client, connection)) scope.removeClient(client);
      await this.#tell('leave', scope, () => handler?.leave?.(client, scope));
    }
    scope.removeConnection(connection);
  }

  async #tell(
    what: string,
    scope: Scope,
    callback: () => MaybePromise<void> | undefined,
  ): Promise<void> {
    try {
      const result = callback();
      if (result !== undefined) await result;
    } catch (error) {
      this.#logError(error, `${what} callback`, scope);
    }
  }

  #logError(error: unknown, what: string, scope: Scope): void {
    this.#server.logger.error(`${what} failed: ${describeError(error)}`, {
      remoteAddress: this.#connection.remoteAddress,
      scope: scope.fullPath,
      session: this.#connection.sessionID,
      stack: error instanceof Error ? error.stack : undefined,
    });
  }
}

/** Whether another connection of the same client is in the scope. */
function isElsewhereIn(scope: Scope, client: Client, except: BaseConnection): boolean {
  for (const other of client.connections) {
    if (other !== except && scope.connections.has(other)) return true;
  }
  return false;
}

/** Takes the rooms that a refused connect made away again, innermost first, unless somebody else came in. */
async function removeUnheld(rooms: readonly Scope[]): Promise<void> {
  for (const room of [...rooms].reverse()) await room.drainIfUnheld();
}
