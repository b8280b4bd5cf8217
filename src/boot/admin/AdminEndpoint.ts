import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type BeanInfo,
  ConfigError,
  describeError,
  type Lifecycle,
  type Logger,
} from '../../base/index.ts';
import type { WebappArchives } from '../archive/WebappArchives.ts';
import { explainError } from '../explainError.ts';
import type { AdminErrorCode } from './adminErrors.ts';
import {
  adminSockets,
  makePrivateFolder,
  readAdminAddress,
  writeAdminAddress,
} from './adminPlace.ts';
import { type AdministeredServer, BadRequest, deployPath } from './deployPath.ts';

/** How long the answer of a request may still take when the server stops. */
const lastMomentMs = 500;
const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * Where `red5 deploy`, `undeploy`, `redeploy` and `list` reach the server: HTTP on a Unix socket that only the user who runs the
 * server can open.
 *
 * On TCP, which has to be asked for, every request needs a token that is kept in a file of that user. Requests of web pages are
 * refused on either. If the socket cannot be opened the server runs on without.
 */
export class AdminEndpoint implements Lifecycle {
  static readonly beanInfo: BeanInfo = {
    types: ['AdminEndpoint', 'RunningServerAware'],
    properties: {
      archives: 'object',
      logger: 'object',
      listen: 'string',
      allowRemote: 'boolean',
      maxBodyBytes: 'int',
      maxConnections: 'int',
      requestTimeoutMs: 'int',
    },
  };

  /** When everything else runs. */
  readonly phase = 300;
  archives!: WebappArchives;
  logger!: Logger;
  /** `socket`, `off`, or `host:port` for TCP. */
  listen = 'socket';
  /** Whether `listen` may name an address that other machines reach. */
  allowRemote = false;
  /** Bytes of a request. */
  maxBodyBytes = 65_536;
  /** Connections at a time. */
  maxConnections = 16;
  /** Time for a request to arrive. */
  requestTimeoutMs = 10_000;

  #server: AdministeredServer | undefined;
  #http: Server | undefined;
  #socket: string | undefined;
  /** On TCP: the hash of what a request has to know. */
  #tokenHash: Buffer | undefined;
  /** What is being done for requests; it has a moment to end when the endpoint stops. */
  readonly #work = new Set<Promise<unknown>>();

  /** The server that is administered; called before the start. */
  setRunningServer(server: AdministeredServer): void {
    this.#server = server;
  }

