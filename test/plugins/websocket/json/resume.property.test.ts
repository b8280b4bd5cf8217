import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { WebSocketScope } from '../../../../src/plugins/websocket/index.ts';
import type { SharedObject } from '../../../../src/server/index.ts';
import { startServer, type TestServer } from '../support.ts';
import { JSONTestClient, type Message } from './JSONTestClient.ts';

/** A client as the reference describes one: it keeps what it knows, comes back, and repeats what was not answered. */
class Replica {
  readonly shown = new Map<string, unknown>();
  /** Messages it was sent, in order. */
  readonly heard: string[] = [];
  readonly #url: string;
  #client: JSONTestClient | undefined;
  #session: string | undefined;
  #epoch = '';
  #version = 0;
  #nextID = 1;
  #useID = 0;
  #isReading: Promise<void> = Promise.resolve();
  readonly #unanswered = new Map<number, Message>();
  /** How often it had to begin anew; what it heard may then have gaps. */
  snapshots = 0;
  resumed = 0;

  constructor(url: string) {
    this.#url = url;
  }

  get isConnected(): boolean {
    return this.#client !== undefined;
  }

  async connect(): Promise<void> {
    if (this.#client !== undefined) return;
    const client = await JSONTestClient.open(this.#url);
    const joined = await client.joins(
      this.#session === undefined ? {} : { session: this.#session },
    );
    assert.equal(joined['restored'], this.#session !== undefined);
    this.#session = client.session;
    this.#client = client;
    const known = this.#version === 0 ? {} : { epoch: this.#epoch, since: this.#version };
    this.#useID = 1_000_000 + this.#nextID;
    client.send({ type: 'use', id: this.#useID, name: 's', ...known });
    for (const message of this.#unanswered.values()) client.send(message);
    this.#isReading = this.#read(client);
  }

  change(ops: readonly Message[]): void {
    const message = { type: 'change', id: this.#nextID, name: 's', ops };
    this.#nextID += 1;
    this.#unanswered.set(message.id, message);
    this.#client?.send(message);
  }

  /** Reads what has come so far, then cuts the connection; what is on its way is lost. */
  async cut(): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    this.#client = undefined;
    await client.cut();
    await this.#isReading;
  }

  /** Reads until all it asked for is answered, and everything before has come. */
  async settle(): Promise<void> {
    await this.connect();
    const client = this.#client as JSONTestClient;
    while (this.#unanswered.size > 0 || this.#version === 0) await client.settled();
    await client.settled();
  }

  async #read(client: JSONTestClient): Promise<void> {
    try {
      for (;;) this.#take(await client.next(({ type }) => type !== 'pong'));
    } catch {
      // Cut; what had come was taken.
    }
  }

  #take(message: Message): void {
    switch (message['type']) {
      case 'snapshot':
        this.snapshots += 1;
        this.#epoch = String(message['epoch']);
        this.shown.clear();
        for (const { key, value } of message['attributes'] as Message[]) {
          this.shown.set(String(key), value);
        }
        this.#version = Number(message['version']);
        break;
      case 'resumed':
        this.resumed += 1;
        for (const step of message['changes'] as Message[]) this.#apply(step);
        this.#version = Number(message['version']);
        break;
      case 'changes':
        this.#apply(message);
        break;
      case 'done':
      case 'error':
        assert.notEqual(message['code'], 'JSON.OutcomeUnknown');
        assert.ok(this.#unanswered.delete(Number(message['id'])), 'an answer came twice');
        break;
      default:
        assert.fail(`unexpected ${JSON.stringify(message)}`);
    }
  }

  #apply(step: Message): void {
    const version = Number(step['version']);
    assert.ok(version > this.#version, `step ${version} after ${this.#version}`);
    this.#version = version;
    for (const { op, key, value, args } of step['ops'] as Message[]) {
      if (op === 'set') this.shown.set(String(key), value);
      else if (op === 'remove') this.shown.delete(String(key));
      else this.heard.push(String((args as unknown[])[0]));
    }
  }
}

const key = fc.constantFrom('a', 'b', 'c');
const operation: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ op: fc.constant('set'), key, value: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ op: fc.constant('remove'), key }),
  fc.record({
    op: fc.constant('set'),
    key,
    value: fc.constant(9),
    ifVersion: fc.integer({ min: 0, max: 12 }),
  }),
);
const who = fc.integer({ min: 0, max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      who,
      ops: fc.array(operation, { maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cut' as const), who }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('connect' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('server' as const), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), who }) },
);

type Step =
  | { readonly kind: 'change'; readonly who: number; readonly ops: readonly Message[] }
  | { readonly kind: 'cut' | 'connect' | 'wait'; readonly who: number }
  | { readonly kind: 'server'; readonly key: string };

/** Three replicas of one object, and what they were asked to do. */
class Play {
  readonly replicas: readonly Replica[];
  readonly #so: SharedObject;
  /** Messages of changes that nothing can refuse. */
  readonly #sure: string[] = [];
  #count = 0;

  constructor(so: SharedObject, url: string) {
    this.#so = so;
    this.replicas = [0, 1, 2].map(() => new Replica(url));
  }

  async settle(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.settle()));
  }

  async act(step: Step): Promise<void> {
    if (step.kind === 'server') {
      this.#so.setAttribute(step.key, 7);
      return;
    }
    const replica = this.replicas[step.who] as Replica;
    if (step.kind === 'cut') await replica.cut();
    else if (step.kind === 'connect') await replica.connect();
    else if (step.kind === 'change') this.#change(replica, step.ops);
    else if (replica.isConnected) await replica.settle();
  }

  /** Each change has a message of its own, by which it is counted; one with a condition may be refused. */
  #change(replica: Replica, ops: readonly Message[]): void {
    const isSure = ops.every((op) => !('ifVersion' in op));
    const name = `${isSure ? 'sure' : 'maybe'} ${this.#count++}`;
    if (isSure) this.#sure.push(name);
    replica.change([...ops, { op: 'send', method: 'm', args: [name] }]);
  }

  check(): void {
    const final = Object.fromEntries(this.#so.getAttributes());
    const complete = this.replicas.filter(({ snapshots }) => snapshots === 1);
    for (const { shown, heard } of this.replicas) {
      assert.deepEqual(Object.fromEntries(shown), final);
      assert.equal(new Set(heard).size, heard.length, 'a message came twice');
    }
    for (const { heard } of complete) {
      const sure = heard.filter((name) => name.startsWith('sure'));
      assert.deepEqual(sure.toSorted(), this.#sure.toSorted());
      assert.deepEqual(heard, complete[0]?.heard);
    }
    const { totalSends } = this.#so.statistics;
    assert.ok(totalSends >= this.#sure.length && totalSends <= this.#count);
  }
}

describe('clients that are cut off at any time', () => {
  let deployed = 0;

  async function prepare(running: TestServer): Promise<{ so: SharedObject; url: string }> {
    deployed += 1;
    const name = `app${deployed}`;
    const scope = await running.deploy(name);
    new WebSocketScope(scope).register();
    const so = running.server.sharedObjects.getSharedObject(scope, 's', false);
    assert.ok(so);
    so.acquire();
    return { so, url: `${running.url}/${name}` };
  }

  for (const [title, maxHistoryChanges] of [
    ['lose nothing, get nothing twice, and end with the same', 1000],
    ['end with the same and get nothing twice where the history is short', 4],
  ] as const) {
    it(title, async () => {
      await using running = await startServer({ maxMessagesPerSecond: 0 });
      running.server.sharedObjectLimits.maxHistoryChanges = maxHistoryChanges;
      let resumed = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 60 }), async (steps) => {
          const { so, url } = await prepare(running);
          const play = new Play(so, url);
          await play.settle();
          for (const one of steps) await play.act(one);
          await play.settle();
          // Whoever is settled last has changed something that the others are to see.
          await play.settle();
          play.check();
          for (const replica of play.replicas) {
            if (maxHistoryChanges === 1000) assert.equal(replica.snapshots, 1);
            resumed += replica.resumed;
            await replica.cut();
          }
          so.release();
        }),
        { numRuns: 100 },
      );
      assert.ok(resumed > (maxHistoryChanges === 1000 ? 200 : 40), `only ${resumed} came back`);
    });
  }
});
