import type { IncomingMessage } from 'node:http';
import { background, type Logger, type Timer } from '../../../base/index.ts';
import {
  type AdmittedRequest,
  type BaseConnection,
  type ConnectResult,
  type PeerFacts,
  type Server,
  TrustedProxies,
  type WebScope,
} from '../../../server/index.ts';
import { type CapReached, ConnectionCounter } from '../limits/ConnectionCounter.ts';
import { joinPath, type WebSocketScopeManager } from '../WebSocketScopeManager.ts';
import type { WebSocketSettings } from '../WebSocketSettings.ts';
import { OriginPolicy } from './OriginPolicy.ts';
import { appendScope, parseTarget, type Target } from './parseTarget.ts';
import type { Refusal } from './Refusal.ts';

/** A request that passed all checks that need no application code. It counts as a connection until it is released. */
export interface Admission {
  readonly application: WebScope;
  readonly manager: WebSocketScopeManager;
  /** Host name without port, as virtual hosts are compared. */
  readonly host: string;
  /** Application and rooms: `chat/room1`. */
  readonly path: string;
  /** The same from the root, as scopes have it: `/chat/room1`. */
  readonly fullPath: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly facts: PeerFacts;
}

/** What the doorkeeper needs of the plugin. */
export interface DoorkeeperOptions {
  readonly settings: WebSocketSettings;
  readonly server: Server;
  readonly logger: Logger;
  /** The manager of an application; undefined when it has none. */
  readonly managerOf: (application: WebScope) => WebSocketScopeManager | undefined;
}

/** A request for another protocol inside; which application it is for is said in its bytes. Counts until it is released. */
export interface StreamAdmission {
  readonly handler: object;
  readonly facts: PeerFacts;
}

const FOREIGN_PAGE: Refusal = {
  status: 403,
  description: 'connections from this page are not allowed',
};
const UNKNOWN: Refusal = { status: 404, description: 'there is no such application' };

const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  'NetConnection.Connect.InvalidApp': 404,
  'NetConnection.Connect.Rejected': 403,
  'NetConnection.Connect.AppShutdown': 503,
};

const REFUSAL_OF_CAP: Readonly<Record<CapReached, Refusal>> = {
  total: { status: 503, description: 'the server has no more room' },
  application: { status: 503, description: 'the application has no more room' },
  address: { status: 429, description: 'too many connections from this address' },
};

/** Decides who may come in: origin, address, application, caps, and then the application itself. */
export class Doorkeeper {
  readonly #options: DoorkeeperOptions;
  readonly #origins: OriginPolicy;
  readonly #proxies: TrustedProxies;
  readonly #counter: ConnectionCounter;

