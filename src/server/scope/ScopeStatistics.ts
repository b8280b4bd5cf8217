/**
 * Counters of a scope, exact at any time.
 *
 * @red5 org.red5.server.api.statistics.IScopeStatistics
 */
export interface ScopeStatistics {
  /** Milliseconds since the epoch. */
  readonly creationTime: number;
  readonly depth: number;
  /** Connections to the scope and to rooms below it. */
  readonly activeConnections: number;
  readonly maxConnections: number;
  readonly totalConnections: number;
  readonly activeClients: number;
  readonly activeSubscopes: number;
  readonly maxSubscopes: number;
  readonly totalSubscopes: number;
}
