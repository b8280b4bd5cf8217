import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Scope, ScopeHandler, SharedObject, WebScope } from '../../../src/server/index.ts';
import { settle } from '../support/ManualClock.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { startTestServer, type TestServer } from '../support/testServer.ts';

/** Callbacks that answer when a command says so, and a record of what the application was told. */
class RandomApplication implements ScopeHandler {
  readonly #waiting: (() => void)[] = [];
  readonly running = new Map<string, Scope>();
  /** Rooms that ever ran. */
  readonly ran = new Set<Scope>();
  readonly members = new Map<string, number>();
  readonly faults: string[] = [];
  /** Which answers come later, and which are no; consumed one per question. */
  readonly #plan: Iterator<{ later: boolean; yes: boolean }>;

  constructor(plan: Iterator<{ later: boolean; yes: boolean }>) {
    this.#plan = plan;
  }

  /** Answers one question that waits. */
  answer(index: number): void {
    if (this.#waiting.length === 0) return;
    const [answer] = this.#waiting.splice(index % this.#waiting.length, 1);
    answer?.();
  }

  answerAll(): void {
    while (this.#waiting.length > 0) this.answer(0);
  }

  get hasQuestions(): boolean {
    return this.#waiting.length > 0;
  }

  start(scope: Scope): boolean | Promise<boolean> {
    if (scope.type !== 'ROOM') return true;
    if (this.running.has(scope.fullPath)) this.faults.push(`${scope.fullPath} started twice`);
    if (scope.parent?.type === 'ROOM' && !this.running.has(scope.parent.fullPath)) {
      this.faults.push(`${scope.fullPath} started before its parent`);
    }
    return this.#decide((yes) => {
      if (yes) {
        this.running.set(scope.fullPath, scope);
        this.ran.add(scope);
      }
      return yes;
    });
  }

  stop(scope: Scope): void | Promise<void> {
    if (scope.type !== 'ROOM') return undefined;
    if (this.running.get(scope.fullPath) !== scope)
      this.faults.push(`${scope.fullPath} not running`);
    if ((this.members.get(scope.fullPath) ?? 0) > 0)
      this.faults.push(`${scope.fullPath} not empty`);
    for (const path of this.running.keys()) {
      if (path.startsWith(`${scope.fullPath}/`)) this.faults.push(`${path} outlived its parent`);
    }
    const done = this.#decide(() => {
      this.running.delete(scope.fullPath);
      return true;
    });
    return done instanceof Promise ? done.then(() => undefined) : undefined;
  }

  connect(_connection: unknown, scope: Scope): boolean | Promise<boolean> {
    if (scope.type === 'ROOM' && !this.running.has(scope.fullPath)) {
      this.faults.push(`connect to ${scope.fullPath}, which does not run`);
    }
    return this.#decide((yes) => {
      if (yes) this.#count(scope, 1);
      return yes;
    });
  }

  disconnect(_connection: unknown, scope: Scope): void {
    this.#count(scope, -1);
  }

  #count(scope: Scope, by: number): void {
    const count = (this.members.get(scope.fullPath) ?? 0) + by;
    if (count < 0) this.faults.push(`more disconnects than connects in ${scope.fullPath}`);
    this.members.set(scope.fullPath, count);
  }

  #decide(settle: (yes: boolean) => boolean): boolean | Promise<boolean> {
    const { value } = this.#plan.next();
    if (value === undefined || !value.later) return settle(value?.yes ?? true);
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(settle(value.yes)));
    });
  }
}

interface World {
  readonly s: TestServer;
  readonly app: RandomApplication;
  readonly connections: TestConnection[];
  readonly pending: Promise<unknown>[];
  readonly holds: { readonly scope: Scope; readonly letGo: () => void }[];
  /** Rooms taken away by command, which may go although they are held. */
  readonly destroyed: Set<Scope>;
  readonly acquired: SharedObject[];
}

const paths = ['r', 'r/a', 'r/b', 'q'];

type Command =
  | { do: 'join' | 'create' | 'acquire' | 'hold' | 'destroy'; path: string }
  | { do: 'leave' | 'release' | 'letGo' | 'answer'; index: number }
  | { do: 'wait'; ms: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('join' as const), path: fc.constantFrom(...paths) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('leave' as const, 'answer' as const),
      index: fc.nat(9),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('create' as const, 'acquire' as const, 'hold' as const),
      path: fc.constantFrom(...paths),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('release' as const, 'letGo' as const),
      index: fc.nat(9),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('destroy' as const), path: fc.constantFrom(...paths) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 50, 100, 31_000),
    }),
  },
);

