import { namesOfHost } from '../../server/index.ts';

/** What finding an application by address looks at. */
export interface Addressed {
  /** `/chat`; empty for the root application. */
  readonly contextPath: string;
  /** Host names in lower case; `*` for all. */
  readonly virtualHosts: readonly string[];
}

/**
 * Finds the application a request path belongs to: the longest context path, and among equals one that names the host.
 *
 * @param path - decoded, with a leading slash
 */
export function findApplication<T extends Addressed>(
  applications: Iterable<T>,
  host: string,
  path: string,
): T | undefined {
  const hosts = namesOfHost(host);
  let best: T | undefined;
  let bestScore = -1;
  for (const application of applications) {
    const { contextPath } = application;
    const nearness = hosts.findIndex((name) => application.virtualHosts.includes(name));
    if (nearness < 0) continue;
    if (path !== contextPath && !path.startsWith(`${contextPath}/`)) continue;
    const score = contextPath.length + 1 - nearness / hosts.length;
    if (score <= bestScore) continue;
    best = application;
    bestScore = score;
  }
  return best;
}

/** Whether an application answers to a host name. */
export function servesHost({ virtualHosts }: Addressed, host: string): boolean {
  return namesOfHost(host).some((name) => virtualHosts.includes(name));
}

/** The `Host` header without port, in lower case: `[::1]:5080` gives `::1`. */
export function hostNameOf(header: string | undefined): string {
  const bracket = /^\[([^\]]*)\]/.exec(header ?? '');
  return (bracket?.[1] ?? header?.split(':')[0] ?? '').toLowerCase();
}
