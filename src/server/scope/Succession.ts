import { describeError } from '../../base/index.ts';
import type { BaseConnection } from '../connection/BaseConnection.ts';
import type { OldAttachments, SharedObject } from '../so/SharedObject.ts';
import { TIMED_OUT, withTimeout } from '../withTimeout.ts';
import type { DeploymentPolicy } from './DeploymentPolicy.ts';
import { keepAttributes } from './keepAttributes.ts';
import type { Scope } from './Scope.ts';
import type { WebScope } from './WebScope.ts';

/** Connections that are asked at the same time. */
const TOGETHER = 100;

/**
 * One application's step from a version to the next: what was shared goes over, and with the policy `handover` who is connected.
 *
 * In this order: {@link prepare}; for a handover {@link suspend}; {@link takeOver}; for a handover {@link release}; when the old version was
 * stopped {@link forget}, and for a handover {@link resume}. New clients of the next version wait from the second to the last.
 */
export class Succession {
  readonly previous: WebScope;
  readonly next: WebScope;
  readonly #policy: DeploymentPolicy;
  /** Scopes of the old version, and those that take their place. */
  readonly #pairs: Map<Scope, Scope>;
  readonly #moved = new Map<SharedObject, OldAttachments>();
  readonly #endsOfMove = new Map<BaseConnection, () => void>();
  #isHandover = false;
  #state: unknown;
  #resumed: () => void = () => {};

  constructor(previous: WebScope, next: WebScope) {
    this.previous = previous;
    this.next = next;
    this.#policy = next.deploymentPolicy;
    this.#pairs = new Map([[previous, next]]);
  }

  /** Makes the rooms of the new version that are needed to take over what is in those of the old one. */
  async prepare(isHandover: boolean): Promise<void> {
    this.#isHandover = isHandover;
    await this.#attempt('making the rooms of the new version', async () => {
      this.#pairRooms(this.previous, this.next);
      const rooms = [...this.#pairs.values()].filter(({ type }) => type === 'ROOM');
      await Promise.all(rooms.map((room) => room.whenReady()));
    });
  }

  /** Holds back what clients send, and asks the old version what the new one is to know. */
  async suspend(): Promise<void> {
    const { previous } = this;
    this.next.resuming = new Promise((resolve) => {
      this.#resumed = resolve;
    });
    for (const connection of previous.connections) {
      const membership = this.#server.membershipOf(connection);
      if (membership?.canMove(this.#pairs) !== true) continue;
      (connection as BaseConnection).suspend();
      this.#endsOfMove.set(connection as BaseConnection, membership.beginMove());
    }
    await this.#attempt('appSuspend', async () => {
      this.#state = structuredClone(await previous.handler?.appSuspend?.(previous));
    });
  }

  /** Gives the new version what was shared, in one step. */
  takeOver(): void {
    this.#pairRooms(this.previous, this.next);
    for (const [from, to] of [...this.#pairs]) {
      if (!to.enabled) {
        this.#pairs.delete(from);
        continue;
      }
      const moved = this.#server.sharedObjects.moveScope(from, to);
      for (const [so, attachments] of moved) {
        this.#moved.set(so, attachments);
        // Until the new version has had the time to acquire it as well.
        if (this.#isHandover) so.acquire();
      }
      from.succeededBy(to);
      keepAttributes(from, to, this.#policy.keptAttributes);
    }
  }

  /** Takes the clients out of the old version, which may say goodbye to them unless it had its `appSuspend`. */
  async release(): Promise<void> {
    if (this.previous.handler?.appSuspend === undefined) {
      await this.#forEach('leaving the old version', async (connection) => {
        await this.#server.membershipOf(connection)?.sayGoodbye();
      });
    }
    for (const connection of this.#endsOfMove.keys()) {
      connection.beginMove(this.#isSilent);
      this.#server.membershipOf(connection)?.moveTo(this.#pairs);
    }
  }

  /** Forgets what the old version's code, now gone, has hung on what was shared. */
  forget(): void {
    for (const [so, attachments] of this.#moved) {
      if (!so.isClosed) so.forget(attachments, this.#isHandover ? 1 : undefined);
    }
    if (!this.#isHandover) this.#moved.clear();
  }

  /** Tells the new version, and lets the clients be heard again. */
  async resume(): Promise<void> {
    const { next } = this;
    const connections = [...this.#endsOfMove.keys()];
    if (this.#isSilent) {
      await this.#attempt('appResume', async () => {
        await next.handler?.appResume?.(next, { state: this.#state, connections });
      });
    }
    await this.#forEach('joining the new version', async (connection) => {
      const isIn = this.#isSilent || (await this.#server.membershipOf(connection)?.rejoin());
      if (isIn !== true || !connection.endMove(this.#isSilent)) this.#refuse(connection);
      this.#endMove(connection);
    });
    for (const connection of connections) this.#endMove(connection);
    for (const so of this.#moved.keys()) if (so.isAcquired) so.release();
    this.#moved.clear();
    next.resuming = undefined;
    this.#resumed();
  }

  /** Whether the new version learns of all clients in one call. */
  get #isSilent(): boolean {
    return this.next.handler?.appResume !== undefined;
  }

  get #server() {
    return this.next.server;
  }

  #pairRooms(from: Scope, to: Scope): void {
    for (const [name, room] of from.children) {
      const isNeeded = room.connections.size > 0 || this.#hasShared(room);
      if (!isNeeded) continue;
      const counterpart = this.#pairs.get(room) ?? to.getChildScope(name) ?? to.makeRoom(name);
      if (typeof counterpart === 'string') {
        const where = { scope: room.fullPath };
        this.#server.logger.warn(`room not taken over: ${counterpart}`, where);
        continue;
      }
      this.#pairs.set(room, counterpart);
      this.#pairRooms(room, counterpart);
    }
  }

  #hasShared(room: Scope): boolean {
    if (this.#server.sharedObjects.getSharedObjectNames(room).length > 0) return true;
    return [...room.children.values()].some((child) => this.#hasShared(child));
  }

  #refuse(connection: BaseConnection): void {
    connection.close({ kind: 'shutdown', description: 'the new version does not take it over' });
  }

  #endMove(connection: BaseConnection): void {
    const end = this.#endsOfMove.get(connection);
    if (end === undefined) return;
    this.#endsOfMove.delete(connection);
    end();
    connection.resume();
  }

  /** Does something for each connection that is being handed over, for many of them at the same time. */
  async #forEach(what: string, work: (connection: BaseConnection) => Promise<void>): Promise<void> {
    const waiting = [...this.#endsOfMove.keys()].values();
    const worker = async (): Promise<void> => {
      for (const connection of waiting) await this.#attempt(what, () => work(connection));
    };
    await Promise.all(Array.from({ length: TOGETHER }, worker));
  }

  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.#server;
    const fields = { scope: this.next.fullPath };
    const { handoverTimeoutMs } = this.#policy;
    try {
      const running = this.#server.run(work);
      if ((await withTimeout(clock, handoverTimeoutMs, running)) !== TIMED_OUT) return;
      logger.error(`${what} has not ended within ${handoverTimeoutMs} ms`, fields);
    } catch (error) {
      const stack = error instanceof Error ? error.stack : undefined;
      logger.error(`${what} failed: ${describeError(error)}`, { ...fields, stack });
    }
  }
}
