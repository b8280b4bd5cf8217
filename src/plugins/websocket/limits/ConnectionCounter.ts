/** The most connections there may be; 0 or less means no limit. */
export interface ConnectionCaps {
  readonly total: number;
  readonly perApplication: number;
  readonly perAddress: number;
}

/** Why a connection is one too many. */
export type CapReached = 'total' | 'application' | 'address';

/**
 * Counts connections, from the start of the handshake on, in all, per application and per address.
 *
 * For IPv6 an address is its network, the first 64 bits, as every client can choose among the rest.
 */
export class ConnectionCounter {
  readonly #caps: ConnectionCaps;
  readonly #perAddress = new Map<string, number>();
  readonly #perApplication = new Map<object, number>();
  #total = 0;

  constructor(caps: ConnectionCaps) {
    this.#caps = caps;
  }

  /** How many there are. */
  get total(): number {
    return this.#total;
  }

  /**
   * Counts one more, or says which cap it would exceed.
   *
   * Loopback addresses have no cap of their own: behind them is a tool on this machine, or a proxy with all of its users.
   */
  add(application: object, address: string): CapReached | undefined {
    const { total, perApplication, perAddress } = this.#caps;
    const ofApplication = this.#perApplication.get(application) ?? 0;
    const network = networkOf(address);
    const ofAddress = this.#perAddress.get(network) ?? 0;
    if (total > 0 && this.#total >= total) return 'total';
    if (perApplication > 0 && ofApplication >= perApplication) return 'application';
    if (perAddress > 0 && ofAddress >= perAddress && !isLoopback(address)) return 'address';
    this.#total += 1;
    this.#perApplication.set(application, ofApplication + 1);
    this.#perAddress.set(network, ofAddress + 1);
    return undefined;
  }

  /** Takes back one that {@link add} counted. */
  remove(application: object, address: string): void {
    this.#total -= 1;
    decrement(this.#perApplication, application);
    decrement(this.#perAddress, networkOf(address));
  }

  /** Counts one for another application; caps were looked at when it came. */
  move(from: object, to: object): void {
    decrement(this.#perApplication, from);
    this.#perApplication.set(to, (this.#perApplication.get(to) ?? 0) + 1);
  }
}

function decrement<K>(counts: Map<K, number>, key: K): void {
  const count = counts.get(key) ?? 0;
  if (count > 1) counts.set(key, count - 1);
  else counts.delete(key);
}

/** IPv4 as it is; of IPv6 the first four groups. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [left = '', right = ''] = address.split('::');
  const before = left === '' ? [] : left.split(':');
  const after = right === '' ? [] : right.split(':');
  const zeros = address.includes('::') ? Math.max(0, 8 - before.length - after.length) : 0;
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
