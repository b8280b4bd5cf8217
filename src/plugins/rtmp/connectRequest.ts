import type { Command } from './message/Command.ts';
import type { ObjectEncoding } from './message/messageType.ts';

/** What a `connect` command asks for. */
export interface ConnectRequest {
  /** Host of `tcUrl`, without port, in lower case. */
  readonly host: string;
  /** Application and rooms, without query and outer slashes. */
  readonly path: string;
  readonly encoding: ObjectEncoding;
  /** Everything of the command object, and `path` and `queryString`. */
  readonly params: Readonly<Record<string, unknown>>;
  /** What comes after the command object, for `appConnect`. */
  readonly args: readonly unknown[];
}

/** Reads a `connect` command; returns a sentence when something that has to be there is not. */
export function readConnectRequest(command: Command): ConnectRequest | string {
  const object = command.commandObject;
  if (typeof object !== 'object' || object === null) return 'connect needs a command object.';
  const given = object as Readonly<Record<string, unknown>>;
  const app = given['app'];
  const tcUrl = given['tcUrl'];
  if (typeof app !== 'string') return 'connect needs the name of an application in "app".';
  if (typeof tcUrl !== 'string') return 'connect needs the address of the server in "tcUrl".';
  const path = withoutQuery(app).replace(/^\/+|\/+$/g, '');
  const params = { ...given, path, queryString: queryOf(app) || queryOf(tcUrl) };
  return {
    host: hostOf(tcUrl),
    path,
    encoding: given['objectEncoding'] === 3 ? 3 : 0,
    params,
    args: command.args,
  };
}

function withoutQuery(text: string): string {
  const at = text.indexOf('?');
  return at < 0 ? text : text.slice(0, at);
}

function queryOf(text: string): string {
  const at = text.indexOf('?');
  return at < 0 ? '' : text.slice(at + 1);
}

/** `rtmp://[::1]:1935/app` → `::1`; empty when there is no host. */
function hostOf(tcUrl: string): string {
  const match = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?(?:\[([^\]]*)\]|([^/:?#]*))/i.exec(tcUrl);
  return (match?.[1] ?? match?.[2] ?? '').toLowerCase();
}
