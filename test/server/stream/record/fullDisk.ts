import { createLogger, systemClock } from '../../../../src/base/index.ts';
import { createMediaMessage } from '../../../../src/server/index.ts';
import { Recording } from '../../../../src/server/stream/record/Recording.ts';

// Run as a process of its own that may write only so much to a file, as on a disk that is full.
const body = Buffer.concat([Buffer.from('1701000000', 'hex'), Buffer.alloc(5000)]);
const recording = await Recording.start({
  path: process.argv[2] ?? '',
  append: false,
  limits: { maxBytes: 0, maxDurationMs: 0, minFreeBytes: 0, maxQueuedBytes: 0 },
  clock: { ...systemClock, every: (ms, task) => systemClock.every(Math.min(ms, 5), task) },
  logger: createLogger({ level: 'silent' }),
  onEnded: ({ kind, description }) => {
    process.stdout.write(`${kind} ${description}`);
    process.exit(0);
  },
});
let time = 0;
const add = (): void => {
  time += 40;
  recording.add(createMediaMessage('video', time, body));
};
setInterval(add, 1);
// More comes also while the recording gives up what could not be written.
setImmediate(function often() {
  if (recording.bytes > 1_500_000) add();
  setImmediate(often);
});
