import { copyFile, realpath, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { InstalledWebapp, WebappArchives } from '../archive/WebappArchives.ts';
import { isArchiveName } from '../archive/webappNameOf.ts';
import type { Deployment, DeploymentReport } from '../Deployment.ts';
import { findWebappBeanFiles } from '../findBeanFiles.ts';

/** The server that {@link deployPath} deploys to. */
export interface AdministeredServer {
  readonly root: string;
  readonly webappsFolder: string;
  readonly deployments: readonly Deployment[];
  deploy(folder: string): Promise<DeploymentReport>;
  undeploy(name: string): Promise<DeploymentReport>;
  redeploy(name: string): Promise<DeploymentReport>;
}

/** A request that cannot be fulfilled because of what it names. */
export class BadRequest extends Error {}

/**
 * Deploys a folder or archive from anywhere on this machine: it is put into the folder of the webapps first, where it survives a
 * restart. When it does not start, everything is as it was before.
 *
 * @param source - absolute path
 * @throws BadRequest, or ConfigError with a code of `archiveErrors`
 */
export async function deployPath(
  source: string,
  server: AdministeredServer,
  archives: WebappArchives,
): Promise<DeploymentReport> {
  if (!path.isAbsolute(source)) throw new BadRequest(`"${source}" is not an absolute path`);
  const stats = await stat(source).catch(() => undefined);
  if (stats === undefined) throw new BadRequest(`there is no "${source}"`);
  const isInPlace =
    (await parentOf(source)) ===
    (await realpath(server.webappsFolder).catch(() => server.webappsFolder));
  if (stats.isDirectory()) {
    await expectWebapp(source);
    if (isInPlace) return server.deploy(path.join(server.webappsFolder, path.basename(source)));
    return deployInstalled(await archives.copy(source, server.webappsFolder), server);
  }
  if (!isArchiveName(path.basename(source))) {
    throw new BadRequest(`"${source}" is neither a folder nor a .war or .zip file`);
  }
  const installed = await archives.unpack(source, server.webappsFolder);
  if (installed === undefined)
    return server.deploy(path.join(server.webappsFolder, archives.nameOf(source)));
  const report = await deployInstalled(installed, server);
  if (report.ok && !isInPlace) await copyArchive(source, server.webappsFolder);
  return report;
}

async function deployInstalled(
  installed: InstalledWebapp,
  server: AdministeredServer,
): Promise<DeploymentReport> {
  const report = await server.deploy(installed.folder);
  await (report.ok ? installed.keep() : installed.undo());
  return report;
}

async function expectWebapp(folder: string): Promise<void> {
  const { files, errors } = await findWebappBeanFiles(folder, folder);
  if (files.length + errors.length > 0) return;
  throw new BadRequest(`"${folder}" has no red5-*.yaml or red5-*.xml, nor one in WEB-INF`);
}

/** The real folder that something lies in; the thing itself may be a link. */
async function parentOf(file: string): Promise<string> {
  return realpath(path.dirname(file));
}

/** Appears at once, with the time of the original: so it is known as the one that was unpacked. */
async function copyArchive(source: string, webapps: string): Promise<void> {
  const target = path.join(webapps, path.basename(source));
  const temporary = path.join(webapps, `.${path.basename(source)}.tmp`);
  try {
    await copyFile(source, temporary);
    const { atime, mtime } = await stat(source);
    await utimes(temporary, atime, mtime);
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}
