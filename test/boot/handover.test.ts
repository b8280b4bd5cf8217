import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DeployServer, type VersionOptions, versionOf } from './deploySupport.ts';

const policy = (words: string) =>
  `deploymentPolicy: !bean { class: DeploymentPolicy, properties: { ${words} } }`;
const handover = policy('connections: handover');
const keep = policy('connections: keep');

/** Notes what clients do in its rooms, which every version hears of anew. */
const noting = `
  override roomJoin(client: any, room: any): boolean {
    notes.push(version + ' join ' + room.name);
    return true;
  }
  override roomLeave(client: any, room: any): void {
    notes.push(version + ' leave ' + room.name);
  }`;

/** Hands over a state, and takes it. */
const withState = `
  ${noting}
  words: string[] = [];
  appSuspend(): unknown {
    return { words: [...this.words, version] };
  }
  appResume(scope: any, handover: any): void {
    this.words = handover.state?.words ?? [];
    notes.push(version + ' resumes ' + this.words + ' with ' +
      handover.connections.map((one: any) => one.type + ' ' + one.scope.fullPath + ' ' + (one.scope.application === scope)).sort());
  }`;

async function redeploy(server: DeployServer, version: string, options: VersionOptions) {
  await server.write(versionOf('shop', version, options));
  const report = await server.running.redeploy('shop');
  assert.deepEqual(report.problems, []);
}

describe('shared objects at a redeploy', () => {
  for (const persistent of [false, true]) {
    it(`keep ${persistent ? 'persistent' : 'passing'} attributes and go on between clients of both versions`, async () => {
      await using server = await DeployServer.start();
      const stored = `store: !bean { class: LMDBStore, constructor-args: ['${server.file('stored')}'] }`;
      const options = { scope: persistent ? `${keep}\n${stored}` : keep };
      await server.write(versionOf('shop', 'one', options));
      await server.deploy('shop');
      await using old = await server.rtmp('shop/room');
      const before = old.sharedObject('state', persistent);
      await before.use();
      before.set('colour', 'red');
      await before.batches.atLeast(2);
      await redeploy(server, 'two', options);
      await using young = await server.rtmp('shop/room');
      const after = young.sharedObject('state', persistent);
      const first = await after.use();
      assert.ok(first.version >= 2);
      assert.deepEqual(after.changesOf('colour'), ['red']);
      after.set('colour', 'green');
      await before.changed('colour', 'green');
      before.set('size', 7);
      await after.changed('size', 7);
      await old.close();
      await server.noted('stop one');
      const { length } = after.batches.items;
      after.set('size', 8);
      await after.batches.atLeast(length + 1);
      if (!persistent) return;
      // What came last is what is stored.
      await server.running.undeploy('shop');
      await server.deploy('shop');
      await using again = await server.rtmp('shop/room');
      const state = again.sharedObject('state', true);
      await state.use();
      assert.deepEqual(state.changesOf('size'), [8]);
      assert.deepEqual(state.changesOf('colour'), ['green']);
    });
  }

  it('let what the new version set in its appStart count, and tell it to those who stayed', async () => {
    await using server = await DeployServer.start(versionOf('shop', 'one', { scope: keep }));
    await using old = await server.rtmp('shop');
    const state = old.sharedObject('state');
    await state.use();
    state.setAll({ version: 'one', colour: 'red' });
    await state.batches.atLeast(2);
    const start = "this.getSharedObject(scope, 'state', false)!.setAttribute('version', version);";
    await redeploy(server, 'two', { scope: keep, start });
    await state.changed('version', 'two');
    await using young = await server.rtmp('shop');
    const same = young.sharedObject('state');
    await same.use();
    assert.deepEqual(same.changesOf('version'), ['two']);
    assert.deepEqual(same.changesOf('colour'), ['red']);
    state.set('colour', 'blue');
    await same.changed('colour', 'blue');
  });

  it('lose the listeners of the old version with it', async () => {
    const start = `
      const so = this.getSharedObject(scope, 'state', false)!;
      so.acquire();
      so.addSharedObjectListener({ onSharedObjectUpdate: (_so: any, key: string) => void notes.push(version + ' hears ' + key) });`;
    await using server = await DeployServer.start(
      versionOf('shop', 'one', { scope: handover, start }),
    );
    await redeploy(server, 'two', { scope: handover });
    await using client = await server.rtmp('shop');
    const state = client.sharedObject('state');
    await state.use();
    state.set('colour', 'red');
    await state.batches.atLeast(2);
    assert.deepEqual(server.notes, ['start one', 'start two', 'stop one']);
  });
});

