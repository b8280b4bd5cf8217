import { open, stat } from 'node:fs/promises';
import { type BeanInfo, type Lifecycle, ProtocolError, Red5Error } from '../../../base/index.ts';
import type { Server } from '../../Server.ts';
import type { Scope } from '../../scope/Scope.ts';
import type { ServerErrorCode } from '../../serverErrors.ts';
import type { OnDemandProvider, OnDemandStream } from '../OnDemandProvider.ts';
import { locateRecording } from '../record/locateRecording.ts';
import { RecordedStream } from './RecordedStream.ts';
import { type RecordingIndex, readRecordingIndex } from './RecordingIndex.ts';

/** What is known of files is kept for so many. */
const MAX_KNOWN = 64;

interface Known {
  readonly size: number;
  readonly changedAt: number;
  readonly index: Promise<RecordingIndex>;
}

/** Plays recordings, those of this server and other FLV files, from where `streamFilenameGenerator` says that they are. */
export class RecordedStreams implements OnDemandProvider, Lifecycle {
  static readonly beanInfo: BeanInfo = {
    types: ['RecordedStreams', 'OnDemandProvider', 'Lifecycle'],
    properties: { server: 'Server', aheadMs: 'int', maxQueuedBytes: 'int' },
  };

  readonly phase = 0;
  server!: Server;
  /** How much of a recording a player is given before its time, so that it has something to play while the network is slow. */
  aheadMs = 5_000;
  /** Bytes that may wait for one player; nothing more is read for it meanwhile. */
  maxQueuedBytes: number = 1024 ** 2;

  readonly #known = new Map<string, Known>();
  #isRunning = false;

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.server.streams.addOnDemandProvider(this);
  }

  stop(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.server.streams.removeOnDemandProvider(this);
    this.#known.clear();
  }

  async getOnDemandStream(scope: Scope, name: string): Promise<OnDemandStream | undefined> {
    const path = locate(scope, name);
    if (path === undefined) return undefined;
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isFile() !== true) return undefined;
    try {
      return new RecordedStream({
        path,
        index: await this.#indexOf(path, stats.size, stats.mtimeMs),
        pace: this,
        clock: this.server.clock,
        logger: this.server.logger.child('playback'),
      });
    } catch (error) {
      if (error instanceof ProtocolError) return undefined; // It is no FLV file, whatever it is called.
      throw error;
    }
  }

  #indexOf(path: string, size: number, changedAt: number): Promise<RecordingIndex> {
    const known = this.#known.get(path);
    this.#known.delete(path); // What was used last comes last.
    const isCurrent = known?.size === size && known.changedAt === changedAt;
    const index = isCurrent ? known.index : readIndex(path, size);
    this.#known.set(path, { size, changedAt, index });
    index.catch(() => this.#known.delete(path));
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    return index;
  }
}

async function readIndex(path: string, size: number): Promise<RecordingIndex> {
  const file = await open(path, 'r');
  try {
    return await readRecordingIndex(file, size);
  } finally {
    await file.close();
  }
}

/** A name that no recording can have is one that there is no recording of. */
function locate(scope: Scope, name: string): string | undefined {
  try {
    return locateRecording(scope, name, 'PLAYBACK');
  } catch (error) {
    const code: ServerErrorCode = 'NAME_NOT_ALLOWED';
    if (error instanceof Red5Error && error.code === code) return undefined;
    throw error;
  }
}
