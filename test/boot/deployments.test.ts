import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { DeployServer, versionOf } from './deploySupport.ts';

describe('RunningServer', () => {
  it('deploys a webapp that was added while it runs', async () => {
    await using server = await DeployServer.start();
    await server.write(versionOf('shop', 'one'));
    const report = await server.deploy('shop');
    assert.deepEqual(report, { name: 'shop', ok: true, generation: 1, problems: [] });
    assert.equal(await server.page('/shop/'), 'one');
    const [deployment] = server.running.deployments;
    assert.equal(deployment?.state, 'running');
    assert.deepEqual(deployment.contextPaths, ['/shop']);
    assert.ok((deployment.startedAt ?? 0) > Date.now() - 10_000);
  });

  it('redeploys a webapp whose folder has changed', async () => {
    await using server = await DeployServer.start(versionOf('shop', 'one'));
    await server.write(versionOf('shop', 'two'));
    const report = await server.running.redeploy('shop');
    assert.deepEqual(report, { name: 'shop', ok: true, generation: 2, problems: [] });
    assert.equal(await server.page('/shop/'), 'two');
  });

  it('undeploys a webapp and forgets it', async () => {
    await using server = await DeployServer.start(versionOf('shop', 'one'));
    const report = await server.running.undeploy('shop');
    assert.deepEqual(report, { name: 'shop', ok: true, generation: 0, problems: [] });
    assert.deepEqual(server.notes, ['start one', 'stop one']);
    assert.deepEqual(server.running.deployments, []);
    assert.equal(await server.page('/shop/'), 404);
  });

  it('says which webapp it does not have', async () => {
    await using server = await DeployServer.start();
    for (const report of [
      await server.running.undeploy('shop'),
      await server.running.redeploy('shop'),
    ]) {
      assert.deepEqual(report.ok, false);
      assert.match(report.problems[0] ?? '', /no webapp "shop"/);
    }
  });

  it('refuses a folder without bean files and keeps what runs', async () => {
    await using server = await DeployServer.start(versionOf('shop', 'one'));
    await rm(server.file('webapps/shop/red5-web.yaml'));
    const report = await server.running.redeploy('shop');
    assert.equal(report.ok, false);
    assert.match(report.problems[0] ?? '', /webapps\/shop/);
    assert.equal(await server.page('/shop/'), 'one');
    assert.deepEqual(server.notes, ['start one']);
  });

  it('does what is asked of one webapp in the order of asking', async () => {
    await using server = await DeployServer.start(versionOf('shop', 'one'));
    const reports = await Promise.all([
      server.running.redeploy('shop'),
      server.running.undeploy('shop'),
      server.deploy('shop'),
    ]);
    assert.deepEqual(
      reports.map(({ ok }) => ok),
      [true, true, true],
    );
    assert.equal(server.running.deployments[0]?.state, 'running');
  });

  it('refuses to deploy once it stops', async () => {
    await using server = await DeployServer.start(versionOf('shop', 'one'));
    const stopping = server.running.stop();
    const report = await server.running.redeploy('shop');
    assert.equal(report.ok, false);
    await stopping;
    assert.deepEqual(server.notes, ['start one', 'stop one']);
  });
});
