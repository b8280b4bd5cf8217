import type { SharedObjectBatch } from '../../../server/index.ts';
import { encodeMessage } from '../chunk/encodeMessage.ts';
import { CHUNK_STREAM, MAX_PAYLOAD, MESSAGE_TYPE, type ObjectEncoding } from './messageType.ts';
import { writeSharedObjectMessage } from './sharedObjectMessage.ts';

/**
 * Encodes what changed in shared objects, once for all receivers of one encoding and chunk size.
 *
 * The same batch object gives the same buffer, which its receivers share.
 */
export class SharedObjectEncoder {
  readonly #encoded = new WeakMap<SharedObjectBatch, Map<number, Buffer>>();

  /** The chunks of the message, or of several when one cannot hold it all. */
  encode(batch: SharedObjectBatch, encoding: ObjectEncoding, chunkSize: number): Buffer {
    const key = chunkSize * 4 + encoding;
    let known = this.#encoded.get(batch);
    if (known === undefined) {
      known = new Map();
      this.#encoded.set(batch, known);
    }
    let bytes = known.get(key);
    if (bytes === undefined) {
      bytes = encodeBatch(batch, encoding, chunkSize);
      known.set(key, bytes);
    }
    return bytes;
  }
}

/** Encodes a batch for one receiver. */
export function encodeBatch(
  batch: SharedObjectBatch,
  encoding: ObjectEncoding,
  chunkSize: number,
): Buffer {
  const payload = writeSharedObjectMessage(batch, encoding);
  if (payload.length > MAX_PAYLOAD && batch.events.length > 1) {
    const middle = batch.events.length >>> 1;
    return Buffer.concat(
      [batch.events.slice(0, middle), batch.events.slice(middle)].map((events) =>
        encodeBatch({ ...batch, events }, encoding, chunkSize),
      ),
    );
  }
  const type = encoding === 3 ? MESSAGE_TYPE.sharedObjectAMF3 : MESSAGE_TYPE.sharedObjectAMF0;
  const chunkStreamID = CHUNK_STREAM.command;
  return encodeMessage(
    { type, chunkStreamID, messageStreamID: 0, timestamp: 0, payload },
    chunkSize,
  );
}
