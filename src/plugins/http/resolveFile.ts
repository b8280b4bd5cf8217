import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** The part of an application's folder that is served: whatever `isPrivate` does not hold back. */
export interface ServedFolder {
  readonly folder: string;
  /** Whether a file, by its path from the folder with forward slashes, must never be served. */
  isPrivate(relativePath: string): boolean;
}

/** A file that may be sent. */
export interface ServedFile {
  readonly kind: 'file';
  readonly path: string;
  readonly stats: Stats;
}

/** What a request path leads to; `folder` is one with an index page that was asked for without its trailing slash. */
export type Resolved = ServedFile | { readonly kind: 'folder' } | { readonly kind: 'missing' };

const MISSING: Resolved = { kind: 'missing' };
const INDEX = 'index.html';

/** Folders and files that are configuration or code, whatever the application says; names in lower case. */
const PRIVATE_NAMES = new Set(['web-inf', 'meta-inf', 'node_modules', 'persistence']);
const PRIVATE_ENDINGS =
  /\.(ts|mts|cts|tsx|jsx|cjs|yaml|yml|properties|class|jar|war|java|key|pem|p12|jks|pfx|log|bak|orig|swp|tmp|sqlite|db)$|^red5-web\.|^package(-lock)?\.json$|^tsconfig[^/]*\.json$|~$/;
/**
 * Finds the file for a path inside a folder, or its `index.html`.
 *
 * @param segments - the path's names, decoded
 * @param endsWithSlash - whether the request named a folder
 */
export async function resolveFile(
  served: ServedFolder,
  segments: readonly string[],
  endsWithSlash: boolean,
): Promise<Resolved> {
  if (!segments.every(isPlainName)) return MISSING;
  const relative = segments.join('/');
  if (relative !== '' && isHidden(served, relative)) return MISSING;
  const found = await find(served, relative);
  if (found === undefined) return MISSING;
  if (found.stats.isFile()) return endsWithSlash ? MISSING : toFile(found);
  if (!found.stats.isDirectory()) return MISSING;
  const index = await find(served, relative === '' ? INDEX : `${relative}/${INDEX}`);
  if (index?.stats.isFile() !== true) return MISSING;
  return endsWithSlash ? toFile(index) : { kind: 'folder' };
}

/** Names with separators, drive letters, streams (`a.txt::$DATA`) or control characters mean something else to some file system. */
function isPlainName(name: string): boolean {
  return name !== '.' && name !== '..' && !/^$|[\\/:\p{Cc}]|[. ]$/u.test(name);
}

function isHidden(served: ServedFolder, relative: string): boolean {
  const names = relative.toLowerCase().split('/');
  if (names.some((name) => PRIVATE_NAMES.has(name))) return true;
  if (names.some((name, at) => name.startsWith('.') && !(at === 0 && name === '.well-known')))
    return true;
  const last = names.at(-1) ?? '';
  if (PRIVATE_ENDINGS.test(last)) return true;
  return served.isPrivate(relative);
}

interface Found {
  readonly path: string;
  readonly stats: Stats;
}

/** Looks a path up with all links followed: what it really is has to lie inside the folder, and may not be private either. */
async function find(served: ServedFolder, relative: string): Promise<Found | undefined> {
  try {
    const root = await realpath(served.folder);
    const path = await realpath(relative === '' ? root : join(root, relative));
    if (path !== root && !path.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
    const real = path.slice(root.length).split(sep).filter(Boolean).join('/');
    if (real !== '' && isHidden(served, real)) return undefined;
    return { path, stats: await stat(path) };
  } catch {
    // Not there, or not readable: to the client that is the same.
    return undefined;
  }
}

function toFile({ path, stats }: Found): ServedFile {
  return { kind: 'file', path, stats };
}
