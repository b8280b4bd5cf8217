import type {
  Connection,
  EndReason,
  MediaMessage,
  Publication,
  Scope,
  Server,
  StreamSubscriber,
  SubscriberStream,
} from '../../../src/server/index.ts';

/** What a test stream is made of. */
export type TagName = 'videoHeader' | 'key' | 'inter' | 'audioHeader' | 'audio' | 'metadata';

/** FLV tags of H.264 and AAC, each of a few bytes. */
export const TAG: Readonly<Record<TagName, Buffer>> = {
  videoHeader: Buffer.from([0x17, 0x00, 0, 0, 0, 1]),
  key: Buffer.from([0x17, 0x01, 0, 0, 0, 2]),
  inter: Buffer.from([0x27, 0x01, 0, 0, 0, 3]),
  audioHeader: Buffer.from([0xaf, 0x00, 0x12, 0x10]),
  audio: Buffer.from([0xaf, 0x01, 4]),
  metadata: Buffer.from([0x02, 0x00, 0x0a, ...Buffer.from('onMetaData'), 0x05]),
};

/** A name for each of {@link TAG}, for lists that are easy to read. */
export function nameOf(message: MediaMessage): string {
  for (const [name, bytes] of Object.entries(TAG)) {
    if (message.payload.subarray(0, bytes.length).equals(bytes)) return name;
  }
  return message.payload.toString('hex');
}

/** A player that writes down what it is given. */
export class TestPlayer implements StreamSubscriber {
  readonly connection: Connection | undefined;
  queuedBytes = 0;
  readonly messages: MediaMessage[] = [];
  readonly events: string[] = [];

  constructor(connection?: Connection) {
    this.connection = connection;
  }

  deliver(message: MediaMessage): void {
    this.messages.push(message);
  }

  published(): void {
    this.events.push('published');
  }

  unpublished(): void {
    this.events.push('unpublished');
  }

  fellBehind(): void {
    this.events.push('fellBehind');
  }

  ended(reason: EndReason): void {
    this.events.push(`ended ${reason}`);
  }

  /** What came since the last time: `key@40`. */
  take(): string[] {
    return this.messages.splice(0).map((message) => `${nameOf(message)}@${message.timestamp}`);
  }
}

/** Publishes, tells nobody anything and starts. */
export async function publish(
  server: Server,
  connection: Connection | undefined,
  name = 'cam',
  scope: Scope = connection?.scope as Scope,
  ended?: (reason: string) => void,
): Promise<Publication> {
  const options = ended === undefined ? {} : { ended };
  const result = await server.streams.publish(connection, scope, name, options);
  if (!result.accepted) throw new Error(`refused: ${result.code} ${result.description}`);
  result.publication.start();
  return result.publication;
}

/** Plays and starts. */
export async function play(
  server: Server,
  player: TestPlayer,
  name = 'cam',
  scope: Scope = player.connection?.scope as Scope,
): Promise<SubscriberStream> {
  const result = await server.streams.play(player.connection, scope, name, player);
  if (!result.accepted) throw new Error(`refused: ${result.code} ${result.description}`);
  result.subscription.start();
  return result.subscription;
}

/** One second of a picture: metadata, headers, a key frame and what follows. */
export function sendGroup(publication: Publication, at: number): void {
  publication.publish('data', at, TAG.metadata);
  publication.publish('video', at, TAG.videoHeader);
  publication.publish('audio', at, TAG.audioHeader);
  publication.publish('video', at, TAG.key);
  publication.publish('audio', at + 10, TAG.audio);
  publication.publish('video', at + 40, TAG.inter);
}
