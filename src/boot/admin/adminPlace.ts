import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';

/** Longer paths of sockets are cut off by the system; 104 bytes on macOS, 108 on Linux, the last one 0. */
const maxSocketPath = 103;

/** Where a server that listens for administration on TCP says how it is reached. */
export interface AdminAddress {
  readonly url: string;
  readonly token: string;
}

/**
 * Where the admin socket of a server can be, best first: in its own folder, or, if that cannot be written to or its path is too
 * long, in the folder for temporary files.
 *
 * @param root - the server's folder
 */
export function adminSockets(root: string): string[] {
  const own = path.join(adminFolder(root), 'admin.sock');
  const hash = createHash('sha256').update(path.resolve(root)).digest('hex').slice(0, 16);
  const other = path.join(tmpdir(), `red5-${userInfo().username}`, `${hash}.sock`);
  return [own, other].filter((file) => Buffer.byteLength(file) <= maxSocketPath);
}

/** The private folder inside the server's own. */
export function adminFolder(root: string): string {
  return path.join(root, '.red5');
}

/**
 * Makes a folder that only this user can enter.
 *
 * @throws Error when it is there and is not private
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const stats = await lstat(folder);
  const isOwn = process.getuid === undefined || stats.uid === process.getuid();
  if (!stats.isDirectory() || !isOwn) {
    throw new Error(`"${folder}" is not a folder of this user`);
  }
  if ((stats.mode & 0o077) !== 0) await chmod(folder, 0o700);
}

/** Reads how a server is reached on TCP; undefined when it never was. */
export async function readAdminAddress(root: string): Promise<AdminAddress | undefined> {
  try {
    const text = await readFile(addressFile(root), 'utf8');
    const { url, token } = JSON.parse(text) as Partial<AdminAddress>;
    if (typeof url === 'string' && typeof token === 'string') return { url, token };
    return undefined;
  } catch (error) {
    if (error instanceof SyntaxError || isMissing(error)) return undefined;
    throw error;
  }
}

/** Writes how a server is reached on TCP, for this user's eyes only. */
export async function writeAdminAddress(root: string, address: AdminAddress): Promise<void> {
  await makePrivateFolder(adminFolder(root));
  const file = addressFile(root);
  await writeFile(file, `${JSON.stringify(address, undefined, 2)}\n`, { mode: 0o600 });
  // It may have been there with other rights.
  await chmod(file, 0o600);
}

function addressFile(root: string): string {
  return path.join(adminFolder(root), 'admin.json');
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
