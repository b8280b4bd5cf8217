import { RawClient } from '../RawClient.ts';
import type { Received } from '../WireChunks.ts';
import { amf0, readAll } from '../wireValues.ts';

/** Tags as an encoder sends them, a few bytes each. */
export const TAG: Readonly<
  Record<'videoHeader' | 'key' | 'inter' | 'audioHeader' | 'audio', Buffer>
> = {
  videoHeader: Buffer.from([0x17, 0x00, 0, 0, 0, 1]),
  key: Buffer.from([0x17, 0x01, 0, 0, 0, 2]),
  inter: Buffer.from([0x27, 0x01, 0, 0, 0, 3]),
  audioHeader: Buffer.from([0xaf, 0x00, 0x12, 0x10]),
  audio: Buffer.from([0xaf, 0x01, 4]),
};

const AUDIO = 8;
const VIDEO = 9;
const DATA = 18;

/** A client with net streams, made of bytes: it publishes and plays as it is told, and keeps all that comes. */
export class StreamClient {
  readonly raw: RawClient;

  private constructor(raw: RawClient) {
    this.raw = raw;
  }

  static async connect(port: number, app = 'chat'): Promise<StreamClient> {
    return new StreamClient(await RawClient.connected(port, app));
  }

  /** Makes a net stream; returns its number. */
  async createStream(): Promise<number> {
    this.raw.call('createStream', 4, null);
    for (;;) {
      const [name, transaction, , id] = await this.raw.command();
      if (name === '_result' && transaction === 4) return Number(id);
    }
  }

  /** A command on a net stream. */
  on(stream: number, name: string, ...args: readonly unknown[]): void {
    this.raw.send(20, amf0(name, 0, null, ...args), 8, stream);
  }

  /** Makes a net stream and publishes on it; resolves to its number when the server agreed. */
  async publish(name: string, mode = 'live'): Promise<number> {
    const stream = await this.createStream();
    this.on(stream, 'publish', name, mode);
    await this.status('NetStream.Publish.Start', stream);
    return stream;
  }

  /** Makes a net stream and plays on it; resolves to its number when the server agreed. */
  async play(name: string, ...args: readonly unknown[]): Promise<number> {
    const stream = await this.createStream();
    this.on(stream, 'play', name, ...args);
    await this.status('NetStream.Play.Start', stream);
    return stream;
  }

  /** Waits for a status on a stream; returns its information. */
  async status(code: string, stream: number): Promise<Readonly<Record<string, unknown>>> {
    const got = await this.raw.wait((m) => m.stream === stream && codeOf(m) === code);
    return readAll(got.payload)[3] as Readonly<Record<string, unknown>>;
  }

  video(stream: number, tag: Buffer, time: number): void {
    this.raw.send(VIDEO, tag, 6, stream, time);
  }

  audio(stream: number, tag: Buffer, time: number): void {
    this.raw.send(AUDIO, tag, 4, stream, time);
  }

  data(stream: number, body: Buffer, time = 0): void {
    this.raw.send(DATA, body, 5, stream, time);
  }

  /** Headers, a key frame and what follows. */
  group(stream: number, time: number): void {
    this.video(stream, TAG.videoHeader, time);
    this.audio(stream, TAG.audioHeader, time);
    this.video(stream, TAG.key, time);
    this.audio(stream, TAG.audio, time + 10);
    this.video(stream, TAG.inter, time + 40);
  }

  /** Waits for a media message. */
  media(stream: number, tag: Buffer): Promise<Received> {
    return this.raw.wait((m) => m.stream === stream && m.payload.equals(tag));
  }

  /** Everything that came on a net stream and was not waited for, as texts: `video key@40`. */
  take(stream: number): string[] {
    const taken = this.raw.received.filter((m) => streamOf(m) === stream);
    const rest = this.raw.received.filter((m) => streamOf(m) !== stream);
    this.raw.received.splice(0, this.raw.received.length, ...rest);
    return taken.map(describeMessage);
  }

  async close(): Promise<void> {
    await this.raw.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** User control messages name their stream in the body. */
function streamOf(message: Received): number {
  return message.type === 4 ? message.payload.readUInt32BE(2) : message.stream;
}

function codeOf(message: Received): string | undefined {
  if (message.type !== 20) return undefined;
  const [name, , , info] = readAll(message.payload);
  return name === 'onStatus' ? String((info as { code?: unknown }).code) : undefined;
}

const CONTROL: Readonly<Record<number, string>> = {
  0: 'StreamBegin',
  1: 'StreamEOF',
  4: 'StreamIsRecorded',
};

/** A message in a few words. */
export function describeMessage(message: Received): string {
  const { type, payload, time } = message;
  if (type === 4) return CONTROL[payload.readUInt16BE(0)] ?? `control ${payload.readUInt16BE(0)}`;
  if (type === 20) return codeOf(message) ?? String(readAll(payload)[0]);
  if (type === DATA) return `data ${String(readAll(payload)[0])}`;
  for (const [name, tag] of Object.entries(TAG)) {
    if (payload.equals(tag)) return `${name}@${time}`;
  }
  return `type ${type}: ${payload.toString('hex')}@${time}`;
}
