import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ApplicationContext,
  type BaseConnection,
  type Connection,
  Context,
  MultiThreadedApplicationAdapter,
  Red5,
  type RemoteCallResult,
  RemoteService,
  remote,
  type Scope,
} from '../../../src/server/index.ts';
import { settle } from '../support/ManualClock.ts';
import { startTestServer } from '../support/testServer.ts';

class Base extends MultiThreadedApplicationAdapter {
  static readonly remoteMethods: readonly string[] = ['inherited', 'appStart', 'createChildScope'];

  inherited(): string {
    return 'from the base class';
  }
}

class Application extends Base {
  static override readonly remoteMethods = [
    'hi',
    'later',
    'fails',
    'all',
    'echo',
    'getSharedObject',
  ];
  secret = 'kept';
  add = remote({ parameters: ['int', 'int'] }, (a: number, b: number): number => a + b);

  hi(name: string): string {
    return `hi ${name}`;
  }

  async later(): Promise<unknown> {
    await settle();
    return Red5.getConnectionLocal()?.sessionID;
  }

  fails(): never {
    throw new Error('outside', { cause: new RangeError('out of range') });
  }

  all(...args: unknown[]): number {
    return args.length;
  }

  echo(value: unknown): unknown {
    return value;
  }

  whoAmI(connection: Connection, greeting: string): string {
    return `${greeting} ${connection.path}`;
  }

  static {
    remote({ connection: true, parameters: ['string'] }, Application.prototype.whoAmI);
  }

  notDeclared(): string {
    return 'never';
  }
}

type Call = (
  service: string | undefined,
  method: string,
  ...args: unknown[]
) => Promise<RemoteCallResult>;

interface World extends AsyncDisposable {
  readonly call: Call;
  readonly connection: BaseConnection;
  readonly lines: string[];
  readonly scope: Scope;
}

async function world(
  handler: MultiThreadedApplicationAdapter,
  beans: Record<string, object> = {},
  path = 'chat',
): Promise<World> {
  const context = new Context();
  context.setApplicationContext({
    getBean: (name: string) => beans[name],
    containsBean: (name: string) => Object.hasOwn(beans, name),
  } as ApplicationContext);
  const s = await startTestServer({
    handler,
    configure: (application) => {
      application.context = context;
    },
  });
  const connection = await s.connect(path);
  return {
    connection,
    lines: s.logger.lines,
    scope: s.application,
    call: (service, method, ...args) =>
      s.server.remoteCalls.invoke(connection, {
        ...(service === undefined ? {} : { service }),
        method,
        args,
      }),
    [Symbol.asyncDispose]: () => s[Symbol.asyncDispose](),
  };
}

async function value(result: Promise<RemoteCallResult>): Promise<unknown> {
  const answer = await result;
  return answer.ok ? answer.value : answer.reason;
}

