import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What ffprobe counts in a file or stream. */
export interface Probed {
  /** Seconds, as the file says. */
  readonly duration: number;
  /** Packets by kind of stream. */
  readonly packets: Readonly<Record<string, number>>;
  readonly codecs: readonly string[];
}

/** Lets ffprobe read a whole file or stream. */
export async function probe(source: string): Promise<Probed> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-count_packets', '-show_streams', '-show_format', '-of', 'json'],
    source,
  ]);
  const { streams = [], format } = JSON.parse(stdout) as {
    streams?: { codec_type: string; codec_name: string; nb_read_packets?: string }[];
    format: { duration?: string };
  };
  return {
    duration: Number(format.duration ?? Number.NaN),
    packets: Object.fromEntries(
      streams.map((stream) => [stream.codec_type, Number(stream.nb_read_packets ?? 0)]),
    ),
    codecs: streams.map((stream) => stream.codec_name).toSorted(),
  };
}

/** Lets ffmpeg decode a whole file, and gives what it complains about. */
export async function decodingErrors(file: string): Promise<string> {
  const { stderr } = await run('ffmpeg', [
    ...['-v', 'error', '-xerror', '-err_detect', 'explode', '-i', file],
    ...['-map', '0', '-c:v', 'rawvideo', '-c:a', 'pcm_s16le', '-f', 'null', '-'],
  ]);
  // What it rounds times to for its own output is no fault of the file; that times go forward is checked elsewhere.
  return stderr
    .split('\n')
    .filter((line) => !line.includes('monotonically increasing dts to muxer'))
    .join('\n');
}

const SOURCE = (seconds: number) => [
  ...['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=25:duration=${seconds}`],
  ...['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=44100:duration=${seconds}`],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'],
  ...['-g', '25', '-c:a', 'aac', '-b:a', '64k'],
];

/** An FLV file with 25 frames a second of H.264, a key frame each second, and AAC. */
export async function makeFLV(file: string, seconds: number): Promise<void> {
  await run('ffmpeg', ['-v', 'error', '-y', ...SOURCE(seconds), '-f', 'flv', file]);
}

/** ffmpeg that publishes as a camera does, until it is stopped. */
export interface Publisher {
  /** When all was published, or it was stopped. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Publishes a test picture and tone in real time. */
export function publishFLV(url: string, seconds = 600): Publisher {
  const child = spawn('ffmpeg', ['-v', 'error', '-re', ...SOURCE(seconds), '-f', 'flv', url], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    ended: gone,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
      await gone;
    },
  };
}
