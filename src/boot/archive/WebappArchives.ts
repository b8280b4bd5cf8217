import { randomBytes } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type BeanInfo, ConfigError } from '../../base/index.ts';
import { findWebappBeanFiles } from '../findBeanFiles.ts';
import type { ArchiveLimits } from './ArchiveLimits.ts';
import type { ArchiveErrorCode } from './archiveErrors.ts';
import { finishReplacing, type Replacement, removeFiles, replaceFolder } from './replaceFolder.ts';
import { unpackArchive } from './unpackArchive.ts';
import { webappNameOf } from './webappNameOf.ts';

/** Beside the webapps, so that a folder can be moved into its place at once; hidden, so that it is no webapp. */
const workFolder = '.red5';
const replacedEnding = '.old.tmp';
const replacedName = /^((.+)-[0-9a-f]{12}\.tmp)\.old\.tmp$/;

/** What is remembered of an archive that was unpacked. */
interface ArchiveRecord {
  /** Its file name in the folder of the webapps. */
  readonly archive: string;
  readonly size: number;
  readonly modifiedMs: number;
  readonly files: readonly string[];
}

/** A webapp whose files are in place, but not running yet. */
export interface InstalledWebapp {
  readonly name: string;
  readonly folder: string;
  /** Accepts the new files; what they replaced is removed. */
  keep(): Promise<void>;
  /** Puts everything back as it was, since the new files do not run. */
  undo(): Promise<void>;
}

/**
 * Puts webapps into the folder of the webapps: unpacked from `.war` and `.zip` files, or copied from other folders.
 *
 * A webapp appears there whole or not at all. What the application wrote into its folder outlives a newer archive and the removal of
 * the archive.
 */
export class WebappArchives implements ArchiveLimits {
  static readonly beanInfo: BeanInfo = {
    properties: {
      maxArchiveBytes: 'long',
      maxEntries: 'int',
      maxUnpackedBytes: 'long',
      maxRatio: 'int',
    },
  };

  /** Bytes of an archive. */
  maxArchiveBytes = 268_435_456;
  /** Files and folders in an archive. */
  maxEntries = 20_000;
  /** Bytes of all files of an archive, unpacked. */
  maxUnpackedBytes = 1_073_741_824;
  /** How many times larger than packed a file may be; files up to a megabyte are exempt. */
  maxRatio = 200;

  /**
   * Unpacks an archive.
   *
   * @param file - absolute path of the archive
   * @param webapps - the folder of the webapps, which is where the archive lies if it is not given
   * @returns undefined when this very archive is unpacked already
   * @throws ConfigError with a code of `archiveErrors`; nothing has changed then
   */
  async unpack(
    file: string,
    webapps: string = path.dirname(file),
  ): Promise<InstalledWebapp | undefined> {
    const name = webappNameOf(file);
    const { size, mtimeMs: modifiedMs } = await stat(file);
    const record = await readRecord(webapps, name);
    const folder = path.join(webapps, name);
    const hasBeans = await isWebapp(folder);
    if (record === undefined && hasBeans) {
      const code: ArchiveErrorCode = 'ARCHIVE_NAME_TAKEN';
      const message = `archive "${path.basename(file)}" holds webapp "${name}", but there is a folder "${name}" that came from elsewhere; remove one of the two`;
      throw new ConfigError(code, message);
    }
    const archive = path.basename(file);
    if (hasBeans && record?.archive === archive && record.size === size) {
      // Copies keep the time of a file, but not always its fractions.
      if (Math.abs(record.modifiedMs - modifiedMs) < 2) return undefined;
    }
    const fresh = await temporary(webapps, name);
    try {
      const files = await unpackArchive(file, archive, fresh, this);
      // Files that came from no archive are the application's: they stay.
      const installed = await this.#place(fresh, folder, new Set(record?.files));
      await writeRecord(webapps, name, { archive, size, modifiedMs, files });
      return {
        ...installed,
        async undo() {
          await installed.undo();
          await writeRecord(webapps, name, record);
        },
      };
    } catch (error) {
      await rm(fresh, { recursive: true, force: true });
      throw error;
    }
  }