  constructor(options: DoorkeeperOptions) {
    const { settings } = options;
    this.#options = options;
    this.#origins = new OriginPolicy(settings.allowedOrigins);
    this.#proxies = new TrustedProxies(settings.trustedProxies);
    this.#counter = new ConnectionCounter({
      total: settings.maxConnections,
      perApplication: settings.maxConnectionsPerApplication,
      perAddress: settings.maxConnectionsPerAddress,
    });
  }

  /** Connections that are open or being decided on. */
  get connectionCount(): number {
    return this.#counter.total;
  }

  /**
   * Makes all checks in the order of their cost; the application has not been asked yet.
   *
   * @param target - where to, when that is not the request's own address
   */
  admit(
    request: IncomingMessage,
    target: Target | undefined = parseTarget(request.url ?? ''),
  ): Admission | Refusal {
    const facts = this.#proxies.factsOf(request);
    if (!this.#isOriginAllowed(request, facts)) return FOREIGN_PAGE;
    const place = target && this.#find(facts, target);
    if (target === undefined || place === undefined) return UNKNOWN;
    const reached = this.#counter.add(place.application, facts.remoteAddress);
    if (reached !== undefined) return REFUSAL_OF_CAP[reached];
    // Written out: a spread costs a multiple here, and more than the rest of these checks.
    const { application, manager, host, path, fullPath } = place;
    return { application, manager, host, path, fullPath, parameters: target.parameters, facts };
  }

  /** Makes the checks for a protocol that is spoken inside the messages; its own rules come on top. */
  admitStream(request: IncomingMessage, handler: object): StreamAdmission | Refusal {
    const facts = this.#proxies.factsOf(request);
    if (!this.#isOriginAllowed(request, facts)) return FOREIGN_PAGE;
    const reached = this.#counter.add(handler, facts.remoteAddress);
    return reached === undefined ? { handler, facts } : REFUSAL_OF_CAP[reached];
  }

  /** What a request asks for; undefined when its address is malformed. */
  describe(request: IncomingMessage, facts: PeerFacts): AdmittedRequest | undefined {
    const target = parseTarget(request.url ?? '');
    return target && { ...target, peer: facts, host: hostName(facts.host) };
  }

  /** Ends what {@link admitStream} counted. */
  releaseStream({ handler, facts }: StreamAdmission): void {
    this.#counter.remove(handler, facts.remoteAddress);
  }

  /** Ends what {@link admit} counted. */
  release(application: object, remoteAddress: string): void {
    this.#counter.remove(application, remoteAddress);
  }

  /** Counts a connection for the new version of its application; undefined when that takes no WebSockets. */
  move(from: object, application: WebScope | undefined): WebSocketScopeManager | undefined {
    const manager = application && this.#options.managerOf(application);
    if (application === undefined || manager?.isEnabled !== true) return undefined;
    this.#counter.move(from, application);
    return manager;
  }

  /** The application's refusal; undefined when it accepted. After a time-out an acceptance that still comes is undone. */
  async ask(connection: BaseConnection): Promise<Refusal | undefined> {
    const { server, settings, logger } = this.#options;
    const verdict = server.connect(connection);
    let timer: Timer | undefined;
    const timeout = new Promise<undefined>((resolve) => {
      timer = server.clock.after(settings.connectTimeoutMs, () => resolve(undefined));
    });
    const result = await Promise.race([verdict, timeout]);
    timer?.cancel();
    if (result !== undefined) return refusalOf(result);
    const undo = async () => {
      if ((await verdict).accepted) await server.disconnect(connection);
    };
    background(undo(), logger, 'undoing a late connect');
    return { status: 503, description: 'the application did not answer in time' };
  }

  #find(facts: PeerFacts, target: Target) {
    const { server, managerOf } = this.#options;
    const host = hostName(facts.host);
    const application = server.resolve(host, target.path)?.application;
    const manager = application && managerOf(application);
    if (application === undefined || manager?.isEnabled !== true) return undefined;
    const name = manager.scopeParameter;
    const path = appendScope(target.path, name === '' ? undefined : target.parameters[name]);
    const address = server.resolve(host, path);
    if (address?.application !== application) return undefined;
    return {
      application,
      manager,
      host,
      path,
      fullPath: joinPath(application.fullPath, address.rooms),
    };
  }

  #isOriginAllowed({ headers }: IncomingMessage, facts: PeerFacts): boolean {
    // Browsers leave the origin out of a plain GET to the page's own origin, but say so in another way.
    const isSameOrigin =
      headers.origin === undefined && headers['sec-fetch-site'] === 'same-origin';
    const { host, secure } = facts;
    return isSameOrigin || this.#origins.allows({ origin: headers.origin, host, secure });
  }
}

/** An application may choose its status and words: `rejectClient({ status: 401, description: 'log in first' })`. */
function refusalOf(result: ConnectResult): Refusal | undefined {
  if (result.accepted) return undefined;
  const refusal = { status: STATUS_OF_CODE[result.code] ?? 500, description: result.description };
  const { application } = result;
  if (typeof application !== 'object' || application === null) return refusal;
  const { status, description } = application as { status?: unknown; description?: unknown };
  return {
    status: isErrorStatus(status) ? status : refusal.status,
    description: typeof description === 'string' ? description : refusal.description,
  };
}

/** Whether an application's own choice is an HTTP error. */
function isErrorStatus(status: unknown): status is number {
  return Number.isInteger(status) && (status as number) >= 400 && (status as number) <= 599;
}

/** The `Host` header without port: `[::1]:8081` gives `::1`. */
function hostName(host: string): string {
  const bracket = /^\[([^\]]*)\]/.exec(host);
  return (bracket?.[1] ?? host.split(':')[0] ?? '').toLowerCase();
}
