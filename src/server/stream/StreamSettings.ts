import type { BeanInfo } from '../../base/index.ts';

/**
 * Who may publish under a name that is in use: nobody, whoever the publisher is (the same {@link Client}, or an equal attribute
 * `principal` of both connections), or anyone whom the application lets publish.
 */
export type PublisherPolicy = 'refuse' | 'same-principal' | 'anyone';

const POLICIES: ReadonlySet<string> = new Set<PublisherPolicy>([
  'refuse',
  'same-principal',
  'anyone',
]);

/**
 * Limits and policies of live streams.
 *
 * The server's (`streamSettings` of `Server`) hold for every application that has none of its own (`streamSettings` of `WebScope`).
 */
export class StreamSettings {
  static readonly beanInfo: BeanInfo = {
    types: ['StreamSettings'],
    properties: {
      publisherPolicy: 'string',
      publisherGraceMs: 'int',
      publisherIdleTimeoutMs: 'int',
      waitForPublisher: 'boolean',
      slashesNameRooms: 'boolean',
      maxGOPBytes: 'int',
      flushIntervalMs: 'int',
      maxPlayerQueueBytes: 'int',
      maxPlayerBacklogBytes: 'int',
      maxNameLength: 'int',
      maxMessageBytes: 'int',
      maxStreamsPerConnection: 'int',
      maxStreamsPerApplication: 'int',
      maxStreams: 'int',
    },
  };

  /** What is wrong with the properties of a bean definition. */
  static validate(properties: ReadonlyMap<string, string>): string[] {
    const policy = properties.get('publisherPolicy') ?? 'refuse';
    if (POLICIES.has(policy)) return [];
    return [`publisherPolicy is "${policy}"; expected ${[...POLICIES].join(', ')}`];
  }

  /** Who may publish under a name that is in use: `refuse`, `same-principal`, `anyone`. */
  publisherPolicy: PublisherPolicy = 'refuse';
  /** How long players are kept without being told after the publisher's connection broke, in milliseconds. */
  publisherGraceMs = 0;
  /** How long a publisher may send nothing, in milliseconds; 0: for ever. */
  publisherIdleTimeoutMs = 0;
  /** Whether playing a name that nobody publishes waits for a publisher; otherwise it is refused. */
  waitForPublisher = true;
  /** Whether slashes in a stream's name lead into rooms: `room1/cam` is `cam` in `room1`; otherwise they are part of the name. */
  slashesNameRooms = true;
  /** Bytes since the last key frame that are kept for whoever joins; 0 keeps nothing, and players begin at the next key frame. */
  maxGOPBytes: number = 4 * 1024 * 1024;
  /** How long media may be gathered before it is written, in milliseconds; 0: not at all. */
  flushIntervalMs = 0;
  /** Bytes that may wait for one player before frames are left out up to the next key frame. */
  maxPlayerQueueBytes: number = 8 * 1024 * 1024;
  /** Bytes that may wait for one player before it is disconnected. */
  maxPlayerBacklogBytes: number = 16 * 1024 * 1024;
  /** Characters of a stream's name. */
  maxNameLength = 256;
  /** Bytes of one message; a publisher that sends more is ended. */
  maxMessageBytes: number = 4 * 1024 * 1024;
  /** Streams that one connection publishes at a time. */
  maxStreamsPerConnection = 16;
  /** Streams that are published in one application at a time. */
  maxStreamsPerApplication = 1000;
  /** Streams that are published at a time; the server's counts. */
  maxStreams = 10_000;
}