async function run(world: World, step: Command): Promise<void> {
  const { s, app, connections, pending, holds, acquired } = world;
  const { application, server } = s;
  switch (step.do) {
    case 'join': {
      const connection = new TestConnection(`chat/${step.path}`);
      connections.push(connection);
      pending.push(server.connect(connection));
      break;
    }
    case 'leave': {
      const [connection] = connections.splice(step.index % Math.max(1, connections.length), 1);
      if (connection !== undefined) pending.push(server.disconnect(connection));
      break;
    }
    case 'create':
      application.createChildScope(step.path);
      break;
    case 'hold': {
      const scope = find(application, step.path);
      if (scope !== undefined) holds.push({ scope, letGo: scope.hold() });
      break;
    }
    case 'letGo':
      holds.splice(step.index % Math.max(1, holds.length), 1)[0]?.letGo();
      break;
    case 'acquire': {
      const scope = find(application, step.path);
      const so = scope && server.sharedObjects.getSharedObject(scope, 'so', false);
      if (so === undefined) break;
      so.acquire();
      acquired.push(so);
      break;
    }
    case 'release':
      acquired.splice(step.index % Math.max(1, acquired.length), 1)[0]?.release();
      break;
    case 'destroy': {
      const scope = find(application, step.path);
      if (scope?.parent === undefined) break;
      world.destroyed.add(scope);
      pending.push(scope.parent.removeChildScope(scope.name));
      break;
    }
    case 'answer':
      app.answer(step.index);
      break;
    case 'wait':
      await s.clock.advance(step.ms);
      break;
  }
  await settle();
}

function find(application: WebScope, path: string): Scope | undefined {
  return path
    .split('/')
    .reduce<Scope | undefined>((scope, name) => scope?.getChildScope(name), application);
}

function wasDestroyed(world: World, scope: Scope): boolean {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    if (world.destroyed.has(at)) return true;
  }
  return false;
}

/** What holds at any time. */
function check(world: World): void {
  assert.deepEqual(world.app.faults, []);
  const { application } = world.s;
  let rooms = 0;
  const visit = (scope: Scope): void => {
    for (const child of scope.children.values()) {
      rooms += 1;
      assert.ok(child.enabled, `${child.fullPath} is ${child.state} and can still be found`);
      visit(child);
    }
  };
  visit(application);
  assert.ok(rooms <= application.roomCount);
  const held = [...world.holds.map((hold) => hold.scope), ...world.acquired.map((so) => so.scope)];
  for (const scope of held) {
    if (!world.app.ran.has(scope) || wasDestroyed(world, scope)) continue;
    assert.ok(scope.enabled, `${scope.fullPath} is held and ${scope.state}`);
  }
  for (const connection of world.connections) {
    if (!world.s.server.connections.has(connection.sessionID)) continue;
    assert.ok(
      connection.scope?.enabled || connection.closings.length > 0,
      'a member of a dead room',
    );
  }
}

describe('the life of rooms', () => {
  it('holds together in any order of join, leave, acquire, release, hold, destroy and slow answers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { maxLength: 40, size: 'max' }),
        fc.array(
          fc.record({ later: fc.boolean(), yes: fc.integer({ min: 0, max: 4 }).map((n) => n > 0) }),
          {
            maxLength: 60,
            size: 'max',
          },
        ),
        async (commands, plan) => {
          const app = new RandomApplication(plan.values());
          const s = await startTestServer({ handler: app });
          const world: World = {
            s,
            app,
            connections: [],
            pending: [],
            holds: [],
            acquired: [],
            destroyed: new Set(),
          };
          for (const step of commands) {
            await run(world, step);
            check(world);
          }
          // Everybody lets go: every room vanishes, and nothing is left anywhere.
          for (const { letGo } of world.holds.splice(0)) letGo();
          for (const so of world.acquired.splice(0)) so.release();
          for (const connection of world.connections)
            world.pending.push(s.server.disconnect(connection));
          for (let turn = 0; turn < 200; turn += 1) {
            app.answerAll();
            await s.clock.advance(31_000);
            if (!app.hasQuestions && s.application.children.size === 0 && app.running.size === 0)
              break;
          }
          await Promise.all(world.pending);
          check(world);
          assert.equal(s.application.children.size, 0);
          assert.deepEqual([...app.running.keys()], []);
          assert.equal(s.application.roomCount, 0);
          assert.equal(s.application.connections.size, 0);
          assert.equal(s.server.connections.size, 0);
          assert.equal(s.server.clients.clients.size, 0);
          assert.equal(
            [...app.members.values()].every((count) => count === 0),
            true,
          );
          assert.equal(s.clock.pending, 0);
          await s[Symbol.asyncDispose]();
        },
      ),
      { numRuns: Number(process.env['ROOM_LIFE_RUNS'] ?? 150) },
    );
  });
});
