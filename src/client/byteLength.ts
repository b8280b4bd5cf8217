const encoder = new TextEncoder();

/** The bytes of a text on the wire. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}
