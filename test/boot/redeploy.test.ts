import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { DeployServer, versionOf } from './deploySupport.ts';

const keep =
  'deploymentPolicy: !bean { class: DeploymentPolicy, properties: { connections: keep } }';
const quick =
  'deploymentPolicy: !bean { class: DeploymentPolicy, properties: { startTimeoutMs: 100, graceMs: 0 } }';

describe('a redeploy', () => {
  it('starts the new version before the old one gets no more clients, and stops that afterwards', async () => {
    await using server = await DeployServer.start(versionOf('shop', 'one'));
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    Reflect.set(globalThis, 'deployGate', gate);
    await server.write(
      versionOf('shop', 'two', { start: 'await (globalThis as any).deployGate;' }),
    );
    const redeploying = server.running.redeploy('shop');
    await server.noted('start two');
    await using early = await server.rtmp('shop');
    assert.deepEqual((await early.call('whichVersion')).args, ['one']);
    open();
    await redeploying;
    await using late = await server.rtmp('shop');
    assert.deepEqual((await late.call('whichVersion')).args, ['two']);
    await server.noted('stop one');
    assert.deepEqual(server.notes, ['start one', 'start two', 'stop one']);
  });

  it('tells clients of the old version to come again: 1001, NetConnection.Connect.AppShutdown', async () => {
    await using server = await DeployServer.start(versionOf('shop', 'one', { scope: quick }));
    await using browser = await server.webSocket('/shop/room');
    await using flash = await server.rtmp('shop/room');
    await server.write(versionOf('shop', 'two', { scope: quick }));
    assert.equal((await server.running.redeploy('shop')).ok, true);
    assert.equal((await browser.closed).code, 1001);
    const status = await flash.commands.first(({ name }) => name === 'onStatus');
    assert.equal((status.args[0] as { code?: string }).code, 'NetConnection.Connect.AppShutdown');
    await flash.closed;
    await using again = await server.webSocket('/shop/room');
    again.send('hello');
    assert.deepEqual(await again.texts.atLeast(1), ['two hello']);
  });

  it('keeps clients with the old version until they leave, when the policy says so', async () => {
    await using server = await DeployServer.start(versionOf('shop', 'one', { scope: keep }));
    await using old = await server.webSocket('/shop/room');
    await server.write(versionOf('shop', 'two', { scope: keep }));
    await server.running.redeploy('shop');
    await using young = await server.webSocket('/shop/room');
    for (const client of [old, young]) client.send('hello');
    assert.deepEqual(await old.texts.atLeast(1), ['one hello']);
    assert.deepEqual(await young.texts.atLeast(1), ['two hello']);
    assert.equal(server.running.deployments[0]?.connections, 2);
    assert.deepEqual(server.notes, ['start one', 'start two']);
    await old.close();
    await server.noted('stop one');
  });

  it('closes kept clients after their time', async () => {
    const short = keep.replace('keep }', 'keep, keepMs: 50 }');
    await using server = await DeployServer.start(versionOf('shop', 'one'));
    await using old = await server.webSocket('/shop');
    await server.write(versionOf('shop', 'two', { scope: short }));
    await server.running.redeploy('shop');
    assert.equal((await old.closed).code, 1001);
    await server.noted('stop one');
  });

  const failures = [
    {
      name: 'a bean file is wrong',
      change: { beans: '  more:\n    class: Nothing\n' },
      problem: /^webapps\/shop\/red5-web\.yaml:\d+:\d+ CLASS_NOT_FOUND/,
    },
    {
      name: 'its code does not parse',
      change: { body: 'oops(: void {' },
      problem: /^webapps\/shop\/red5-web\.yaml:\d+:\d+ \w+ [\s\S]*Application\.ts:\d+/,
    },
    {
      name: 'a constructor throws',
      change: { body: "constructor() { super(); throw new Error('no tea'); }" },
      problem: /^webapps\/shop\/\S+:\d+:\d+ [\s\S]*no tea/,
    },
    {
      name: 'appStart says no',
      change: { start: 'return false;' },
      problem: /^webapps\/shop\/red5-web\.yaml:\d+:\d+ [\s\S]*returned false/,
    },
    {
      name: 'appStart throws',
      change: { start: "throw new Error('no milk');" },
      problem: /^webapps\/shop\/Application\.ts:12:11 [\s\S]*no milk/,
    },
    {
      name: 'appStart never ends',
      change: { start: 'await new Promise(() => {});', scope: quick },
      problem: /appStart of "shop" has not ended within 100 ms/,
    },
  ];
  for (const { name, change, problem } of failures) {
    it(`leaves the old version as it is when ${name}`, async () => {
      await using server = await DeployServer.start(versionOf('shop', 'one'));
      await using browser = await server.webSocket('/shop/room');
      await server.write(versionOf('shop', 'two', change));
      const report = await server.running.redeploy('shop');
      assert.equal(report.ok, false);
      assert.equal(report.generation, 1);
      assert.match(report.problems[0] ?? '', problem);
      const [deployment] = server.running.deployments;
      assert.equal(deployment?.state, 'running');
      assert.deepEqual(deployment.problems, report.problems);
      assert.ok(server.logger.lines.some((line) => line.includes('"shop" was not replaced')));
      browser.send('hello');
      assert.deepEqual(await browser.texts.atLeast(1), ['one hello']);
      await using another = await server.rtmp('shop');
      assert.deepEqual((await another.call('whichVersion')).args, ['one']);
      assert.ok(!server.notes.includes('stop one'));
      // And what failed can be repaired.
      await server.write(versionOf('shop', 'three'));
      assert.equal((await server.running.redeploy('shop')).ok, true);
      await using third = await server.rtmp('shop');
      assert.deepEqual((await third.call('whichVersion')).args, ['three']);
    });
  }

  it('moves a webapp to another context path', async () => {
    await using server = await DeployServer.start(versionOf('shop', 'one'));
    const files = versionOf('shop', 'two');
    const beans = files['webapps/shop/red5-web.yaml'] ?? '';
    await server.write({
      ...files,
      'webapps/shop/red5-web.yaml': beans.replace('contextPath: /shop', 'contextPath: /store'),
    });
    await server.running.redeploy('shop');
    assert.equal(await server.page('/shop/'), 404);
    assert.equal(await server.page('/store/'), 'two');
    await server.noted('stop one');
  });

  it('refuses the context path of another webapp, and keeps the old version', async () => {
    await using server = await DeployServer.start({
      ...versionOf('shop', 'one'),
      ...versionOf('bank', 'bank'),
    });
    const beans = versionOf('shop', 'two')['webapps/shop/red5-web.yaml'] ?? '';
    await writeFile(
      server.file('webapps/shop/red5-web.yaml'),
      beans.replace('contextPath: /shop', 'contextPath: /bank'),
    );
    const report = await server.running.redeploy('shop');
    assert.match(report.problems[0] ?? '', /CONTEXT_PATH_TAKEN|belongs to another/);
    assert.equal(await server.page('/shop/'), 'one');
  });

  it('stops at once, with all versions there are, when the webapp is undeployed', async () => {
    await using server = await DeployServer.start(versionOf('shop', 'one', { scope: keep }));
    await using old = await server.webSocket('/shop');
    await server.write(versionOf('shop', 'two', { scope: keep }));
    await server.running.redeploy('shop');
    await using young = await server.webSocket('/shop');
    await server.running.undeploy('shop');
    assert.equal((await old.closed).code, 1001);
    assert.equal((await young.closed).code, 1001);
    assert.deepEqual(server.notes.slice(2).sort(), ['stop one', 'stop two']);
  });
});
