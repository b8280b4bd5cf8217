// Decode and encode MB/s of src/io against the codecs on npm, each only with what it gets right.
//   node --import tsx bench/rtmp/amf.mjs [--peers DIR] [--seconds N]
// DIR is any folder in which `npm install amf-codec amfjs` was run; without it only src/io is measured.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KeyCache, readAMF0, readAMF3, writeAMF0, writeAMF3 } from '../../src/io/index.ts';

const { values: options } = parseArgs({
  options: { peers: { type: 'string' }, seconds: { type: 'string', default: '0.5' } },
});
const seconds = Number(options.seconds);

const inputs = {
  'chat line': {
    name: 'Ann',
    text: 'Has anybody seen the new room? It is the third on the left.',
    at: 1790000000000,
  },
  'connect object': {
    app: 'chat/room1',
    flashVer: 'WIN 11,2,202,235',
    tcUrl: 'rtmp://127.0.0.1/chat/room1',
    fpad: false,
    capabilities: 239,
    audioCodecs: 3575,
    videoCodecs: 252,
    videoFunction: 1,
    objectEncoding: 0,
  },
  '50 objects': Array.from({ length: 50 }, (_, i) => ({
    id: i,
    name: `player${i}`,
    x: i * 1.5,
    y: -i,
    alive: i % 3 > 0,
  })),
  '1,000 numbers': Array.from({ length: 1000 }, (_, i) => i * 1.25),
};

const keys = new KeyCache();
const codecs = {
  AMF0: [{ name: 'red5-node', read: (b) => readAMF0(b, { keys }), write: (v) => writeAMF0(v) }],
  AMF3: [{ name: 'red5-node', read: (b) => readAMF3(b, { keys }), write: (v) => writeAMF3(v) }],
};
if (options.peers !== undefined) {
  const require = createRequire(join(options.peers, 'x.js'));
  const { fromAMF, toAMF } = require('amf-codec');
  codecs.AMF0.push({ name: 'amf-codec 1.4.0', read: fromAMF, write: toAMF });
  const amfjs = require('amfjs');
  codecs.AMF3.push({
    name: 'amfjs 1.3.1',
    read: (b) => new amfjs.AMFDecoder(streamOf(b)).decode(amfjs.AMF3),
    write: (v) => {
      const out = { parts: [], write: (bytes) => out.parts.push(bytes) };
      new amfjs.AMFEncoder(out).writeObject(v, amfjs.AMF3);
      return Buffer.concat(out.parts);
    },
  });
}

function streamOf(bytes) {
  let at = 0;
  return {
    read(length) {
      at += length;
      return bytes.subarray(at - length, at);
    },
  };
}

function opsPerSecond(task) {
  for (let i = 0; i < 2000; i++) task();
  let runs = 0;
  const begin = process.hrtime.bigint();
  const end = begin + BigInt(Math.round(seconds * 1e9));
  let now = begin;
  while (now < end) {
    for (let i = 0; i < 50; i++) task();
    runs += 50;
    now = process.hrtime.bigint();
  }
  return (runs * 1e9) / Number(now - begin);
}

// In turns, and the best of each: what else the machine does hits all of them.
const ROUNDS = 3;
const write = { AMF0: writeAMF0, AMF3: writeAMF3 };
for (const [format, list] of Object.entries(codecs)) {
  for (const [name, value] of Object.entries(inputs)) {
    const bytes = write[format](value);
    const best = list.map(() => ({ reads: 0, writes: 0 }));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, codec] of list.entries()) {
        const result = best[index];
        result.reads = Math.max(
          result.reads,
          measure(() => codec.read(bytes)),
        );
        result.writes = Math.max(
          result.writes,
          measure(() => codec.write(value)),
        );
      }
    }
    for (const [index, codec] of list.entries()) {
      const { reads, writes } = best[index];
      const megabytes = (ops) => ((ops * bytes.length) / 1e6).toFixed(1).padStart(7);
      const kilo = (ops) => (ops / 1e3).toFixed(1).padStart(7);
      console.log(
        `${format} ${name.padEnd(15)} ${String(bytes.length).padStart(6)} B  ${codec.name.padEnd(16)}` +
          ` decode ${megabytes(reads)} MB/s ${kilo(reads)}k/s   encode ${megabytes(writes)} MB/s ${kilo(writes)}k/s`,
      );
    }
  }
}

/** How often a second something can be done; 0 for a codec that fails at it. */
function measure(task) {
  try {
    return opsPerSecond(task);
  } catch {
    return 0;
  }
}
