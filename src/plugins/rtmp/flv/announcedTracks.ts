import { type FLVTracks, readFLVMetadata } from '../../../io/index.ts';
import type { BroadcastStream, MediaMessage } from '../../../server/index.ts';

/**
 * Which media a player is to expect: what the publisher says, what the stream had so far, and what begins.
 *
 * Players wait for what is announced and then does not come, and some miss what comes unannounced.
 */
export function announcedTracks(
  stream: BroadcastStream | undefined,
  beginning: readonly MediaMessage[],
): FLVTracks {
  const values = (stream?.metadata && readFLVMetadata(stream.metadata.payload)) ?? {};
  const { audioCodec, videoCodec } = stream?.statistics ?? { audioCodec: '', videoCodec: '' };
  const has = (type: 'audio' | 'video', codec: string) =>
    codec !== '' ||
    beginning.some((message) => message.type === type) ||
    isSaid(values[`${type}codecid`]) ||
    values[type === 'audio' ? 'hasAudio' : 'hasVideo'] === true;
  return { hasAudio: has('audio', audioCodec), hasVideo: has('video', videoCodec) };
}

/** A codec by its number or its name. */
function isSaid(codec: unknown): boolean {
  return (typeof codec === 'number' && codec > 0) || (typeof codec === 'string' && codec !== '');
}
