import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, TrustedProxies, WebScope } from '../../server/index.ts';
import { findApplication, hostNameOf, servesHost } from './findApplication.ts';
import { errorPage, rootPage } from './page.ts';
import { resolveFile } from './resolveFile.ts';
import { sendFile } from './sendFile.ts';

/** For pages made here: nothing but their own style. */
const OWN_PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Options of {@link StaticFiles}. */
export interface StaticFilesOptions {
  /** Sent with every answer. */
  readonly headers: ReadonlyMap<string, string>;
  /** Who may say for which host a request is. */
  readonly proxies: TrustedProxies;
}

/** Answers requests with the files of the applications, the list of them, or an error page. */
export class StaticFiles {
  readonly #server: Server;
  readonly #headers: ReadonlyMap<string, string>;
  readonly #proxies: TrustedProxies;

  constructor(server: Server, { headers, proxies }: StaticFilesOptions) {
    this.#server = server;
    this.#headers = headers;
    this.#proxies = proxies;
  }

  /** Answers one request completely. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of this.#headers) response.setHeader(name, value);
    // Nothing here takes a body; what a client sends of one is read and forgotten.
    request.resume();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      sendError(request, response, 405, 'Only reading is possible here.');
      return;
    }
    const target = parsePath(request.url ?? '');
    if (target === undefined) {
      sendError(request, response, 400, 'This address is malformed.');
      return;
    }
    const host = hostNameOf(target.authority ?? this.#proxies.factsOf(request).host);
    const application = findApplication(
      this.#server.applications,
      host,
      `/${target.names.join('/')}`,
    );
    if (application === undefined && target.names.length === 0) {
      this.#sendRootPage(request, response, host);
    } else if (application?.servletContext === undefined) {
      sendError(request, response, 404, 'There is nothing at this address.');
    } else {
      await this.#sendFromApplication(request, response, application, target);
    }
  }

  async #sendFromApplication(
    request: IncomingMessage,
    response: ServerResponse,
    application: WebScope,
    { names, endsWithSlash, query }: Target,
  ): Promise<void> {
    const { servletContext, contextPath } = application;
    if (servletContext === undefined) return;
    const depth = contextPath.split('/').filter((name) => name !== '').length;
    const resolved = await resolveFile(servletContext, names.slice(depth), endsWithSlash);
    switch (resolved.kind) {
      case 'file':
        await sendFile(request, response, resolved);
        return;
      case 'folder':
        response.writeHead(308, {
          Location: `/${names.map(encodeURIComponent).join('/')}/${query}`,
          'Content-Length': 0,
        });
        response.end();
        return;
      case 'missing':
        sendError(request, response, 404, 'There is nothing at this address.');
    }
  }

  #sendRootPage(request: IncomingMessage, response: ServerResponse, host: string): void {
    const applications = this.#server.applications
      .filter((application) => servesHost(application, host))
      .map(({ contextPath }) => ({
        name: contextPath.slice(1),
        href: `/${contextPath.split('/').filter(Boolean).map(encodeURIComponent).join('/')}/`,
      }))
      .sort((a, b) => a.name.localeCompare(b.name, 'en'));
    sendPage(request, response, 200, rootPage(applications));
  }
}

interface Target {
  /** Of an address in full, which counts more than the `Host` header. */
  readonly authority: string | undefined;
  /** Decoded names between the slashes. */
  readonly names: readonly string[];
  readonly endsWithSlash: boolean;
  /** With its question mark; empty when there is none. */
  readonly query: string;
}

function parsePath(url: string): Target | undefined {
  const question = url.indexOf('?');
  const address = question < 0 ? url : url.slice(0, question);
  // RFC 9112, 3.2.2: an address in full has to be understood, though only proxies are asked so.
  const [origin = '', authority] = /^https?:\/\/([^/]+)/i.exec(address) ?? [];
  const path = address.slice(origin.length);
  if (!path.startsWith('/')) return undefined;
  try {
    return {
      authority,
      // Decoded once, after splitting: an encoded slash stays inside its name, and such a name is no file.
      names: path
        .split('/')
        .filter((name) => name !== '')
        .map(decodeURIComponent),
      endsWithSlash: path.endsWith('/'),
      query: question < 0 ? '' : url.slice(question),
    };
  } catch {
    return undefined;
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  404: 'Not found',
  405: 'Method not allowed',
  500: 'Something went wrong',
};

/** Answers with an error page. */
export function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
): void {
  sendPage(request, response, status, errorPage(status, TITLES[status] ?? 'Error', text));
}

function sendPage(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  html: string,
): void {
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(html),
    'Cache-Control': 'no-store',
    'Content-Security-Policy': OWN_PAGE_POLICY,
  });
  response.end(request.method === 'HEAD' ? undefined : html);
}
