import { once } from 'node:events';
import { existsSync, lstatSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeError, Red5Error } from '../../base/index.ts';
import type { AdminErrorCode } from './adminErrors.ts';
import { adminSockets, readAdminAddress } from './adminPlace.ts';

/** What a running server is asked. */
export interface AdminQuestion {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** What it answers. */
export interface AdminAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Asks the server that runs in a folder.
 *
 * @throws Red5Error ADMIN_NO_SERVER when none does
 */
export async function askServer(root: string, question: AdminQuestion): Promise<AdminAnswer> {
  const failures: unknown[] = [];
  for (const place of await placesOf(root)) {
    try {
      return await ask(place, question);
    } catch (error) {
      failures.push(error);
    }
  }
  const code: AdminErrorCode = 'ADMIN_NO_SERVER';
  const message = `no server runs in "${root}", or its admin endpoint is off; start one with red5 start, or name its folder with --root`;
  const denied = failures.find(
    (error) => error instanceof Error && 'code' in error && error.code === 'EACCES',
  );
  const text =
    denied === undefined
      ? message
      : `the server in "${root}" is another user's: ${describeError(denied)}`;
  throw new Red5Error(code, text, { cause: failures[0] });
}

type Place = { readonly socketPath: string } | { readonly url: URL; readonly token: string };

async function placesOf(root: string): Promise<Place[]> {
  const places: Place[] = adminSockets(root)
    .filter(isTrusted)
    .map((socketPath) => ({ socketPath }));
  const address = await readAdminAddress(root).catch(() => undefined);
  if (address !== undefined) places.push({ url: new URL(address.url), token: address.token });
  return places;
}

/** The folder for temporary files is everybody's: somebody else may have put a socket of this name there. */
function isTrusted(socket: string): boolean {
  const folder = lstatSync(path.dirname(socket), { throwIfNoEntry: false });
  const user = process.getuid?.();
  if (folder === undefined || !existsSync(socket)) return false;
  return user === undefined || user === 0 || folder.uid === user || !socket.startsWith(tmpdir());
}

async function ask(place: Place, question: AdminQuestion): Promise<AdminAnswer> {
  const { method, path: pathname, body } = question;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const target =
    'url' in place
      ? { host: place.url.hostname.replace(/^\[|\]$/g, ''), port: place.url.port }
      : place;
  const asked = request({
    ...target,
    method,
    path: pathname,
    agent: false,
    headers: {
      ...('token' in place ? { authorization: `Bearer ${place.token}` } : {}),
      ...(text === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    },
  });
  asked.end(text);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown,
  };
}
