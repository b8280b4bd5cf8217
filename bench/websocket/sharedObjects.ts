// Changes of one shared object to many JSON clients: node --import tsx bench/websocket/sharedObjects.ts [--seconds 1.5] [--clients 10,100,1000]
//
// One client changes a value, with so many changes unanswered at a time; all see each change. Every client checks that nothing is lost,
// doubled or out of order, and a run with a fault ends the bench. CPU time is that of the server's process, all threads.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '1.5' },
    clients: { type: 'string', default: '10,100,1000' },
  },
});

interface Result {
  readonly deliveries: number;
  readonly cpuSeconds: number;
  readonly perCPUSecond: number;
}

/** A client made of bytes, as a library would cost the load more than the server. */
class Client {
  readonly socket: Socket;
  readonly ready: Promise<void>;
  changes = 0;
  onDone: () => void = () => undefined;
  #bytes: Buffer = Buffer.alloc(0);
  #isOpen = false;
  #version = 0;
  #becomeReady: () => void = () => undefined;

  constructor(port: number) {
    this.ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.socket.write(
      'GET /bench HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Protocol: red5.json\r\n\r\n',
    );
  }

  send(message: object): void {
    const text = Buffer.from(JSON.stringify(message));
    // Masked with zeros, which leaves the text as it is.
    const head = Buffer.of(0x81, 0x80 | text.length, 0, 0, 0, 0);
    if (text.length > 125) throw new Error('the bench sends short messages only');
    this.socket.write(Buffer.concat([head, text]));
  }

  #read(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    if (!this.#isOpen) {
      const end = this.#bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!this.#bytes.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) {
        throw new Error(this.#bytes.toString());
      }
      this.#isOpen = true;
      this.#bytes = this.#bytes.subarray(end + 4);
      this.send({ type: 'join', version: 1 });
    }
    let at = 0;
    while (this.#bytes.length >= at + 2) {
      const short = this.#bytes[at + 1] ?? 0;
      const header = short === 126 ? 4 : 2;
      if (this.#bytes.length < at + header) break;
      const length = short === 126 ? this.#bytes.readUInt16BE(at + 2) : short;
      if (this.#bytes.length < at + header + length) break;
      this.#take(this.#bytes.subarray(at + header, at + header + length));
      at += header + length;
    }
    this.#bytes = this.#bytes.subarray(at);
  }

  #take(payload: Buffer): void {
    // {"type":"changes","name":"s","version":12,…: the type begins at byte 9.
    const text = payload.toString('latin1', 9, 60);
    if (text.startsWith('changes')) {
      const version = Number.parseInt(text.slice(text.indexOf('version') + 9), 10);
      if (this.#version !== 0 && version !== this.#version + 1) {
        throw new Error(`version ${version} after ${this.#version}`);
      }
      this.#version = version;
      this.changes += 1;
    } else if (text.startsWith('done')) {
      this.onDone();
    } else if (text.startsWith('joined')) {
      this.send({ type: 'use', id: 1, name: 's' });
    } else if (text.startsWith('snapshot')) {
      this.#becomeReady();
    } else {
      throw new Error(payload.toString());
    }
  }
}

async function cpuMs(server: ChildProcess): Promise<number> {
  server.send('cpu');
  const [{ cpuMs: ms }] = (await once(server, 'message')) as [{ cpuMs: number }];
  return ms;
}

async function run(variant: string, count: number, inFlight: number): Promise<Result> {
  const file = fileURLToPath(new URL('servers/sharedObject.ts', import.meta.url));
  const server = fork(file, [variant], {
    execArgv: ['--import', 'tsx', '--conditions=red5-source'],
  });
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  const clients: Client[] = [];
  for (let made = 0; made < count; made += 1) {
    const client = new Client(port);
    clients.push(client);
    if (made % 50 === 0) await client.ready;
  }
  await Promise.all(clients.map((client) => client.ready));
  const [publisher] = clients as [Client];
  let id = 1;
  let isOver = false;
  let unanswered = 0;
  let finished: () => void = () => undefined;
  const change = (): void => {
    unanswered += 1;
    const value = `a line of a chat that is so long ${id}`;
    publisher.send({ type: 'change', id: id++, name: 's', ops: [{ op: 'set', key: 'k', value }] });
  };
  publisher.onDone = () => {
    unanswered -= 1;
    if (!isOver) change();
    else if (unanswered === 0) finished();
  };
  const measure = async (seconds: number): Promise<void> => {
    isOver = false;
    const done = new Promise<void>((resolve) => {
      finished = resolve;
    });
    for (let started = 0; started < inFlight; started += 1) change();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    isOver = true;
    await done;
    // All have got what the publisher has.
    while (clients.some(({ changes }) => changes !== publisher.changes)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await measure(0.5);
  const before = publisher.changes;
  const cpuBefore = await cpuMs(server);
  await measure(Number(values.seconds));
  const cpuSeconds = ((await cpuMs(server)) - cpuBefore) / 1000;
  const deliveries = (publisher.changes - before) * count;
  for (const { socket } of clients) socket.destroy();
  server.kill();
  await once(server, 'exit');
  return { deliveries, cpuSeconds, perCPUSecond: deliveries / cpuSeconds };
}

const thousands = (value: number): string => Math.round(value).toLocaleString('en');
console.log('clients  in flight  deliveries per CPU second: red5-node, a loop over ws, ratio');
for (const count of values.clients.split(',').map(Number)) {
  for (const inFlight of [1, 16]) {
    const ours = await run('ours', count, inFlight);
    const naive = await run('naive', count, inFlight);
    const ratio = (ours.perCPUSecond / naive.perCPUSecond).toFixed(2);
    const figures = [ours, naive].map((one) => thousands(one.perCPUSecond).padStart(12));
    console.log(
      `${String(count).padStart(7)}  ${String(inFlight).padStart(9)}  ${figures.join('')}  ${ratio}`,
    );
  }
}
