import { keyOf, type ListedStream } from './frames.ts';

/** The path of the application this page belongs to: `/live`, or wherever its folder was deployed. Empty for the root. */
function contextPath(page: URL): string {
  return new URL('.', page).pathname.replace(/\/$/, '');
}

/** Where a stream is found as FLV: the page's own host, port and application. */
export function streamAddress(page: URL, stream: Pick<ListedStream, 'room' | 'name'>): string {
  return `${page.origin}${contextPath(page)}/${encodePath(keyOf(stream))}.flv`;
}

/** Where a room's WebSocket is. */
export function socketAddress(page: URL, room: string): string {
  const scheme = page.protocol === 'https:' ? 'wss:' : 'ws:';
  const path = contextPath(page) || '/';
  return `${scheme}//${page.host}${room === '' ? path : `${contextPath(page)}/${encodePath(room)}`}`;
}

/** Where encoders publish. The port of the page takes RTMP as well. */
export function rtmpAddress(page: URL): string {
  const scheme = page.protocol === 'https:' ? 'rtmps:' : 'rtmp:';
  return `${scheme}//${page.host}${contextPath(page)}`;
}

/** The stream that the page's address names; undefined when it names none. */
export function wantedKey(page: URL): string | undefined {
  try {
    return decodeURIComponent(page.hash.slice(1)) || undefined;
  } catch {
    return undefined; // half an escape: no stream is called that
  }
}

/** The address of this page with a stream in it. */
export function hashOf(key: string): string {
  return `#${encodePath(key)}`;
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
