import { createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { ConfigError, describeError } from '../../base/index.ts';
import { isBeanFileName } from '../findBeanFiles.ts';
import type { ArchiveLimits } from './ArchiveLimits.ts';
import type { ArchiveErrorCode } from './archiveErrors.ts';

const fileType = 0o170000;
const symbolicLink = 0o120000;
const regularFile = 0o100000;
const folderType = 0o040000;
const madeOnUnix = 3;
/** Below this size even an extreme ratio harms nobody. */
const harmlessBytes = 1024 * 1024;
/** What macOS and Windows put into archives on their own. */
const litter = /(^|\/)(__MACOSX|\.DS_Store|Thumbs\.db)(\/|$)/;

/**
 * Unpacks the webapp in an archive into a new folder.
 *
 * All entries are looked at before the first file is written, and what is written is counted: sizes in an archive may be lies.
 * Everything in one folder, as archives of a folder are, is unpacked as if that folder were not there.
 *
 * @param file - absolute path of the archive
 * @param shown - the archive's path in messages
 * @param folder - must not exist yet; whoever calls removes it after a failure
 * @returns paths of the files inside the folder
 * @throws ConfigError with a code of `archiveErrors`, naming archive and entry
 */
export async function unpackArchive(
  file: string,
  shown: string,
  folder: string,
  limits: ArchiveLimits,
): Promise<string[]> {
  const { size } = await stat(file);
  if (size > limits.maxArchiveBytes) {
    throw fail(
      'ARCHIVE_TOO_LARGE',
      shown,
      `has ${size} bytes; maxArchiveBytes is ${limits.maxArchiveBytes}`,
    );
  }
  const zip = await openPromise(file, { autoClose: false, strictFileNames: false }).catch(
    (error) => {
      throw fail('ARCHIVE_UNREADABLE', shown, `cannot be read: ${describeError(error)}`, error);
    },
  );
  try {
    const entries = await list(zip, shown, limits);
    const prefix = webappPrefix([...entries.keys()], shown);
    const budget = { left: limits.maxUnpackedBytes };
    const written: string[] = [];
    await mkdir(folder, { recursive: true, mode: 0o755 });
    for (const [name, entry] of entries) {
      if (!name.startsWith(prefix)) continue;
      const relative = name.slice(prefix.length);
      await write(zip, entry, path.join(folder, relative), { shown, name, limits, budget });
      written.push(relative);
    }
    return written;
  } finally {
    zip.close();
  }
}

/** The files of an archive by name, checked. */
async function list(
  zip: ZipFile,
  shown: string,
  limits: ArchiveLimits,
): Promise<Map<string, Entry>> {
  if (zip.entryCount > limits.maxEntries) {
    const text = `has ${zip.entryCount} entries; maxEntries is ${limits.maxEntries}`;
    throw fail('ARCHIVE_TOO_LARGE', shown, text);
  }
  const entries = new Map<string, Entry>();
  const spellings = new Map<string, string>();
  let bytes = 0;
  let last = '';
  try {
    for await (const entry of zip.eachEntry()) {
      last = entry.fileName;
      const name = checkedName(entry, shown);
      if (name === undefined) continue;
      bytes += entry.uncompressedSize;
      checkSize(entry, shown, bytes, limits);
      // On a file system that does not tell them apart, the second would overwrite the first.
      const other = spellings.get(name.toLowerCase());
      if (other !== undefined) {
        throw fail('ARCHIVE_ENTRY_UNSAFE', shown, `has both "${other}" and "${name}"`);
      }
      spellings.set(name.toLowerCase(), name);
      entries.set(name, entry);
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    // The library's own checks of names; it says which one.
    const message = describeError(error);
    const isName = /relative path|absolute path|characters in fileName/.test(message);
    if (isName)
      throw fail('ARCHIVE_ENTRY_UNSAFE', shown, `has an entry outside: ${message}`, error);
    const where = last === '' ? '' : ` after entry "${last}"`;
    throw fail('ARCHIVE_UNREADABLE', shown, `is damaged${where}: ${message}`, error);
  }
  checkNoFileIsFolder(entries, shown);
  return entries;
}

/** The entry's path, or undefined for what is not unpacked. */
function checkedName(entry: Entry, shown: string): string | undefined {
  const { fileName } = entry;
  const segments = fileName.split('/');
  const isFolder = fileName.endsWith('/');
  if (isFolder) segments.pop();
  const isBad = (segment: string) =>
    segment === '' || segment === '.' || segment === '..' || /[\0:]/.test(segment);
  if (fileName === '' || segments.some(isBad)) {
    const text = `entry ${JSON.stringify(fileName)} has a name that leads outside of the webapp or nowhere`;
    throw fail('ARCHIVE_ENTRY_UNSAFE', shown, text);
  }
  const mode = entry.versionMadeBy >> 8 === madeOnUnix ? entry.externalFileAttributes >>> 16 : 0;
  const type = mode & fileType;
  if (type === symbolicLink) {
    throw fail('ARCHIVE_ENTRY_UNSAFE', shown, `entry "${fileName}" is a symbolic link`);
  }
  if (type !== 0 && type !== regularFile && type !== folderType) {
    throw fail('ARCHIVE_ENTRY_UNSAFE', shown, `entry "${fileName}" is not a file`);
  }
  if (litter.test(fileName) || isFolder) return undefined;
  if (entry.isEncrypted())
    throw fail('ARCHIVE_ENCRYPTED', shown, `entry "${fileName}" is encrypted`);
  if (!entry.canDecodeFileData()) {
    const text = `entry "${fileName}" is packed with method ${entry.compressionMethod}; only deflate and none are read`;
    throw fail('ARCHIVE_ENCRYPTED', shown, text);
  }
  return fileName;
}

function checkSize(entry: Entry, shown: string, bytes: number, limits: ArchiveLimits): void {
  const { fileName, uncompressedSize, compressedSize } = entry;
  if (bytes > limits.maxUnpackedBytes) {
    const text = `unpacks to more than maxUnpackedBytes (${limits.maxUnpackedBytes}), counted up to entry "${fileName}"`;
    throw fail('ARCHIVE_TOO_LARGE', shown, text);
  }
  const isDense = uncompressedSize > Math.max(1, compressedSize) * limits.maxRatio;
  if (uncompressedSize > harmlessBytes && isDense) {
    const text = `entry "${fileName}" unpacks ${compressedSize} bytes to ${uncompressedSize}; maxRatio is ${limits.maxRatio}`;
    throw fail('ARCHIVE_TOO_LARGE', shown, text);
  }
}

/** `a` as a file and `a/b` beside it cannot both be written. */
function checkNoFileIsFolder(entries: ReadonlyMap<string, Entry>, shown: string): void {
  const names = new Set([...entries.keys()].map((name) => name.toLowerCase()));
  for (const name of entries.keys()) {
    const segments = name.toLowerCase().split('/');
    while (segments.pop() !== undefined && segments.length > 0) {
      if (!names.has(segments.join('/'))) continue;
      throw fail('ARCHIVE_ENTRY_UNSAFE', shown, `entry "${name}" lies in a file of the archive`);
    }
  }
}

/** Empty, or the one folder that everything is in. */
function webappPrefix(names: readonly string[], shown: string): string {
  const hasBeans = (prefix: string) =>
    names.some((name) => {
      if (!name.startsWith(prefix)) return false;
      const [first = '', second, ...rest] = name.slice(prefix.length).split('/');
      if (second === undefined) return isBeanFileName(first);
      return first === 'WEB-INF' && rest.length === 0 && isBeanFileName(second);
    });
  if (hasBeans('')) return '';
  const [top] = new Set(names.map((name) => name.split('/')[0] ?? ''));
  const prefix = `${top}/`;
  if (names.every((name) => name.startsWith(prefix)) && hasBeans(prefix)) return prefix;
  throw fail('ARCHIVE_NO_WEBAPP', shown, 'has no red5-*.xml or red5-*.yaml, nor one in WEB-INF');
}

interface WriteOptions {
  readonly shown: string;
  readonly name: string;
  readonly limits: ArchiveLimits;
  /** Bytes that may still be written for all entries. */
  readonly budget: { left: number };
}

async function write(
  zip: ZipFile,
  entry: Entry,
  file: string,
  { shown, name, limits, budget }: WriteOptions,
): Promise<void> {
  let checksum = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      checksum = crc32(chunk, checksum);
      budget.left -= chunk.length;
      if (budget.left >= 0) return done(undefined, chunk);
      const text = `unpacks to more than maxUnpackedBytes (${limits.maxUnpackedBytes}) in entry "${name}"`;
      done(fail('ARCHIVE_TOO_LARGE', shown, text));
    },
    flush(done) {
      if (checksum === entry.crc32) return done();
      done(fail('ARCHIVE_UNREADABLE', shown, `entry "${name}" is damaged: its checksum is wrong`));
    },
  });
  await mkdir(path.dirname(file), { recursive: true });
  try {
    const content = await zip.openReadStreamPromise(entry);
    // 'wx': nothing that is there already, a link least of all, is written through.
    await pipeline(content, counted, createWriteStream(file, { flags: 'wx', mode: 0o644 }));
  } catch (error) {
    if (error instanceof ConfigError || isSystemError(error)) throw error;
    const text = `entry "${name}" is damaged: ${describeError(error)}`;
    throw fail('ARCHIVE_UNREADABLE', shown, text, error);
  }
}

/** The disk is full, say: nothing that the archive could help. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function fail(code: ArchiveErrorCode, shown: string, text: string, cause?: unknown): ConfigError {
  return new ConfigError(code, `archive "${shown}" ${text}`, { cause });
}
