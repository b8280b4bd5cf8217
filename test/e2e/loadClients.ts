/**
 * The clients of the load proof, in a process of their own: `loadClients.ts <wsPort> <rtmpPort> <options as JSON>`.
 *
 * Everybody in a room says a numbered line now and then, and checks each line of each other: that it comes once, in order, in the
 * right room. Prints the figures as JSON at the end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RTMPTestClient } from '../support/rtmp/RTMPTestClient.ts';
import { WebSocketTestClient } from '../support/WebSocketTestClient.ts';

export interface LoadOptions {
  readonly webSockets: number;
  readonly rtmp: number;
  readonly rooms: number;
  readonly seconds: number;
  /** Pause between two lines of one client. */
  readonly everyMs: number;
}

export interface LoadFigures {
  readonly sent: number;
  readonly deliveries: number;
  readonly lost: number;
  readonly doubledOrOutOfOrder: number;
  readonly inWrongRoom: number;
  readonly disconnected: number;
  readonly connectMs: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly complaints: readonly string[];
}

/** One client: how it speaks, and what it knows of the others' lines. */
interface Member {
  readonly id: string;
  readonly room: number;
  /** Whether its own lines come back to it. */
  readonly hearsItself: boolean;
  readonly say: (line: string) => void;
  readonly close: () => void;
  sent: number;
  /** The number each sender's next line must have. */
  readonly next: Map<string, number>;
}

const [wsPort, rtmpPort] = process.argv.slice(2, 4).map(Number) as [number, number];
const options = JSON.parse(process.argv[4] ?? '') as LoadOptions;

const figures = {
  sent: 0,
  deliveries: 0,
  lost: 0,
  doubledOrOutOfOrder: 0,
  inWrongRoom: 0,
  disconnected: 0,
  connectMs: 0,
};
const complaints: string[] = [];
const latencies: number[] = [];
let isRunning = true;

const startedAt = Date.now();
const members: Member[] = [];
for (let number = 0; number < options.webSockets; number += 50) {
  const batch = Array.from({ length: Math.min(50, options.webSockets - number) }, (_, at) =>
    joinByWebSocket(number + at),
  );
  members.push(...(await Promise.all(batch)));
}
for (let number = 0; number < options.rtmp; number += 20) {
  const batch = Array.from({ length: Math.min(20, options.rtmp - number) }, (_, at) =>
    joinByRTMP(number + at),
  );
  members.push(...(await Promise.all(batch)));
}
figures.connectMs = Date.now() - startedAt;

await Promise.all(members.map((member, index) => talk(member, index)));
await settle();
isRunning = false;
countLost();
for (const member of members) member.close();

latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? 0;
const result: LoadFigures = {
  ...figures,
  latencyMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
  complaints: complaints.slice(0, 10),
};
process.stdout.write(`${JSON.stringify(result)}\n`);

async function joinByWebSocket(number: number): Promise<Member> {
  const room = number % options.rooms;
  const client = await WebSocketTestClient.open(`ws://127.0.0.1:${wsPort}/chat/room${room}`);
  const member: Member = {
    id: `w${number}`,
    room,
    hearsItself: true,
    say: (line) => client.send(line),
    close: () => client.destroy(),
    sent: 0,
    next: new Map(),
  };
  client.onText = (line) => hear(member, line);
  void client.closed.then(() => gone(member));
  return member;
}

async function joinByRTMP(number: number): Promise<Member> {
  const room = number % options.rooms;
  const client = await RTMPTestClient.join(rtmpPort, `chat/room${room}`);
  const so = client.sharedObject('chat');
  await so.use();
  const member: Member = {
    id: `r${number}`,
    room,
    hearsItself: false,
    say: (line) => so.set('message', line),
    close: () => client.destroy(),
    sent: 0,
    next: new Map(),
  };
  so.onBatch = ({ events }) => {
    for (const item of events) {
      if (item.event === 'CHANGE' && item.key === 'message') hear(member, String(item.value));
    }
  };
  void client.closed.then(() => gone(member));
  return member;
}

/** Says lines until the time is over; the members are spread over the pause. */
async function talk(member: Member, index: number): Promise<void> {
  const end = Date.now() + options.seconds * 1000;
  await sleep((index * options.everyMs) / members.length);
  while (Date.now() < end) {
    member.say(`${member.room} ${member.id} ${member.sent} ${Date.now()}`);
    member.sent += 1;
    figures.sent += 1;
    await sleep(options.everyMs);
  }
}

function hear(member: Member, line: string): void {
  const [room, from, count, time] = line.split(' ');
  const number = Number(count);
  figures.deliveries += 1;
  if (figures.deliveries % 10 === 0) latencies.push(Date.now() - Number(time));
  if (Number(room) !== member.room) {
    figures.inWrongRoom += 1;
    complaints.push(`${member.id} in ${member.room} heard "${line}"`);
    return;
  }
  const wanted = member.next.get(from ?? '') ?? 0;
  if (number !== wanted) {
    figures.doubledOrOutOfOrder += 1;
    complaints.push(`${member.id} heard ${number} of ${from} and not ${wanted}`);
  }
  member.next.set(from ?? '', number + 1);
}

function gone(member: Member): void {
  if (!isRunning) return;
  figures.disconnected += 1;
  complaints.push(`${member.id} was disconnected`);
}

/** Waits until nothing arrives any more. */
async function settle(): Promise<void> {
  let before = -1;
  for (let attempt = 0; attempt < 20 && figures.deliveries !== before; attempt++) {
    before = figures.deliveries;
    await sleep(500);
  }
}

function countLost(): void {
  for (const sender of members) {
    for (const member of members) {
      if (member.room !== sender.room || (member === sender && !member.hearsItself)) continue;
      const missing = sender.sent - (member.next.get(sender.id) ?? 0);
      if (missing === 0) continue;
      figures.lost += missing;
      complaints.push(`${member.id} misses ${missing} of ${sender.id}`);
    }
  }
}
