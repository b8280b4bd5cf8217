// What the programs here begin with.
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';

const VIDEO = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '60'];
const RATE = ['-b:v', '1900k', '-minrate', '1900k', '-maxrate', '1900k', '-bufsize', '1900k'];

/** Ten seconds of H.264 and AAC, 2 Mbit/s, a key frame each two seconds; the name of the file. */
export function makeSource(folder) {
  const output = path.join(folder, 'source.flv');
  const made = spawnSync('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30'],
    ...['-f', 'lavfi', '-i', 'sine=frequency=440', '-t', '10', '-pix_fmt', 'yuv420p'],
    ...[...VIDEO, ...RATE, '-x264-params', 'nal-hrd=cbr', '-c:a', 'aac', '-b:a', '96k', output],
  ]);
  if (made.status !== 0) throw new Error(String(made.stderr ?? made.error));
  return output;
}

/** A port that nobody has. */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
