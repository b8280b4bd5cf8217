/**
 * What is used of node-media-server 4.4.3, which has no types of its own.
 *
 * These modules are not its public interface, so the version is pinned and test/plugins/rtmp/media/engine.test.ts holds what is
 * said here against it.
 */
declare module 'node-media-server/src/core/avpacket.js' {
  class AVPacket {
    codec_type: number;
    /** 0 audio header, 1 audio, 2 video header, 3 key frame, 4 other frame, 5 metadata; anything else is passed on and not kept. */
    flags: number;
    dts: number;
    pts: number;
    size: number;
    data: Buffer;
  }
  export = AVPacket;
}

declare module 'node-media-server/src/core/logger.js' {
  const logger: { log(message: string, level?: string): void };
  export = logger;
}

declare module 'node-media-server/src/protocol/rtmp.js' {
  import type AVPacket from 'node-media-server/src/core/avpacket.js';

  const Rtmp: {
    /** Chunks of 65,535 bytes with message stream 0. */
    createMessage(packet: AVPacket): Buffer;
  };
  export = Rtmp;
}

declare module 'node-media-server/src/session/base_session.js' {
  class BaseSession {
    id: string;
    /** Empty for sessions of the server itself, which are not asked about and not counted. */
    ip: string;
    protocol: string;
    streamPath: string;
    sendBuffer: (bytes: Buffer) => void;
  }
  export = BaseSession;
}

declare module 'node-media-server/src/server/broadcast_server.js' {
  import type AVPacket from 'node-media-server/src/core/avpacket.js';
  import type BaseSession from 'node-media-server/src/session/base_session.js';

  class BroadcastServer {
    constructor(streamPath: string);
    publisher: BaseSession | null;
    flvGopCache: Set<Buffer> | null;
    rtmpGopCache: Set<Buffer> | null;
    postPublish(session: BaseSession): string | null;
    postPlay(session: BaseSession): string | null;
    donePlay(session: BaseSession): void;
    broadcastMessage(packet: AVPacket): void;
    _finishPublish(): void;
  }
  export = BroadcastServer;
}
