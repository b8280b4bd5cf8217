import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Why an opening handshake ends without an upgrade. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  /** For the peer: one line of plain text. */
  readonly description: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers an upgrade request with an HTTP error and closes the connection. */
export function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  const body = `${refusal.description}\n`;
  const lines = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? 'Refused'}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    ...Object.entries(refusal.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
