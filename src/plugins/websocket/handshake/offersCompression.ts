/** The windows of both sides, in bits; a client that needs another size goes without compression. */
export const WINDOW_BITS = 12;

/**
 * Whether one of the extensions a client offers is a permessage-deflate that this server can agree on (RFC 7692, 7.1).
 *
 * What is malformed is none. `ws` refuses a handshake all of whose offers it has to decline, where it should go on without.
 */
export function offersCompression(header: string): boolean {
  return header.split(',').some((offer) => {
    const [name = '', ...parameters] = offer.split(';').map((part) => part.trim());
    if (name !== 'permessage-deflate') return false;
    const values = new Map(parameters.map(parameterOf));
    return (
      bitsOf(values.get('server_max_window_bits'), WINDOW_BITS) >= WINDOW_BITS &&
      values.has('client_max_window_bits') &&
      bitsOf(values.get('client_max_window_bits'), WINDOW_BITS) >= WINDOW_BITS
    );
  });
}

function parameterOf(text: string): readonly [name: string, value: string] {
  const [name = '', value = ''] = text.split('=').map((part) => part.trim());
  return [name, value.replaceAll('"', '')];
}

function bitsOf(value: string | undefined, fallback: number): number {
  return value === undefined || value === '' ? fallback : Number(value);
}
