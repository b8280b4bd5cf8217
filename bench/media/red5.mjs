// red5-node with application `live`; says its port. --flush MS gathers media, --gop BYTES limits the GOP cache.
import { parseArgs } from 'node:util';
import { startRTMPServer } from '../startRTMPServer.mjs';

const { values } = parseArgs({
  options: { flush: { type: 'string', default: '0' }, gop: { type: 'string' } },
});
await startRTMPServer('/live', {
  flushIntervalMs: Number(values.flush),
  ...(values.gop === undefined ? {} : { maxGOPBytes: Number(values.gop) }),
});