describe('a handover', () => {
  it('gives the connections to the new version, which they join as if they had just come', async () => {
    const options = { scope: handover, body: noting };
    await using server = await DeployServer.start(versionOf('shop', 'one', options));
    await using browser = await server.webSocket('/shop/room');
    await using flash = await server.rtmp('shop/room');
    const state = flash.sharedObject('state');
    await state.use();
    state.set('colour', 'red');
    await state.batches.atLeast(2);
    await redeploy(server, 'two', options);
    browser.send('hello');
    assert.deepEqual(await browser.texts.atLeast(1), ['two hello']);
    assert.deepEqual((await flash.call('whichVersion')).args, ['two']);
    await using other = await server.rtmp('shop/room');
    const same = other.sharedObject('state');
    await same.use();
    assert.deepEqual(same.changesOf('colour'), ['red']);
    same.set('colour', 'green');
    await state.changed('colour', 'green');
    assert.deepEqual(server.notes, [
      'start one',
      'one join room',
      'one join room',
      'start two',
      'one leave room',
      'one leave room',
      'stop one',
      'two join room',
      'two join room',
      'two join room',
    ]);
    assert.equal(server.running.deployments[0]?.connections, 3);
    await browser.close();
    await flash.close();
    await other.close();
    for (let end = Date.now() + 5000; server.notes.length < 13 && Date.now() < end; )
      await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(server.notes.slice(10), Array(3).fill('two leave room'));
    assert.equal(server.running.deployments[0]?.connections, 0);
  });

  it('tells a version with appResume once, with the state of the old one, and nobody leaves or joins', async () => {
    const options = { scope: handover, body: withState };
    await using server = await DeployServer.start(versionOf('shop', 'one', options));
    await using browser = await server.webSocket('/shop/room');
    await using flash = await server.rtmp('shop');
    await redeploy(server, 'two', options);
    await redeploy(server, 'three', options);
    browser.send('hello');
    assert.deepEqual(await browser.texts.atLeast(1), ['three hello']);
    assert.deepEqual((await flash.call('whichVersion')).args, ['three']);
    const who = 'rtmp /shop true,websocket /shop/room true';
    assert.deepEqual(server.notes, [
      'start one',
      'one join room',
      'start two',
      'stop one',
      `two resumes one with ${who}`,
      'start three',
      'stop two',
      `three resumes one,two with ${who}`,
    ]);
  });

  it('loses nothing of what clients send meanwhile, and lets new ones wait', async () => {
    let open = (): void => {};
    Reflect.set(
      globalThis,
      'deployGate',
      new Promise<void>((resolve) => {
        open = resolve;
      }),
    );
    const body = `
      async appSuspend(): Promise<void> {
        notes.push('suspending');
        await (globalThis as any).deployGate;
      }`;
    await using server = await DeployServer.start(
      versionOf('shop', 'one', { scope: handover, body }),
    );
    await using browser = await server.webSocket('/shop');
    await using flash = await server.rtmp('shop');
    await server.write(versionOf('shop', 'two', { scope: handover }));
    const redeploying = server.running.redeploy('shop');
    await server.noted('suspending');
    for (let index = 0; index < 50; index += 1) browser.send(String(index));
    const answers = Array.from({ length: 50 }, () => flash.call('whichVersion'));
    open();
    await redeploying;
    const texts = await browser.texts.atLeast(50);
    assert.deepEqual(
      texts,
      Array.from({ length: 50 }, (_, index) => `two ${index}`),
    );
    for (const { args } of await Promise.all(answers)) assert.deepEqual(args, ['two']);
  });

  it('closes those whom the new version does not want', async () => {
    await using server = await DeployServer.start(versionOf('shop', 'one', { scope: handover }));
    await using browser = await server.webSocket('/shop/room');
    await using other = await server.webSocket('/shop/hall');
    const body =
      "override roomConnect(connection: any): boolean { return connection.scope.name !== 'room'; }";
    await redeploy(server, 'two', { scope: handover, body });
    assert.equal((await browser.closed).code, 1001);
    other.send('hello');
    assert.deepEqual(await other.texts.atLeast(1), ['two hello']);
    assert.equal(server.running.deployments[0]?.connections, 1);
  });

  it('goes on when callbacks fail or never end', async () => {
    const scope = policy('connections: handover, handoverTimeoutMs: 50');
    const body = `
      appSuspend(): unknown { return { state: () => {} }; }
      async appResume(): Promise<void> { await new Promise(() => {}); }`;
    await using server = await DeployServer.start(versionOf('shop', 'one', { scope, body }));
    await using browser = await server.webSocket('/shop');
    await redeploy(server, 'two', { scope, body });
    browser.send('hello');
    assert.deepEqual(await browser.texts.atLeast(1), ['two hello']);
    const errors = server.logger.lines.filter((line) => line.startsWith('error'));
    assert.match(errors[0] ?? '', /appSuspend failed/);
    assert.match(errors[1] ?? '', /appResume has not ended within 50 ms/);
  });

  it('lets go a client that leaves meanwhile, with its callbacks in the new version', async () => {
    const body = `
      ${noting}
      override async appStop(): Promise<void> { notes.push('stopping'); await (globalThis as any).deployGate; }`;
    let open = (): void => {};
    Reflect.set(
      globalThis,
      'deployGate',
      new Promise<void>((resolve) => {
        open = resolve;
      }),
    );
    await using server = await DeployServer.start(
      versionOf('shop', 'one', { scope: handover, body }),
    );
    await using browser = await server.webSocket('/shop/room');
    await server.write(versionOf('shop', 'two', { scope: handover, body: noting }));
    const redeploying = server.running.redeploy('shop');
    await server.noted('stopping');
    browser.destroy();
    await browser.closed;
    open();
    await redeploying;
    for (let end = Date.now() + 5000; server.running.deployments[0]?.connections !== 0; ) {
      assert.ok(Date.now() < end);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const joins = server.notes.filter((note) => note.startsWith('two join')).length;
    const leaves = server.notes.filter((note) => note.startsWith('two leave')).length;
    assert.equal(joins, leaves);
  });

  it('keeps the attributes of scopes that the policy names', async () => {
    const scope = policy('connections: handover, keptAttributes: [count]');
    const body = `
      static override readonly remoteMethods = { whichVersion: true, read: { connection: true } } as any;
      read(connection: any): unknown {
        const { scope } = connection;
        return [scope.getAttribute('count') ?? null, scope.getAttribute('other') ?? null];
      }
      override roomStart(room: any): boolean {
        if (version === 'one') { room.setAttribute('count', 5); room.setAttribute('other', 6); }
        return true;
      }`.replace('static override', 'static');
    const files = (version: string) => {
      const all = versionOf('shop', version, { scope, body });
      const name = 'webapps/shop/Application.ts';
      const line = '  static readonly remoteMethods = { whichVersion: true };\n';
      return { ...all, [name]: (all[name] ?? '').replace(line, '') };
    };
    await using server = await DeployServer.start(files('one'));
    await using flash = await server.rtmp('shop/room');
    assert.deepEqual((await flash.call('read')).args, [[5, 6]]);
    await server.write(files('two'));
    await server.running.redeploy('shop');
    assert.deepEqual((await flash.call('whichVersion')).args, ['two']);
    assert.deepEqual((await flash.call('read')).args, [[5, null]]);
  });
});
