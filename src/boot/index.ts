/**
 * Turns a folder into a running server: finds bean files and webapps, checks them all, starts everything in order and stops it in
 * reverse. Knows no particular plugin and no particular application.
 *
 * @packageDocumentation
 */
export { AdminEndpoint } from './admin/AdminEndpoint.ts';
export { type AdminErrorCode, adminErrors } from './admin/adminErrors.ts';
export { type AdminAnswer, type AdminQuestion, askServer } from './admin/askServer.ts';
export { type ArchiveErrorCode, archiveErrors } from './archive/archiveErrors.ts';
export { WebappArchives } from './archive/WebappArchives.ts';
export { type BootErrorCode, bootErrors } from './bootErrors.ts';
export { type CheckOptions, type CheckReport, checkFolder } from './checkFolder.ts';
export type { Deployment, DeploymentReport, DeploymentState } from './Deployment.ts';
export { EventLoopWatch } from './EventLoopWatch.ts';
export { explainError } from './explainError.ts';
export { explainPortInUse } from './explainPortInUse.ts';
export { ModuleLoader } from './ModuleLoader.ts';
export type { DeployedApplication, ListeningAddress } from './RunningServer.ts';
export { RunningServer } from './RunningServer.ts';
export { type GraphOptions, readGraphOf } from './readGraphOf.ts';
export { type StartOptions, startServer } from './startServer.ts';
export { WebappWatcher } from './watch/WebappWatcher.ts';
