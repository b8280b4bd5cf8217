import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DeployServer, versionOf } from './deploySupport.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const start = `
  (globalThis as any).deployVersions.push(new WeakRef(this), new WeakRef(Application), new WeakRef(scope));
  const so = this.getSharedObject(scope, 'state', false)!;
  so.acquire();
  so.addSharedObjectListener({ onSharedObjectUpdate: () => void this.version });
  this.addScheduledJob(10, () => void this.version);
`;

/** Waits until what is over was collected, or for a while; how many versions are left. */
async function aliveAfterCollecting(
  versions: readonly WeakRef<object>[],
  most: number,
): Promise<number> {
  let alive = versions.length;
  for (let end = Date.now() + 15_000; alive > most && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    collect();
    alive = versions.filter((version) => version.deref() !== undefined).length;
  }
  return alive;
}

describe('twenty redeploys under traffic', () => {
  for (const connections of ['close', 'keep', 'handover']) {
    it(`leave nothing of the old versions behind with the policy ${connections}`, async () => {
      const versions: WeakRef<object>[] = [];
      Reflect.set(globalThis, 'deployVersions', versions);
      const words = `connections: ${connections}, graceMs: 0, batchIntervalMs: 0`;
      const scope = `deploymentPolicy: !bean { class: DeploymentPolicy, properties: { ${words} } }`;
      const options = { scope, start, body: "version = 'x';" };
      await using server = await DeployServer.start(versionOf('shop', '0', options));
      const resources = process.getActiveResourcesInfo().length;
      const listeners = process.listenerCount('exit') + process.listenerCount('uncaughtException');
      for (let version = 1; version <= 20; version += 1) {
        await using browser = await server.webSocket('/shop/room');
        await using flash = await server.rtmp('shop/room');
        browser.send('hello');
        await browser.texts.atLeast(1);
        const state = flash.sharedObject('state');
        await state.use();
        state.set('version', version);
        await server.write(versionOf('shop', String(version), options));
        assert.equal((await server.running.redeploy('shop')).ok, true);
      }
      const left = await aliveAfterCollecting(versions, 3);
      // The current version, and the one before it as long as somebody is there.
      assert.ok(left <= 3, `${left} objects of old versions are in memory`);
      assert.equal(versions.length, 3 * 21);
      const after = process.getActiveResourcesInfo().length;
      assert.ok(after <= resources + 3, `${after} handles and timers after, ${resources} before`);
      assert.equal(
        process.listenerCount('exit') + process.listenerCount('uncaughtException'),
        listeners,
      );
    });
  }
});
