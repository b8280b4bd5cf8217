/** The room of those who named none. */
export const lobby = '';

const roomName = /^[A-Za-z0-9_-]{1,60}(?:\/[A-Za-z0-9_-]{1,60}){0,4}$/;

/** The room a text names, `room1` or `room1/table2`; undefined when it is no name of a room. */
export function readRoom(text: string): string | undefined {
  const name = text.trim().replace(/^[#/]+|\/+$/g, '');
  return name === lobby || roomName.test(name) ? name : undefined;
}

/** The path of the application this page belongs to: `/chat`, or wherever its folder was deployed. Empty for the root. */
export function contextPath(page: URL): string {
  return new URL('.', page).pathname.replace(/\/$/, '');
}

/** Where a room's WebSocket is: the page's own host, port and application. */
export function socketAddress(page: URL, room: string): string {
  const scheme = page.protocol === 'https:' ? 'wss:' : 'ws:';
  return `${scheme}//${page.host}${roomPath(page, room)}`;
}

/** Where RTMP clients find the same room. The HTTP port takes RTMP as well. */
export function rtmpAddress(page: URL, room: string): string {
  return `rtmp://${page.host}${roomPath(page, room)}`;
}

function roomPath(page: URL, room: string): string {
  const path = contextPath(page);
  return room === lobby ? path || '/' : `${path}/${room}`;
}
