import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { MultiThreadedApplicationAdapter } from '../../../../src/server/index.ts';

const TIMEOUT_MS = 40_000;

/** Why a test with a program has to be left out. */
export function missing(program: string): string | false {
  const found = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  return found ? false : `${program} is not installed`;
}

/** The same for GStreamer. */
export const noGStreamer: string | false =
  missing('gst-launch-1.0') ||
  (spawnSync('gst-inspect-1.0', ['rtmp2src']).status === 0
    ? false
    : 'GStreamer has no rtmp2src: gstreamer1.0-plugins-bad is not installed');

/** A program that was started, and what it wrote. */
export interface Run {
  readonly child: ChildProcess;
  readonly text: () => string;
  readonly done: Promise<void>;
}

/** Starts a program, which is killed when it takes too long. */
export function start(program: string, args: readonly string[]): Run {
  const child = spawn(program, args, { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  return { child, text: () => text, done: once(child, 'close').then(() => undefined) };
}

/** Runs a program; what it wrote. */
export async function run(program: string, args: readonly string[]): Promise<string> {
  const running = start(program, args);
  await running.done;
  return running.text();
}

/** Number of packets of each kind, after a look at every one: times that never go back, frames that can be decoded. */
export async function check(file: string): Promise<Record<string, number>> {
  const decoded = await run('ffmpeg', [
    ...['-v', 'error', '-xerror', '-err_detect', 'explode'],
    ...['-i', file, '-f', 'null', '-'],
  ]);
  assert.equal(decoded, '', `decoding ${path.basename(file)}`);
  const listed = await run('ffprobe', [
    ...['-v', 'error', '-show_entries', 'packet=codec_type,dts', '-of', 'csv=p=0', file],
  ]);
  const counts: Record<string, number> = {};
  const last: Record<string, number> = {};
  for (const line of listed.trim().split('\n')) {
    const [kind = '', time = ''] = line.split(',');
    const dts = Number(time);
    assert.ok(dts >= (last[kind] ?? Number.NEGATIVE_INFINITY), `${kind} ${last[kind]} → ${dts}`);
    last[kind] = dts;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** An application that says when so many play, and when somebody publishes. */
export class Audience extends MultiThreadedApplicationAdapter {
  #players = 0;
  #changed: () => void = () => undefined;
  #isPublished = false;

  override streamSubscriberStart(): void {
    this.#players += 1;
    this.#changed();
  }

  override streamBroadcastStart(): void {
    this.#isPublished = true;
    this.#changed();
  }

  async playing(count: number): Promise<void> {
    while (this.#players < count) await this.#change();
  }

  async published(): Promise<void> {
    while (!this.#isPublished) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }
}
