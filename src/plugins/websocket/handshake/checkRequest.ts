import type { IncomingMessage } from 'node:http';
import type { Refusal } from './Refusal.ts';

const KEY = /^[+/0-9A-Za-z]{22}==$/;
// RFC 9110, 5.6.2: the characters of a token.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const MAX_PROTOCOLS = 32;

/** Checks the parts of an opening handshake that need no knowledge of applications (RFC 6455, 4.2.1). */
export function checkRequest(request: IncomingMessage): Refusal | undefined {
  const { headers } = request;
  if (request.method !== 'GET') {
    return {
      status: 405,
      description: 'a WebSocket handshake is a GET',
      headers: { Allow: 'GET' },
    };
  }
  if (request.httpVersion !== '1.1') {
    return { status: 400, description: 'a WebSocket handshake is HTTP/1.1' };
  }
  // Node itself asks for it in other requests, but not in upgrades. Of two, a proxy and we could take different ones.
  if (request.headersDistinct['host']?.length !== 1) {
    return { status: 400, description: 'the Host header is missing, or there are several' };
  }
  if (headers.upgrade?.toLowerCase() !== 'websocket') {
    return { status: 400, description: 'the Upgrade header is not "websocket"' };
  }
  if (!KEY.test(headers['sec-websocket-key'] ?? '')) {
    return { status: 400, description: 'the Sec-WebSocket-Key header is missing or wrong' };
  }
  if (headers['sec-websocket-version'] !== '13') {
    return {
      status: 426,
      description: 'this server speaks version 13 of WebSocket',
      headers: { 'Sec-WebSocket-Version': '13' },
    };
  }
  if (requestedProtocols(request) === undefined) {
    return { status: 400, description: 'the Sec-WebSocket-Protocol header is wrong' };
  }
  return undefined;
}

/** The sub-protocols a client offers, in its order; undefined when the header breaks the rules. */
export function requestedProtocols(request: IncomingMessage): string[] | undefined {
  const header = request.headers['sec-websocket-protocol'];
  if (header === undefined) return [];
  const protocols = header.split(',').map((protocol) => protocol.trim());
  const isValid =
    protocols.length <= MAX_PROTOCOLS &&
    protocols.every((protocol) => TOKEN.test(protocol)) &&
    new Set(protocols).size === protocols.length;
  return isValid ? protocols : undefined;
}
