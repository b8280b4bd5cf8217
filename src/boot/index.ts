/**
 * Turns a folder into a running server: finds bean files and webapps, checks them all, starts everything in order and stops it in
 * reverse. Knows no particular plugin and no particular application.
 *
 * @packageDocumentation
 */
export { type BootErrorCode, bootErrors } from './bootErrors.ts';
export { type CheckOptions, type CheckReport, checkFolder } from './checkFolder.ts';
export type { Deployment, DeploymentReport, DeploymentState } from './Deployment.ts';
export { EventLoopWatch } from './EventLoopWatch.ts';
export { explainError } from './explainError.ts';
export { explainPortInUse } from './explainPortInUse.ts';
export type { DeployedApplication, ListeningAddress } from './RunningServer.ts';
export { RunningServer } from './RunningServer.ts';
export { type GraphOptions, readGraphOf } from './readGraphOf.ts';
export { type StartOptions, startServer } from './startServer.ts';
