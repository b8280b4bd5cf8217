import type { SharedObjectBatch, SharedObjectEvent } from '../../../server/index.ts';

/** Something that waits for a slow reader: encoded bytes, and what they say if that is about a shared object. */
export interface WaitingMessage {
  readonly bytes: Buffer;
  readonly batch: SharedObjectBatch | undefined;
  /** Whether it is media, whose amount is limited by whoever sends it. */
  readonly isMedia?: true;
}

/** One shared object while its messages are put together. */
interface Merging {
  /** The last of its messages. */
  batch: SharedObjectBatch;
  /** Events of all its messages. */
  readonly events: SharedObjectEvent[];
}

/**
 * Makes one message per shared object of all that wait, keeping only the last state of each key.
 *
 * Other messages stay as they are and where they are. What a shared object *sends* is never dropped, and changes do not move
 * across it, so a reader sees the same states at the same messages, with fewer steps between them.
 *
 * @param encode - makes the bytes of a message that was put together
 */
export function coalesce(
  waiting: readonly WaitingMessage[],
  encode: (batch: SharedObjectBatch) => Buffer,
): WaitingMessage[] {
  const result: (WaitingMessage | Merging)[] = [];
  const merging = new Map<string, Merging>();
  for (const message of waiting) {
    if (message.batch === undefined) {
      result.push(message);
      continue;
    }
    const key = `${message.batch.persistent ? 'p' : 't'}${message.batch.name}`;
    const known = merging.get(key);
    if (known === undefined) {
      const entry = { batch: message.batch, events: [...message.batch.events] };
      merging.set(key, entry);
      result.push(entry);
    } else {
      known.batch = message.batch;
      known.events.push(...message.batch.events);
    }
  }
  return result.map((entry) => {
    if ('bytes' in entry) return entry;
    const batch = { ...entry.batch, events: latestStates(entry.events) };
    return { bytes: encode(batch), batch };
  });
}

/** Drops every change that a later one of the same key makes obsolete before the next `send`. */
function latestStates(events: readonly SharedObjectEvent[]): SharedObjectEvent[] {
  const kept: SharedObjectEvent[] = [];
  let seen = new Set<string>();
  let cleared = false;
  for (let i = events.length - 1; i >= 0; i--) {
    const event = events[i] as SharedObjectEvent;
    if (event.type === 'change' || event.type === 'remove') {
      if (cleared || seen.has(event.key)) continue;
      seen.add(event.key);
    } else if (event.type === 'clear') {
      if (cleared) continue;
      cleared = true;
    } else if (event.type === 'send') {
      seen = new Set();
      cleared = false;
    }
    kept.push(event);
  }
  return kept.reverse();
}
