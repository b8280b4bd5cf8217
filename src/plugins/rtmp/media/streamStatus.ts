import { AMF0Writer } from '../../../io/index.ts';
import type { RTMPMessage } from '../chunk/RTMPMessage.ts';
import { MESSAGE_TYPE } from '../message/messageType.ts';
import type { StatusInfo } from '../message/statusInfo.ts';

/** Chunk stream of the server's own messages on net streams; not one of the three that media comes on. */
const STREAM_DATA_CHUNKS = 7;

/** What `onStatus` tells on a net stream. */
export function streamStatus(
  streamID: number,
  level: StatusInfo['level'],
  code: string,
  text: { readonly description: string; readonly details: string },
): StatusInfo {
  return { level, code, ...text, clientid: streamID };
}

/** Lets Flash players look into samples, which they ask before they draw video into a bitmap. */
export function sampleAccess(streamID: number): RTMPMessage {
  return streamData(streamID, '|RtmpSampleAccess', true, true);
}

/** Tells that all of a recording was played. */
export function playComplete(streamID: number, durationMs: number): RTMPMessage {
  return streamData(streamID, 'onPlayStatus', {
    level: 'status',
    code: 'NetStream.Play.Complete',
    duration: durationMs / 1000,
  });
}

function streamData(streamID: number, ...values: readonly unknown[]): RTMPMessage {
  const writer = new AMF0Writer();
  for (const value of values) writer.writeValue(value);
  return {
    type: MESSAGE_TYPE.dataAMF0,
    chunkStreamID: STREAM_DATA_CHUNKS,
    messageStreamID: streamID,
    timestamp: 0,
    payload: writer.toBuffer(),
  };
}