describe('remote calls', () => {
  it('reach declared methods of the handler, in rooms as well', async () => {
    for (const path of ['chat', 'chat/r']) {
      await using w = await world(new Application(), {}, path);
      assert.equal(await value(w.call(undefined, 'hi', 'bob')), 'hi bob');
      assert.equal(await value(w.call(undefined, 'inherited')), 'from the base class');
      assert.equal(await value(w.call(undefined, 'all', 1, 2, 3)), 3);
      assert.deepEqual(await value(w.call(undefined, 'echo', { x: null })), { x: null });
      assert.equal(await value(w.call(undefined, 'echo')), undefined);
      assert.equal(await value(w.call(undefined, 'whoAmI', 'I am')), `I am ${path}`);
    }
  });

  it('never reach anything else', async () => {
    await using w = await world(new Application());
    const names = [
      ...['notDeclared', 'secret', 'constructor', '__proto__', 'toString', 'hasOwnProperty', 'hi '],
      ...['appStart', 'appStop', 'start', 'connect', 'createChildScope', 'getSharedObject'],
      ...['addScheduledJob', 'rejectClient', 'setScope', 'addListener', '', 'prototype', 'then'],
    ];
    for (const name of names) {
      assert.equal(await value(w.call(undefined, name)), 'METHOD_NOT_FOUND', name);
    }
    assert.ok(w.lines.some((line) => line.includes('"appStart" of Application cannot be exposed')));
    assert.ok(w.lines.some((line) => line.includes('"getSharedObject" of Application')));
  });

  it('reach all methods of the object’s own classes in compatibility mode, and no others', async () => {
    class Old extends MultiThreadedApplicationAdapter {
      one(): number {
        return 1;
      }
      _hidden(): number {
        return 2;
      }
      override appConnect(): boolean {
        return true;
      }
    }
    class Older extends Old {
      two(): number {
        return 2;
      }
    }
    const app = new Older();
    app.remoteMethods = '*';
    await using w = await world(app);
    assert.equal(await value(w.call(undefined, 'one')), 1);
    assert.equal(await value(w.call(undefined, 'two')), 2);
    for (const name of ['_hidden', 'appConnect', 'appStart', 'getChildScope', 'constructor']) {
      assert.equal(await value(w.call(undefined, name)), 'METHOD_NOT_FOUND', name);
    }
  });

  it('reach handlers of the scope first, then beans of that name', async () => {
    class Room {
      readonly where: string;
      static readonly remoteMethods = ['hi'];
      constructor(where: string) {
        this.where = where;
      }
      hi(name: string): string {
        return `${name} in ${this.where}`;
      }
    }
    const wrapped = new RemoteService();
    wrapped.target = { list: (): string[] => ['a'], secret: (): number => 1 };
    wrapped.methods = ['list'];
    const beans = {
      'room.service': new Room('bean'),
      'a.b.service': new Room('deep'),
      'w.service': wrapped,
    };
    await using w = await world(new Application(), beans, 'chat/r');
    assert.equal(await value(w.call('room', 'hi', 'bob')), 'bob in bean');
    assert.equal(await value(w.call('a.b', 'hi', 'bob')), 'bob in deep');
    assert.deepEqual(await value(w.call('w', 'list')), ['a']);
    assert.equal(await value(w.call('w', 'secret')), 'METHOD_NOT_FOUND');
    w.scope.registerServiceHandler('room', new Room('app'));
    assert.equal(await value(w.call('room', 'hi', 'bob')), 'bob in bean');
    w.scope.registerServiceHandler('room', new Room('app'), { inherited: true });
    assert.equal(await value(w.call('room', 'hi', 'bob')), 'bob in app');
    w.connection.scope?.registerServiceHandler('room', new Room('r'));
    assert.equal(await value(w.call('room', 'hi', 'bob')), 'bob in r');
    w.connection.scope?.unregisterServiceHandler('room');
    w.scope.unregisterServiceHandler('room');
    assert.equal(await value(w.call('room', 'hi', 'bob')), 'bob in bean');
    const unknown = await w.call('nope', 'hi');
    assert.deepEqual(unknown, {
      ok: false,
      code: 'NetConnection.Call.Failed',
      reason: 'SERVICE_NOT_FOUND',
      description: 'Service not found: nope',
    });
  });

  it('answer one promise each, while others proceed, and know the caller after an await', async () => {
    await using w = await world(new Application());
    const order: string[] = [];
    await Promise.all([
      value(w.call(undefined, 'later')).then((id) => {
        assert.equal(id, w.connection.sessionID);
        order.push('later');
      }),
      value(w.call(undefined, 'hi', 'x')).then(() => order.push('hi')),
    ]);
    assert.deepEqual(order, ['hi', 'later']);
  });

  it('answer the root cause of what was thrown', async () => {
    await using w = await world(new Application());
    assert.deepEqual(await w.call(undefined, 'fails'), {
      ok: false,
      code: 'NetConnection.Call.Failed',
      reason: 'THREW',
      description: 'out of range',
      application: 'RangeError',
    });
  });

  it('are denied by serviceCall', async () => {
    class Guarded extends Application {
      override async serviceCall(
        _connection: Connection,
        call: { method: string },
      ): Promise<boolean> {
        await settle();
        return call.method !== 'hi';
      }
    }
    await using w = await world(new Guarded());
    assert.equal(await value(w.call(undefined, 'hi', 'x')), 'ACCESS_DENIED');
    assert.equal(await value(w.call(undefined, 'echo', 'x')), 'x');
  });

  it('are bounded per connection, and fail when not connected', async () => {
    const app = new Application();
    let open = (): void => {};
    const wait = new Promise<void>((resolve) => {
      open = resolve;
    });
    Object.assign(app, { slow: remote(() => wait) });
    await using w = await world(app);
    const { remoteCalls } = w.scope.server;
    remoteCalls.maxPendingCalls = 2;
    const calls = [w.call(undefined, 'slow'), w.call(undefined, 'slow'), w.call(undefined, 'slow')];
    assert.equal(await value(calls[2] as Promise<RemoteCallResult>), 'TOO_MANY_CALLS');
    open();
    await Promise.all(calls);
    assert.equal(await value(w.call(undefined, 'hi', 'x')), 'hi x');
    assert.deepEqual(remoteCalls.statistics, { calls: 4, failures: 1 });
    await w.scope.server.disconnect(w.connection);
    assert.equal(await value(w.call(undefined, 'hi', 'x')), 'NOT_CONNECTED');
  });

  it('check arguments with a schema of any library', async () => {
    const app = new Application();
    const schema = {
      '~standard': {
        validate: async (args: unknown) =>
          Array.isArray(args) && args.length === 1
            ? { value: [`${args[0]}!`] }
            : { issues: [{ message: 'one argument, please' }] },
      },
    };
    Object.assign(app, { loud: remote({ schema }, (text: string) => text) });
    await using w = await world(app);
    assert.equal(await value(w.call(undefined, 'loud', 'hey')), 'hey!');
    const refused = await w.call(undefined, 'loud');
    assert.equal(
      !refused.ok && refused.description,
      'Method loud refuses the arguments: one argument, please',
    );
    assert.equal(!refused.ok && refused.reason, 'BAD_ARGUMENTS');
  });
});