  /**
   * Copies a folder into the folder of the webapps, over the webapp of the same name if there is one.
   *
   * Links are copied as links; `persistence` and `streams` of the webapp that is replaced stay.
   */
  async copy(source: string, webapps: string): Promise<InstalledWebapp> {
    const name = path.basename(source);
    const folder = path.join(webapps, name);
    const fresh = await temporary(webapps, name);
    try {
      await cp(source, fresh, { recursive: true, verbatimSymlinks: true });
      return await this.#place(fresh, folder, undefined);
    } catch (error) {
      await rm(fresh, { recursive: true, force: true });
      throw error;
    }
  }

  /** The webapp's name that an archive's file name stands for. */
  nameOf(file: string): string {
    return webappNameOf(file);
  }

  /** The archive that a webapp was unpacked from: its name in the folder of the webapps. */
  async archiveOf(webapps: string, name: string): Promise<string | undefined> {
    return (await readRecord(webapps, name))?.archive;
  }

  /** Names of all webapps that were unpacked from an archive. */
  async unpacked(webapps: string): Promise<string[]> {
    const names = await readdir(path.join(webapps, workFolder)).catch(() => []);
    return names.filter((name) => name.endsWith('.json')).map((name) => path.parse(name).name);
  }

  /** Removes the files that an archive brought; what the application wrote stays. */
  async remove(webapps: string, name: string): Promise<void> {
    const record = await readRecord(webapps, name);
    if (record === undefined) return;
    await removeFiles(path.join(webapps, name), record.files);
    await writeRecord(webapps, name, undefined);
  }

  /** Ends or removes what an installation that was cut off, by a power failure say, has left. */
  async tidyUp(webapps: string): Promise<void> {
    const folder = path.join(webapps, workFolder);
    const names = await readdir(folder).catch(() => []);
    for (const name of names) {
      const [, fresh = '', webapp = ''] = replacedName.exec(name) ?? [];
      if (fresh === '') continue;
      const installed = (await readRecord(webapps, webapp))?.files;
      const target = path.join(webapps, webapp);
      const files = installed === undefined ? undefined : new Set(installed);
      await finishReplacing(path.join(folder, fresh), target, path.join(folder, name), files);
    }
    for (const name of names.filter((name) => name.endsWith('.tmp'))) {
      await rm(path.join(folder, name), { recursive: true, force: true });
    }
  }

  async #place(
    fresh: string,
    folder: string,
    files: ReadonlySet<string> | undefined,
  ): Promise<InstalledWebapp> {
    const replaced: Replacement = await replaceFolder(
      fresh,
      folder,
      `${fresh}${replacedEnding}`,
      files,
    );
    return { name: path.basename(folder), folder, ...replaced };
  }
}

async function isWebapp(folder: string): Promise<boolean> {
  const { files, errors } = await findWebappBeanFiles(folder, folder);
  return files.length > 0 || errors.length > 0;
}

async function temporary(webapps: string, name: string): Promise<string> {
  const folder = path.join(webapps, workFolder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return path.join(folder, `${name}-${randomBytes(6).toString('hex')}.tmp`);
}

function recordFile(webapps: string, name: string): string {
  return path.join(webapps, workFolder, `${name}.json`);
}

async function readRecord(webapps: string, name: string): Promise<ArchiveRecord | undefined> {
  try {
    return JSON.parse(await readFile(recordFile(webapps, name), 'utf8')) as ArchiveRecord;
  } catch (error) {
    // Cut off while it was written: as if the archive had not been unpacked.
    if (error instanceof SyntaxError) return undefined;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeRecord(
  webapps: string,
  name: string,
  record: ArchiveRecord | undefined,
): Promise<void> {
  const file = recordFile(webapps, name);
  if (record === undefined) await rm(file, { force: true });
  else await writeFile(file, JSON.stringify(record));
}
