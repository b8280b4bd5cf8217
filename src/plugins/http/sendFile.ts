import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { mediaTypeOf } from './mediaType.ts';
import { parseRange } from './parseRange.ts';
import type { ServedFile } from './resolveFile.ts';

/**
 * Answers a GET or HEAD with a file: validators, conditional requests and one range.
 *
 * Files are revalidated at each use, which costs one short 304; after a deployment nobody sees old pages.
 */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { path, stats }: ServedFile,
): Promise<void> {
  const etag = `"${stats.size.toString(36)}-${Math.trunc(stats.mtimeMs).toString(36)}"`;
  const lastModified = stats.mtime.toUTCString();
  response.setHeader('ETag', etag);
  response.setHeader('Last-Modified', lastModified);
  response.setHeader('Cache-Control', 'no-cache');
  response.setHeader('Accept-Ranges', 'bytes');
  if (isUnchanged(request, etag, stats.mtimeMs)) {
    response.writeHead(304).end();
    return;
  }
  response.setHeader('Content-Type', mediaTypeOf(path));
  const { range, 'if-range': ifRange } = request.headers;
  const isCurrent = ifRange === undefined || ifRange === etag || ifRange === lastModified;
  const bytes = range !== undefined && isCurrent ? parseRange(range, stats.size) : undefined;
  if (bytes === 'unsatisfiable') {
    response
      .writeHead(416, { 'Content-Range': `bytes */${stats.size}`, 'Content-Length': 0 })
      .end();
    return;
  }
  const { start, end } = bytes ?? { start: 0, end: stats.size - 1 };
  response.setHeader('Content-Length', end - start + 1);
  if (bytes !== undefined)
    response.setHeader('Content-Range', `bytes ${start}-${end}/${stats.size}`);
  response.writeHead(bytes === undefined ? 200 : 206);
  if (request.method === 'HEAD' || stats.size === 0) {
    response.end();
    return;
  }
  await pipeline(createReadStream(path, { start, end }), response);
}

/** Answers with a file that somebody else has found; with 404 when it has gone meanwhile. */
export async function sendPath(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile() === true) await sendFile(request, response, { kind: 'file', path, stats });
  else response.writeHead(404, { 'Content-Length': 0 }).end();
}

/** RFC 9110, 13.2.2: the entity tag decides where both are given. */
function isUnchanged(request: IncomingMessage, etag: string, mtimeMs: number): boolean {
  const { 'if-none-match': ifNoneMatch, 'if-modified-since': ifModifiedSince } = request.headers;
  if (ifNoneMatch !== undefined) {
    return ifNoneMatch
      .split(',')
      .some(
        (candidate) => candidate.trim() === '*' || candidate.trim().replace(/^W\//, '') === etag,
      );
  }
  if (ifModifiedSince === undefined) return false;
  const since = Date.parse(ifModifiedSince);
  return !Number.isNaN(since) && Math.trunc(mtimeMs / 1000) * 1000 <= since;
}
