import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type {
  SharedObject,
  SharedObjectBatch,
  SharedObjectRequest,
} from '../../../src/server/index.ts';
import { sameValue } from '../../../src/server/sameValue.ts';
import { settle } from '../support/ManualClock.ts';
import type { TestConnection } from '../support/TestConnection.ts';
import { RecordingAdapter, startTestServer, type TestServer } from '../support/testServer.ts';

/** What a client shows, computed from what it asked for and what it was told, as Flash does. */
class Replica {
  readonly connection: TestConnection;
  readonly shown = new Map<string, unknown>();
  readonly #asked = new Map<string, unknown[]>();
  #version = 0;
  isSubscribed = false;

  constructor(connection: TestConnection) {
    this.connection = connection;
    connection.onBatch = (batch) => this.#apply(batch);
  }

  /** Writes down what it asks for: an acknowledgement names only the key. */
  note(requests: readonly SharedObjectRequest[]): void {
    for (const request of requests) {
      if (request.type !== 'change') continue;
      const values = this.#asked.get(request.key) ?? [];
      values.push(request.value);
      this.#asked.set(request.key, values);
    }
  }

  #apply(batch: SharedObjectBatch): void {
    assert.ok(batch.version > this.#version, `version ${batch.version} after ${this.#version}`);
    this.#version = batch.version;
    let refused: string | undefined;
    for (const event of batch.events) {
      if (event.type === 'useSuccess') this.shown.clear();
      if (event.type === 'clear') this.shown.clear();
      if (event.type === 'change') this.#set(event.key, event.value);
      if (event.type === 'remove') this.shown.delete(event.key);
      if (event.type === 'success') this.#set(event.key, this.#asked.get(event.key)?.shift());
      // A refused write is followed by its correction, and will not be acknowledged.
      if (refused !== undefined && 'key' in event && event.key === refused)
        this.#asked.get(event.key)?.shift();
      refused = event.type === 'status' ? 'ro' : undefined;
    }
  }

  #set(key: string, value: unknown): void {
    if (value === null || value === undefined) this.shown.delete(key);
    else this.shown.set(key, value);
  }
}

const key = fc.constantFrom('a', 'b', 'c');
const value = fc.oneof(
  fc.constant(null),
  fc.integer({ min: 0, max: 3 }),
  fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 3 }),
  fc.record({ n: fc.integer({ min: 0, max: 1 }) }),
);
const request: fc.Arbitrary<SharedObjectRequest> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('change' as const), key, value }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('change' as const),
      key: fc.constant('ro'),
      value: fc.constant(1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('remove' as const), key }) },
  {
    weight: 1,
    arbitrary: fc.constant<SharedObjectRequest>({ type: 'send', method: 'm', args: [1] }),
  },
);

type Command =
  | { do: 'ask'; client: number; requests: SharedObjectRequest[] }
  | { do: 'use' | 'leave'; client: number }
  | { do: 'server'; key: string; value: unknown }
  | { do: 'begin' | 'end' | 'answer' | 'clear' };

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      client: fc.nat(2),
      requests: fc.array(request, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('use' as const, 'leave' as const),
      client: fc.nat(2),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('server' as const), key, value }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'begin' as const,
        'end' as const,
        'answer' as const,
        'answer' as const,
        'clear' as const,
      ),
    }),
  },
);

/** Three clients, server code that updates, and security handlers that answer when told to. */
class World {
  readonly #s: TestServer;
  readonly so: SharedObject;
  readonly replicas: Replica[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #asked: unknown[] = [];
  #updates = 0;

  private constructor(s: TestServer, slow: Iterator<boolean>) {
    this.#s = s;
    this.so = s.server.sharedObjects.getSharedObject(s.application, 's', false) as SharedObject;
    this.so.acquire();
    this.so.registerSharedObjectSecurity({
      isWriteAllowed: (_so, name) => {
        const answer = name !== 'ro';
        if (slow.next().value !== true) return answer;
        return new Promise((resolve) => {
          this.#waiting.push(() => resolve(answer));
        });
      },
    });
    // A listener that corrects what clients write.
    this.so.addSharedObjectListener({
      onSharedObjectUpdate: (so, name, set) => {
        if (set === 3) so.setAttribute(name, 'three');
      },
    });
  }

  static async start(slow: Iterator<boolean>): Promise<World> {
    const world = new World(await startTestServer({ handler: new RecordingAdapter() }), slow);
    for (let client = 0; client < 3; client += 1) {
      world.replicas.push(new Replica(await world.#s.connect()));
      if (client > 0) await world.do({ do: 'use', client });
    }
    return world;
  }

  async do(step: Command): Promise<void> {
    switch (step.do) {
      case 'use':
      case 'ask':
      case 'leave':
        await this.#doAs(this.replicas[step.client] as Replica, step);
        break;
      case 'server':
        this.so.setAttribute(step.key, step.value);
        break;
      case 'clear':
        this.so.clear();
        break;
      case 'answer':
        this.#waiting.shift()?.();
        break;
      case 'begin':
        this.so.beginUpdate();
        this.#updates += 1;
        break;
      case 'end':
        this.#endUpdate();
        break;
    }
    await settle();
  }

  async #doAs(replica: Replica, step: Extract<Command, { client: number }>): Promise<void> {
    if (step.do === 'use') {
      if (!replica.isSubscribed) this.#ask(replica, [{ type: 'use' }]);
      replica.isSubscribed = true;
    } else if (replica.isSubscribed && step.do === 'ask') {
      this.#ask(replica, step.requests);
    } else if (replica.isSubscribed && step.do === 'leave') {
      await this.#s.server.disconnect(replica.connection);
      this.replicas[step.client] = new Replica(await this.#s.connect());
    }
  }

  #ask(replica: Replica, requests: readonly SharedObjectRequest[]): void {
    replica.note(requests);
    this.#asked.push(replica.connection.ask(this.#s.server, 's', requests));
  }

  #endUpdate(): void {
    if (this.#updates === 0) return;
    this.#updates -= 1;
    this.so.endUpdate();
  }

  /** Lets everything that waits come to its end. */
  async finish(): Promise<void> {
    while (this.#updates > 0) this.#endUpdate();
    const done = Promise.all(this.#asked).then(() => true);
    while (!(await Promise.race([done, settle().then(() => false)]))) this.#waiting.shift()?.();
  }

  stop(): PromiseLike<void> {
    return this.#s[Symbol.asyncDispose]();
  }
}

describe('the replicas of a shared object', () => {
  // Sizes are the largest, since short lists of commands prove little.
  it('are the same as the object in the end, whatever clients, server code and slow handlers do', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { maxLength: 50, size: 'max' }),
        fc.array(fc.boolean(), { maxLength: 30, size: 'max' }),
        async (commands, slow) => {
          const world = await World.start(slow.values());
          for (const step of commands) await world.do(step);
          await world.finish();
          for (const replica of world.replicas) {
            if (!replica.isSubscribed) continue;
            const difference = `${JSON.stringify([...replica.shown])} is not ${JSON.stringify([...world.so.getAttributes()])}`;
            assert.ok(sameValue(replica.shown, world.so.getAttributes()), difference);
          }
          await world.stop();
        },
      ),
      { numRuns: Number(process.env['REPLICA_RUNS'] ?? 100) },
    );
  });
});
