/** What an origin is compared with. */
export interface OriginRequest {
  /** The `Origin` header; browsers always send one, other programs seldom do. */
  readonly origin: string | undefined;
  /** The `Host` header, with port. */
  readonly host: string | undefined;
  /** Whether the connection came through TLS. */
  readonly secure: boolean;
}

/**
 * Which web pages may connect.
 *
 * Entries, any of which may match:
 * `*` everybody; `same-host` pages of the host name that is connected to, whatever their port; `same-origin` pages of exactly this
 * origin; `none` programs that send no `Origin`, which are no browsers; `null` pages without an origin, such as local files;
 * `https://a.example` or `https://a.example:8443` one origin; `a.example` or `a.example:8443` a host with any scheme; `https://*` any
 * host with this scheme.
 */
export class OriginPolicy {
  readonly #entries: ReadonlySet<string>;

  constructor(entries: readonly string[]) {
    this.#entries = new Set(entries.map((entry) => normalise(entry.trim().toLowerCase())));
  }

  /** Whether a request may go on. */
  allows({ origin, host, secure }: OriginRequest): boolean {
    const entries = this.#entries;
    if (entries.has('*')) return true;
    if (origin === undefined) return entries.has('none');
    if (origin === 'null') return entries.has('null');
    const page = parseOrigin(origin);
    if (page === undefined) return false;
    if (entries.has(page.origin) || entries.has(`${page.protocol}//*`)) return true;
    if (entries.has(page.hostname) || entries.has(page.host)) return true;
    const here = parseOrigin(`${secure ? 'https' : 'http'}://${host ?? ''}`);
    if (here === undefined) return false;
    if (entries.has('same-host') && page.hostname === here.hostname) return true;
    return entries.has('same-origin') && page.origin === here.origin;
  }
}

/** Origins are compared as browsers write them: without default port and trailing slash. */
function normalise(entry: string): string {
  if (!entry.includes('://') || entry.endsWith('://*')) return entry;
  return parseOrigin(entry)?.origin ?? entry;
}

/** Parses a scheme and authority; undefined for anything else, so that nothing is guessed from a malformed header. */
function parseOrigin(text: string): URL | undefined {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s\\]+\/?$/i.test(text)) return undefined;
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
