// One process of the npm package `rtmp-client`, which knows one shared object of each name: uses `board` at the given address, prints
// every `onSync` as a line of JSON, and sets what it is told on standard input, a line of JSON [key, value] each.
import { createInterface } from 'node:readline';
import rtmp from 'rtmp-client';

const { NetConnection, SharedObject } = rtmp;
const [address] = process.argv.slice(2);
const connection = new NetConnection();

function say(words) {
  process.stdout.write(`${JSON.stringify(words)}\n`);
}

connection.onStatus = ({ code }) => {
  say(['status', code]);
  if (code !== 'NetConnection.Connect.Success') return;
  const board = SharedObject.get('board', false, connection);
  board.onSync = (changes) => {
    say([
      'sync',
      changes.map(({ code: what, name }) => [what, name ?? null, name && board.getProperty(name)]),
    ]);
  };
  createInterface(process.stdin).on('line', (line) => board.setProperty(...JSON.parse(line)));
};
connection.connect(address);
