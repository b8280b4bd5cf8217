import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ContainerModule } from '../../src/container/index.ts';
import { startServer } from '../../src/startServer.ts';
import { MemoryLogger, shippedConfig } from '../support/serverFiles.ts';
import { TemporaryFolder } from '../support/TemporaryFolder.ts';
import { WebSocketTestClient } from '../support/WebSocketTestClient.ts';
import { problemsOf } from './support.ts';

const samples = join(import.meta.dirname, 'samples/mixed');
const guide = readFileSync(join(import.meta.dirname, '../../docs/guide/bean-files.md'), 'utf8');

/** The files of the sample as they stand in the repository. */
function sampleFiles(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(samples).map((name) => [
      `webapps/mixed/${name}`,
      readFileSync(join(samples, name), 'utf8'),
    ]),
  );
}

/** A server with these files, and clients for its sample. */
async function start(files: Readonly<Record<string, string>>) {
  const folder = await TemporaryFolder.create({
    'conf/red5.yaml': await shippedConfig(),
    ...files,
  });
  const server = await startServer({
    root: folder.path,
    systemProperties: { 'http.port': '0', 'rtmp.port': '0', 'ws.port': '0' },
    logger: new MemoryLogger(),
  });
  const port = server.addresses.find(({ transport }) => transport === 'websocket')?.port;
  return {
    client: () => WebSocketTestClient.open(`ws://127.0.0.1:${port}/mixed/door`),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe('classes that a webapp binds by hand', () => {
  it('are printed in the guide word for word', () => {
    const blocks = guide.matchAll(/^`(webapps\/mixed\/[^`]+)`\n\n```\w+\n(.*?)^```$/gms);
    const printed = Object.fromEntries([...blocks].map(([, name = '', code = '']) => [name, code]));
    assert.deepEqual(printed, sampleFiles());
  });

  const files = sampleFiles();
  const decorated = "bind('guestbook').to(Guestbook).inSingletonScope()";
  const kinds = [
    { name: 'with decorators', binding: decorated },
    { name: 'without decorators', binding: dynamicBinding(guide) },
  ];
  for (const { name, binding } of kinds) {
    it(`get beans of the bean file and are got by its beans, ${name}`, async () => {
      const services = files['webapps/mixed/services.ts'] ?? '';
      assert.ok(services.includes(decorated));
      await using server = await start({
        ...files,
        'webapps/mixed/services.ts': services.replace(decorated, binding),
      });
      await using client = await server.client();
      client.send('ann');
      client.send('bob');
      assert.deepEqual(await client.texts.atLeast(2), [
        'Welcome to The Mill, ann, guest 1',
        'Welcome to The Mill, bob, guest 2',
      ]);
    });
  }

  it('are found by type under `beanType`', async () => {
    const services = (files['webapps/mixed/services.ts'] ?? '')
      .replace('ContainerModule,', 'beanType, ContainerModule,')
      .replace(decorated, `${decorated}; bind(beanType('Guestbook')).toService('guestbook')`);
    const listener = (files['webapps/mixed/DoorListener.ts'] ?? '').replace(
      'guestbook!',
      "static readonly beanInfo = { properties: { guestbook: 'Guestbook' } };\n  guestbook!",
    );
    const beans = (files['webapps/mixed/red5-web.yaml'] ?? '').replace(
      /properties:\n\s+# Bound by hand.\n\s+guestbook: !ref guestbook/,
      'autowire: byType',
    );
    assert.match(beans, /DoorListener.ts\n\s+autowire: byType/);
    await using server = await start({
      ...files,
      'webapps/mixed/services.ts': services,
      'webapps/mixed/DoorListener.ts': listener,
      'webapps/mixed/red5-web.yaml': beans,
    });
    await using client = await server.client();
    client.send('cid');
    assert.deepEqual(await client.texts.atLeast(1), ['Welcome to The Mill, cid, guest 1']);
  });

  it('cannot have the name of a bean of a file', async () => {
    const beans = 'imports: [./services.mjs]\nbeans:\n  house: { class: Plain }\n';
    const services = new ContainerModule(({ bind }) => {
      bind('house').toConstantValue(1);
    });
    const found = await problemsOf(
      { 'red5-web.yaml': beans, 'services.mjs': '' },
      { with: { Plain: class Plain {} }, loadModule: async () => ({ services }) },
    );
    assert.deepEqual(found, ['red5-web.yaml:3:3 BEAN_DUPLICATE']);
  });
});

/** The binding that the guide offers instead of decorators. */
function dynamicBinding(text: string): string {
  const found = /`(bind\('guestbook'\)\.toDynamicValue\(.*)`\./.exec(text)?.[1];
  assert.ok(found !== undefined);
  return found;
}
