import {
  type Client,
  type Connection,
  MultiThreadedApplicationAdapter,
  type Scope,
  type ScopeHandler,
  Server,
  WebScope,
} from '../../../src/server/index.ts';
import { ManualClock } from './ManualClock.ts';
import { RecordingLogger } from './RecordingLogger.ts';
import { TestConnection } from './TestConnection.ts';

/** A server with one application, and time in the test's hands. */
export interface TestServer extends AsyncDisposable {
  readonly server: Server;
  readonly clock: ManualClock;
  readonly logger: RecordingLogger;
  readonly application: WebScope;
  /** Connects a new peer; fails the test when it is refused. */
  connect(path?: string, ...params: unknown[]): Promise<TestConnection>;
}

/** Options of {@link startTestServer}. */
export interface TestServerOptions {
  readonly handler?: ScopeHandler;
  readonly contextPath?: string;
  readonly configure?: (application: WebScope, server: Server) => void;
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const server = new Server();
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  server.clock = clock;
  server.logger = logger;
  const application = makeApplication(server, options.contextPath ?? '/chat', options.handler);
  options.configure?.(application, server);
  await application.start();
  return {
    server,
    clock,
    logger,
    application,
    async connect(path = 'chat', ...params) {
      const connection = new TestConnection(path);
      const result = await server.connect(connection, params);
      if (!result.accepted) throw new Error(`refused: ${JSON.stringify(result)}`);
      return connection;
    },
    async [Symbol.asyncDispose]() {
      for (const scope of server.applications) await scope.stop();
      await server.stop();
    },
  };
}

/** An application that is not started yet. */
export function makeApplication(
  server: Server,
  contextPath: string,
  handler: ScopeHandler = new MultiThreadedApplicationAdapter(),
): WebScope {
  const application = new WebScope();
  application.server = server;
  application.parent = server.globalScope;
  application.contextPath = contextPath;
  application.handler = handler;
  return application;
}

/** An application that writes its callbacks down, as `roomJoin /chat/room1`. */
export class RecordingAdapter extends MultiThreadedApplicationAdapter {
  readonly calls: string[] = [];
  /** Answers of deciding callbacks; default true. */
  answers: Record<string, () => boolean | Promise<boolean>> = {};

  #note(what: string, place = ''): void {
    this.calls.push(place === '' ? what : `${what} ${place}`);
  }

  #decide(what: string, place = ''): boolean | Promise<boolean> {
    this.#note(what, place);
    return this.answers[what]?.() ?? true;
  }

  /** What was called since the last time. */
  take(): string[] {
    return this.calls.splice(0);
  }

  override appStart(scope: Scope): boolean | Promise<boolean> {
    return this.#decide('appStart', scope.fullPath);
  }

  override appStop(scope: Scope): void {
    this.#note('appStop', scope.fullPath);
  }

  override appConnect(_connection: Connection): boolean | Promise<boolean> {
    return this.#decide('appConnect');
  }

  override appDisconnect(_connection: Connection): void {
    this.#note('appDisconnect');
  }

  override appJoin(_client: Client, scope: Scope): boolean | Promise<boolean> {
    return this.#decide('appJoin', scope.fullPath);
  }

  override appLeave(_client: Client, scope: Scope): void {
    this.#note('appLeave', scope.fullPath);
  }

  override roomStart(scope: Scope): boolean | Promise<boolean> {
    return this.#decide('roomStart', scope.fullPath);
  }

  override roomStop(scope: Scope): void {
    this.#note('roomStop', scope.fullPath);
  }

  override roomConnect(_connection: Connection): boolean | Promise<boolean> {
    return this.#decide('roomConnect');
  }

  override roomDisconnect(_connection: Connection): void {
    this.#note('roomDisconnect');
  }

  override roomJoin(_client: Client, scope: Scope): boolean | Promise<boolean> {
    return this.#decide('roomJoin', scope.fullPath);
  }

  override roomLeave(_client: Client, scope: Scope): void {
    this.#note('roomLeave', scope.fullPath);
  }
}
