import type { StreamHandler } from '../../server/index.ts';
import type { QueuePolicy } from './frame/FanOut.ts';

/** Every limit, time-out and policy of the WebSocket server; properties of the bean {@link WebSocketPlugin}. */
export interface WebSocketSettings {
  /** Protocols of bytes that clients may speak inside binary messages, asked for by sub-protocol or as `?protocol=rtmp`. */
  readonly streamHandlers: readonly StreamHandler[];
  /** Pages that may connect; see `OriginPolicy`. */
  readonly allowedOrigins: readonly string[];
  /** Proxies whose `X-Forwarded-*` headers are believed: addresses and networks. */
  readonly trustedProxies: readonly string[];
  /** The largest message a peer may send, fragments together; above it the connection is closed with 1009. */
  readonly maxMessageBytes: number;
  /** The most fragments a message may have; above it the connection is closed with 1008. */
  readonly maxFragments: number;
  /** Messages per second from one connection on average, twice as many at once; above it is closed with 1008. 0: no limit. */
  readonly maxMessagesPerSecond: number;
  /** Payload bytes per second from one connection on average, twice as many at once; above it is closed with 1008. 0: no limit. */
  readonly maxBytesPerSecond: number;
  /** Connections in all; above it the handshake is answered with 503. 0: no limit. */
  readonly maxConnections: number;
  /** Connections per application; above it the handshake is answered with 503. 0: no limit. */
  readonly maxConnectionsPerApplication: number;
  /** Connections per address, loopback excepted; above it the handshake is answered with 429. 0: no limit. */
  readonly maxConnectionsPerAddress: number;
  /** Time for the client to send its handshake. */
  readonly handshakeTimeoutMs: number;
  /** Time for the application to accept a connection; after it the handshake is answered with 503. */
  readonly connectTimeoutMs: number;
  /** A peer that was silent for so long gets a ping. 0: never. */
  readonly pingIntervalMs: number;
  /** A peer that was silent for so long, its pongs included, is closed with 1001. 0: never. */
  readonly idleTimeoutMs: number;
  /** Time for a peer to answer a close frame; after it the socket is cut. */
  readonly closeTimeoutMs: number;
  /** Bytes that may wait for one peer to read them. */
  readonly maxQueueBytes: number;
  /** Bytes that may wait for all peers together; above it the slowest ones are treated by the policy first. 0: no limit. */
  readonly maxTotalQueueBytes: number;
  /** What happens above {@link maxQueueBytes}; see `QueuePolicy`. */
  readonly queuePolicy: QueuePolicy;
  /** Whether clients that offer permessage-deflate get it. Costs much processor time and memory. */
  readonly perMessageDeflate: boolean;
  /** Messages with fewer bytes are not compressed. */
  readonly deflateThresholdBytes: number;
  /** Whether `GET /<application>/<room…>/events` is answered with a stream of what is sent to the path. */
  readonly serverSentEvents: boolean;
  /** Messages that are kept per path for event streams that reconnect. */
  readonly maxHistoryEvents: number;
  /** Bytes that are kept per path for event streams that reconnect. */
  readonly maxHistoryBytes: number;
}