  /** Where it listens: the path of the socket, or the URL; undefined when it does not. */
  get address(): string | undefined {
    if (this.#socket !== undefined) return this.#socket;
    const address = this.#http?.address();
    if (typeof address !== 'object' || address === null) return undefined;
    const host = address.address.includes(':') ? `[${address.address}]` : address.address;
    return `http://${host}:${address.port}`;
  }

  async start(): Promise<void> {
    const server = this.#server;
    if (this.listen === 'off' || server === undefined) return;
    if (this.listen === 'socket') {
      await this.#openSocket(server.root);
      return;
    }
    const { host, port } = this.#place();
    const known = await readAdminAddress(server.root);
    const token = known?.token ?? randomBytes(32).toString('base64url');
    this.#tokenHash = hash(token);
    await this.#open({ host, port });
    await writeAdminAddress(server.root, { url: this.address ?? '', token });
    this.logger.info(`administration listens: ${this.address}`);
  }

  async stop(): Promise<void> {
    const http = this.#http;
    this.#http = undefined;
    if (http === undefined) return;
    const closed = once(http, 'close');
    http.close();
    await Promise.race([
      Promise.allSettled(this.#work),
      delay(lastMomentMs, undefined, { ref: false }),
    ]);
    http.closeAllConnections();
    await closed;
    if (this.#socket !== undefined) await rm(this.#socket, { force: true });
    this.#socket = undefined;
  }

  #place(): { readonly host: string; readonly port: number } {
    const [, host = '', port = ''] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(this.listen) ?? [];
    const code: AdminErrorCode = 'ADMIN_LISTEN_INVALID';
    if (host === '' || Number(port) > 65_535) {
      const message = `listen is "${this.listen}"; it can be socket, off or host:port`;
      throw new ConfigError(code, message);
    }
    if (!this.allowRemote && !loopback.has(host)) {
      const message = `listen is "${this.listen}", which other machines reach; set allowRemote if that is meant`;
      throw new ConfigError(code, message);
    }
    return { host, port: Number(port) };
  }

  async #openSocket(root: string): Promise<void> {
    const failures: string[] = [];
    for (const socket of process.platform === 'win32' ? [] : adminSockets(root)) {
      try {
        await makePrivateFolder(path.dirname(socket));
        await removeStale(socket);
        await this.#open({ path: socket });
        await chmod(socket, 0o600);
        this.#socket = socket;
        this.logger.debug(`administration listens: ${socket}`);
        return;
      } catch (error) {
        failures.push(describeError(error));
      }
    }
    const why = failures.join('; ') || 'this system has no sockets for it, set listen to host:port';
    this.logger.warn(`red5 deploy, undeploy, redeploy and list will not reach this server: ${why}`);
  }

  async #open(place: { readonly path: string } | { readonly host: string; readonly port: number }) {
    const http = createServer({ requestTimeout: this.requestTimeoutMs }, (request, response) => {
      const work = this.#answer(request, response).catch((error: unknown) => {
        this.logger.error(`administration: ${explainError(error)}`);
        respond(response, 500, { error: 'the request failed; the log of the server says why' });
      });
      this.#work.add(work);
      void work.finally(() => this.#work.delete(work));
    });
    http.maxConnections = this.maxConnections;
    http.listen(place);
    await once(http, 'listening');
    this.#http = http;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) {
      respond(response, refusal.status, { error: refusal.why });
      return;
    }
    try {
      const { status, body } = await this.#do(request);
      respond(response, status, body);
    } catch (error) {
      if (error instanceof BadRequest) {
        respond(response, 400, { error: error.message });
      } else if (error instanceof ConfigError) {
        respond(response, 422, { ok: false, problems: [`${error.code} ${error.message}`] });
      } else throw error;
    }
  }

  /** Why a request is not even looked at. */
  #refusalOf({ headers }: IncomingMessage): { status: number; why: string } | undefined {
    // Browsers add one of these to whatever a page sends; programs do not.
    if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {
      return { status: 403, why: 'requests of web pages are refused' };
    }
    if (this.#tokenHash === undefined) return undefined;
    const [, token = ''] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
    if (timingSafeEqual(hash(token), this.#tokenHash)) return undefined;
    return { status: 401, why: 'the token is missing or wrong' };
  }

  async #do(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const server = this.#server;
    if (server === undefined) throw new BadRequest('there is no server');
    const task = `${request.method} ${request.url}`;
    if (task === 'GET /deployments') return { status: 200, body: server.deployments };
    if (!/^POST \/(deploy|undeploy|redeploy)$/.test(task)) {
      return { status: 404, body: { error: `there is no ${task}` } };
    }
    const { path: source, name } = await this.#body(request);
    if (task === 'POST /deploy') {
      if (typeof source !== 'string') throw new BadRequest('"path" is missing');
      return { status: 200, body: await deployPath(source, server, this.archives) };
    }
    if (typeof name !== 'string') throw new BadRequest('"name" is missing');
    const report = task === 'POST /undeploy' ? server.undeploy(name) : server.redeploy(name);
    return { status: 200, body: await report };
  }

  async #body(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
    if (request.headers['content-type'] !== 'application/json') {
      throw new BadRequest('the content type has to be application/json');
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > this.maxBodyBytes) throw new BadRequest(`more than ${this.maxBodyBytes} bytes`);
      chunks.push(chunk);
    }
    try {
      const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
    } catch {
      // Told below, as for any other value.
    }
    throw new BadRequest('the body is not a JSON object');
  }
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(`${JSON.stringify(body)}\n`);
}

/** Two texts of any length as bytes of one length, to be compared in constant time. */
function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Removes the socket of a server that was killed. */
async function removeStale(socket: string): Promise<void> {
  const probe = connect(socket);
  const isAlive = await new Promise<boolean>((resolve) => {
    probe.once('connect', () => resolve(true));
    probe.once('error', () => resolve(false));
  });
  probe.destroy();
  if (isAlive) throw new Error(`another server of this folder runs and listens at "${socket}"`);
  await rm(socket, { force: true });
}
