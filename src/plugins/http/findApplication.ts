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
  let best: T | undefined;
  let bestScore = -1;
  for (const application of applications) {
    const { contextPath } = application;
    if (!servesHost(application, host)) continue;
    if (path !== contextPath && !path.startsWith(`${contextPath}/`)) continue;
    const score = contextPath.length * 2 + (application.virtualHosts.includes(host) ? 1 : 0);
    if (score <= bestScore) continue;
    best = application;
    bestScore = score;
  }
  return best;
}

/** Whether an application answers to a host name. */
export function servesHost({ virtualHosts }: Addressed, host: string): boolean {
  return virtualHosts.includes('*') || virtualHosts.includes(host);
}

/** The `Host` header without port, in lower case: `[::1]:5080` gives `::1`. */
export function hostNameOf(header: string | undefined): string {
  const bracket = /^\[([^\]]*)\]/.exec(header ?? '');
  return (bracket?.[1] ?? header?.split(':')[0] ?? '').toLowerCase();
}
