import { Worker } from 'node:worker_threads';
import {
  type BeanInfo,
  createLogger,
  type Lifecycle,
  type Logger,
  systemClock,
  type Timer,
} from '../base/index.ts';

/** How often the server shows that it lives. */
const BEAT_MS = 250;

/**
 * Notices when code keeps the whole process busy, and says which: a loop without end, or work that should have been cut in pieces.
 *
 * A thread of its own watches, since the busy one can say nothing. When the server has shown no sign of life for a time, the thread
 * looks at the place where it is, as a debugger would, and writes it to the standard error output; the place is in a file of a webapp, or
 * the innermost one is. Nothing is ended: JavaScript has one thread for all, and to stop it in the middle leaves nothing to rely on.
 */
export class EventLoopWatch implements Lifecycle {
  static readonly beanInfo: BeanInfo = {
    types: ['EventLoopWatch'],
    properties: { blockedAfterMs: 'int', logger: 'Logger' },
  };

  readonly phase = -100;
  /** How long code may keep the process busy before it is named, in milliseconds; 0 switches the watch off. Default 5,000. */
  blockedAfterMs = 5_000;
  logger: Logger | undefined = undefined;
  #worker: Worker | undefined;
  #beat: Timer | undefined;

  start(): void {
    if (this.blockedAfterMs <= 0 || this.#worker !== undefined) return;
    const beats = new Int32Array(new SharedArrayBuffer(4));
    const options = { beats, blockedAfterMs: this.blockedAfterMs };
    const logger = this.logger ?? createLogger();
    const worker = new Worker(WATCHER, { eval: true, workerData: options, execArgv: [] });
    worker.unref();
    worker.on('message', (message: string) => logger.warn(message));
    worker.on('error', (error) => logger.warn(`nobody watches the event loop: ${error}`));
    this.#worker = worker;
    this.#beat = systemClock.every(BEAT_MS, () => Atomics.add(beats, 0, 1));
  }

  async stop(): Promise<void> {
    this.#beat?.cancel();
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

// Text, since a worker's file would have to be another one in the sources and in what is built of them.
const WATCHER = `
const { parentPort, workerData: { beats, blockedAfterMs } } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const { Session } = require('node:inspector');
let last = Atomics.load(beats, 0);
let since = performance.now();
let told = false;
setInterval(() => {
  const now = performance.now();
  const beat = Atomics.load(beats, 0);
  if (beat !== last) {
    if (told) parentPort.postMessage('the event loop runs again after ' + Math.round(now - since) + ' ms');
    last = beat;
    since = now;
    told = false;
  } else if (!told && now - since >= blockedAfterMs) {
    told = true;
    look(Math.round(now - since));
  }
}, Math.min(250, Math.max(10, blockedAfterMs / 4)));

function look(ms) {
  const session = new Session();
  const say = (places) =>
    writeSync(2, 'red5: the event loop has been blocked for ' + ms + ' ms' + places + '\\n');
  try {
    session.connectToMainThread();
  } catch (error) {
    return say('; where is not known: ' + error.message);
  }
  // Frames name their script by number only.
  const files = new Map();
  session.on('Debugger.scriptParsed', ({ params }) => files.set(params.scriptId, params.url));
  session.once('Debugger.paused', ({ params }) => {
    const places = params.callFrames
      .map(({ functionName, location }) => ({
        functionName,
        url: (files.get(location.scriptId) || '').replace(/^file:\\/\\//, ''),
        location,
      }))
      .filter(({ url }) => url !== '' && !url.startsWith('node:'))
      .slice(0, 5)
      .map(({ functionName, url, location }) =>
        '\\n    at ' + (functionName || '<anonymous>') + ' (' + url + ':' + (location.lineNumber + 1) + ':' + ((location.columnNumber || 0) + 1) + ')');
    session.post('Debugger.resume', () => {});
    session.post('Debugger.disable', () => session.disconnect());
    say(places.join(''));
  });
  session.post('Debugger.enable', () => session.post('Debugger.pause', () => {}));
}
`;
