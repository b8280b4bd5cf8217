/** A frame on its way to a group or peer, or a whole shared batch of them. */
export interface Pending {
  /** Its place in the order of all send calls. */
  readonly sequence: number;
  readonly bytes: Buffer;
  /** How many messages `bytes` holds. */
  readonly frames: number;
  /** A newer message with the same key makes it worthless. */
  readonly key: string | undefined;
}

/** Makes one write of several frames; a single one is not copied. */
export function joinPending(pending: readonly Pending[]): Pending {
  const [first] = pending;
  if (pending.length === 1 && first !== undefined) return first;
  let frames = 0;
  for (const one of pending) frames += one.frames;
  return {
    sequence: pending.at(-1)?.sequence ?? 0,
    bytes: Buffer.concat(pending.map((one) => one.bytes)),
    frames,
    key: undefined,
  };
}

/** Compares for a sort. */
export function bySequence(a: Pending, b: Pending): number {
  return a.sequence - b.sequence;
}
