import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { ConfigError } from '../../base/index.ts';
import type { ServerErrorCode } from '../serverErrors.ts';

/** Who is at the other end of a request. */
export interface PeerFacts {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly secure: boolean;
  /** The `Host` the client asked for, with port. */
  readonly host: string;
}

/**
 * Believes `X-Forwarded-For`, `-Proto` and `-Host` when, and only when, a proxy of the list says so.
 *
 * Of values that several proxies appended the one counts that the outermost trusted proxy wrote.
 */
export class TrustedProxies {
  readonly #proxies = new BlockList();

  /** @param entries - addresses (`10.0.0.7`) and networks (`10.0.0.0/8`) */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [address = '', prefix] = entry.trim().split('/');
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      const bits = prefix === undefined ? undefined : Number(prefix);
      if (isIP(address) === 0 || (bits !== undefined && !Number.isInteger(bits))) {
        throw new ConfigError(
          'BAD_PROXY_ADDRESS' satisfies ServerErrorCode,
          `"${entry}" is not an address or network such as 10.0.0.0/8`,
        );
      }
      if (bits === undefined) this.#proxies.addAddress(address, family);
      else this.#proxies.addSubnet(address, bits, family);
    }
  }

  /** Finds out where a request comes from. */
  factsOf(request: IncomingMessage): PeerFacts {
    const { socket, headers } = request;
    const direct = plainAddress(socket.remoteAddress ?? '');
    const facts = {
      remoteAddress: direct,
      remotePort: socket.remotePort ?? 0,
      secure: 'encrypted' in socket,
      host: headers.host ?? '',
    };
    if (!this.#trusts(direct)) return facts;
    const { client, hops } = this.#follow(direct, listOf(headers['x-forwarded-for']));
    const proto = writtenBy(headers['x-forwarded-proto'], hops);
    return {
      remoteAddress: client,
      remotePort: facts.remotePort,
      secure: proto === undefined ? facts.secure : proto === 'https' || proto === 'wss',
      host: writtenBy(headers['x-forwarded-host'], hops) ?? facts.host,
    };
  }

  /**
   * From the right, the first address that is not a trusted proxy: what stands left of it is the client's own claim.
   *
   * `hops` is how many trusted proxies there are, each of which may have appended to the other headers too.
   */
  #follow(direct: string, chain: readonly string[]): { client: string; hops: number } {
    let client = direct;
    let hops = 1;
    for (const entry of [...chain].reverse()) {
      const address = addressOf(entry);
      if (address === undefined) break;
      client = address;
      if (!this.#trusts(address)) break;
      hops += 1;
    }
    return { client, hops };
  }

  #trusts(address: string): boolean {
    if (isIP(address) === 0) return false;
    return this.#proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }
}

/** IPv4 as it is, also when it came through an IPv6 socket. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

function listOf(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  return text.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()]));
}

/** What the outermost trusted proxy wrote: values left of it came with the request, and with fewer values the proxies replace them. */
function writtenBy(header: string | string[] | undefined, hops: number): string | undefined {
  const values = listOf(header);
  return values[Math.max(0, values.length - hops)]?.toLowerCase();
}

/** An entry's address; some proxies add a port. */
function addressOf(entry: string): string | undefined {
  const address =
    /^\[([^\]]*)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry;
  return isIP(address) === 0 ? undefined : plainAddress(address);
}
