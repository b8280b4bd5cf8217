// WebSocket rooms of red5-node against their peers: node --import tsx bench/websocket/run.ts; see README.md.
//
// Variants run interleaved, in random order per round; what is printed are medians over the rounds, and medians of the ratios that were
// taken within each round. Every run checks that nothing was lost, doubled or out of order; a run with a fault fails the bench.
import { parseArgs } from 'node:util';
import {
  closedLoop,
  idle,
  type Options,
  openLoop,
  throughTheChat,
  underFaults,
} from './sections.ts';
import { findPeers } from './variants.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    sizes: { type: 'string', default: '64,256' },
    only: { type: 'string', default: 'closed,open,chat,faults,idle' },
    peers: { type: 'boolean', default: true },
    // On a machine with other work, as root: server and load generator go before all else while they are measured.
    realtime: { type: 'boolean', default: false },
  },
  allowNegative: true,
});

process.env['BENCH_REALTIME'] = values.realtime ? '1' : '';

const sections: Readonly<Record<string, (options: Options) => Promise<void>>> = {
  closed: closedLoop,
  open: openLoop,
  chat: throughTheChat,
  faults: underFaults,
  idle,
};

const wanted = values.only.split(',');
const needsPeers = values.peers && wanted.some((name) => name === 'closed' || name === 'open');
const options: Options = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  sizes: values.sizes.split(',').map(Number),
  peers: needsPeers ? await findPeers() : [],
};
for (const name of wanted) {
  const section = sections[name];
  if (section === undefined) throw new Error(`there is no section ${name}`);
  await section(options);
}
