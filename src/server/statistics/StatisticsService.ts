import type { Server } from '../Server.ts';
import type { Scope, ScopeType } from '../scope/Scope.ts';
import type { ScopeStatistics } from '../scope/ScopeStatistics.ts';
import { ScopeUtils } from '../scope/ScopeUtils.ts';
import type { SharedObject, SharedObjectStatistics } from '../so/SharedObject.ts';

/** Why the server said no to a client; each is counted. */
export const REFUSALS = {
  INVALID_APP: 'The path leads to no application, or breaks the name grammar',
  NOT_RUNNING: 'The application is starting or stopping',
  SECURITY: 'A scope security handler said no',
  APPLICATION: 'A connect, join or start callback said no',
  FAILED: 'A callback threw',
  PEER_GONE: 'The peer went away while it connected',
  MAX_CONNECTIONS: 'The application has maxConnections connections',
  ROOM: 'A room could not be made: its name, a limit, or clientsMakeRooms',
  SHARED_OBJECT_QUOTA: 'A shared object would exceed a limit of SharedObjectLimits',
  SHARED_OBJECT_ACCESS:
    'A shared object security handler said no, or the client had not subscribed',
  CALL: 'A remote call failed, for whatever reason',
} as const;

/** Why the server said no: one of the counters in {@link ServerReport}. */
export type Refusal = keyof typeof REFUSALS;

/** One scope in a list of scopes. */
export interface ScopeReport {
  readonly path: string;
  readonly type: ScopeType;
  readonly state: Scope['state'];
  readonly statistics: ScopeStatistics;
  /** Shared objects in the scope itself. */
  readonly sharedObjects: number;
}

/** One shared object in a list of shared objects. */
export interface SharedObjectReport {
  readonly scope: string;
  readonly name: string;
  readonly persistent: boolean;
  readonly version: number;
  readonly acquired: boolean;
  readonly statistics: SharedObjectStatistics;
}

/** A limit of an application, and how much of it is used. */
export interface LimitReport {
  readonly application: string;
  /** Name of the property that sets it. */
  readonly name: string;
  readonly used: number;
  readonly limit: number;
}

/** The whole server in numbers. */
export interface ServerReport {
  readonly applications: number;
  readonly rooms: number;
  readonly connections: number;
  readonly clients: number;
  readonly sharedObjects: number;
  readonly scheduledJobs: number;
  readonly calls: number;
  /** How often clients were refused, by reason. */
  readonly refusals: Readonly<Record<Refusal, number>>;
}

/**
 * What there is in a server, in numbers; for metrics and admin pages.
 *
 * Reading it changes nothing and costs as much as what is listed.
 *
 * @red5 org.red5.server.statistics.StatisticsService
 * @red5 org.red5.server.api.statistics.IStatisticsService
 */
export class StatisticsService {
  readonly #server: Server;
  readonly #refusals: Record<Refusal, number>;

  constructor(server: Server) {
    this.#server = server;
    this.#refusals = Object.fromEntries(
      Object.keys(REFUSALS).map((reason) => [reason, 0]),
    ) as Record<Refusal, number>;
  }

  /** @internal */
  countRefusal(reason: Refusal): void {
    this.#refusals[reason] += 1;
  }

  /** The server's totals. */
  get server(): ServerReport {
    const server = this.#server;
    return {
      applications: server.applications.length,
      rooms: server.applications.reduce((sum, application) => sum + application.roomCount, 0),
      connections: server.connections.size,
      clients: server.clients.clients.size,
      sharedObjects: server.sharedObjects.count,
      scheduledJobs: server.scheduling.getScheduledJobNames().length,
      calls: server.remoteCalls.statistics.calls,
      refusals: { ...this.#refusals },
    };
  }

  /** A scope and all below it, or the whole server, parents before children. */
  getScopes(path = '/'): ScopeReport[] {
    const top = this.#find(path);
    return top === undefined ? [] : [...this.#walk(top)].map((scope) => this.#report(scope));
  }

  /** The shared objects of a scope and of all below it, or of the whole server. */
  getSharedObjects(path = '/'): SharedObjectReport[] {
    const top = this.#find(path);
    if (top === undefined) return [];
    return [...this.#walk(top)].flatMap((scope) =>
      this.#server.sharedObjects.getSharedObjects(scope).map(reportSharedObject),
    );
  }

  /** The limits of all applications, and how much of each is used. */
  getLimits(): LimitReport[] {
    return this.#server.applications.flatMap((application) => [
      limitOf(application, 'maxConnections', application.connections.size),
      limitOf(application, 'maxRooms', application.roomCount),
    ]);
  }

  #find(path: string): Scope | undefined {
    return ScopeUtils.resolveScope(this.#server.globalScope, path);
  }

  *#walk(scope: Scope): Iterable<Scope> {
    yield scope;
    for (const child of scope.children.values()) yield* this.#walk(child);
  }

  #report(scope: Scope): ScopeReport {
    return {
      path: scope.fullPath,
      type: scope.type,
      state: scope.state,
      statistics: scope.statistics,
      sharedObjects: this.#server.sharedObjects.getSharedObjectNames(scope).length,
    };
  }
}

function reportSharedObject(so: SharedObject): SharedObjectReport {
  return {
    scope: so.scope.fullPath,
    name: so.name,
    persistent: so.persistent,
    version: so.version,
    acquired: so.isAcquired,
    statistics: so.statistics,
  };
}

function limitOf<K extends 'maxConnections' | 'maxRooms'>(
  application: { readonly name: string } & Readonly<Record<K, number>>,
  name: K,
  used: number,
): LimitReport {
  return { application: application.name, name, used, limit: application[name] };
}