describe('arguments', () => {
  const fails = Symbol('fails');
  const date = new Date(5);
  const bytes = Uint8Array.of(1, 2);
  const cases: { types: string[]; args: unknown[]; expected: unknown[] | typeof fails }[] = [
    { types: ['int', 'int'], args: [1.9, '2'], expected: [1, 2] },
    { types: ['int'], args: [-1.9], expected: [-1] },
    { types: ['int'], args: ['1.5'], expected: fails },
    { types: ['int'], args: ['abc'], expected: fails },
    { types: ['int'], args: [null], expected: fails },
    { types: ['int'], args: [2 ** 31], expected: fails },
    { types: ['int'], args: [true], expected: [1] },
    { types: ['int'], args: [Number.NaN], expected: [Number.NaN] },
    { types: ['long'], args: [2 ** 31], expected: [2 ** 31] },
    { types: ['double'], args: ['1.5'], expected: [1.5] },
    { types: ['number'], args: [''], expected: fails },
    { types: ['number'], args: [{}], expected: fails },
    { types: ['string'], args: [1], expected: ['1'] },
    { types: ['string'], args: [false], expected: ['false'] },
    { types: ['string'], args: [null], expected: fails },
    { types: ['string'], args: [{}], expected: fails },
    {
      types: ['boolean', 'boolean', 'boolean'],
      args: ['TRUE', 'yes', 1.5],
      expected: [true, false, true],
    },
    { types: ['boolean'], args: [2], expected: [false] },
    { types: ['boolean'], args: [[]], expected: fails },
    { types: ['date', 'date'], args: [date, 5], expected: [date, date] },
    { types: ['date'], args: ['x'], expected: fails },
    { types: ['list'], args: [[1]], expected: [[1]] },
    { types: ['list'], args: [new Set([1])], expected: [[1]] },
    { types: ['list'], args: [bytes], expected: [[1, 2]] },
    { types: ['list'], args: [{ 0: 'a', 1: 'b' }], expected: [['a', 'b']] },
    { types: ['list'], args: [{ a: 1 }], expected: fails },
    { types: ['map'], args: [{ a: 1 }], expected: [{ a: 1 }] },
    { types: ['map'], args: [new Map([['a', 1]])], expected: [{ a: 1 }] },
    { types: ['map'], args: [[1]], expected: fails },
    { types: ['bytes'], args: [bytes], expected: [bytes] },
    { types: ['bytes'], args: ['x'], expected: fails },
    { types: ['any'], args: [null], expected: [null] },
    { types: [], args: [], expected: [] },
    { types: [], args: [1], expected: fails },
    { types: ['any', 'any'], args: [1], expected: fails },
    { types: ['int', 'int?'], args: [1], expected: [1, undefined] },
    { types: ['int', 'int?'], args: [1, null], expected: [1, null] },
    { types: ['int', 'int?'], args: [1, 'x'], expected: fails },
    { types: ['string', '...int'], args: ['a', 1, '2', 3.5], expected: ['a', 1, 2, 3] },
    { types: ['...any'], args: [], expected: [] },
    { types: ['color'], args: ['red'], expected: fails },
  ];
  for (const { types, args, expected } of cases) {
    const outcome = expected === fails ? 'refused' : 'converted';
    it(`(${types.join(', ')}) are ${outcome} when given ${JSON.stringify(args)}`, async () => {
      const app = new Application();
      Object.assign(app, { take: remote({ parameters: types }, (...taken: unknown[]) => taken) });
      await using w = await world(app);
      const result = await w.call(undefined, 'take', ...args);
      if (expected === fails) assert.equal(!result.ok && result.reason, 'BAD_ARGUMENTS');
      else assert.deepEqual(result, { ok: true, value: expected });
    });
  }
});
