import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, it } from 'node:test';
import { UpgradeRefused } from '../support/WebSocketTestClient.ts';
import { DeployServer, versionOf } from './deploySupport.ts';

/** A webapp in a folder of its own, with the context path and hosts of its choice. */
function webapp(name: string, contextPath: string, hosts: string): Record<string, string> {
  const files = versionOf(name, name, { scope: `virtualHosts: ${hosts}` });
  const file = `webapps/${name}/red5-web.yaml`;
  const beans = files[file] ?? '';
  return { ...files, [file]: beans.replace(/contextPath: .*/, `contextPath: ${contextPath}`) };
}

/** `fetch` sets the Host header itself. */
function title(server: DeployServer, pathname: string, host: string): Promise<string | number> {
  return new Promise((resolve, reject) => {
    const options = { port: server.port('http'), host: '127.0.0.1', path: pathname };
    request({ ...options, headers: { host } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        const found = /<title>([^<]*)/.exec(text)?.[1] ?? '';
        resolve(response.statusCode === 200 ? found : (response.statusCode ?? 0));
      });
    })
      .on('error', reject)
      .end();
  });
}

const places = [
  { host: 'a.example', finds: 'a' },
  { host: 'A.Example:5080', finds: 'a' },
  { host: 'b.example', finds: 'b' },
  { host: 'deep.b.example', finds: 'below-b' },
  { host: 'very.deep.b.example', finds: 'below-b' },
  { host: 'other.example', finds: 'rest' },
];

describe('virtual hosts', () => {
  it('are announced with an address only where this machine has one', async () => {
    await using server = await DeployServer.start({
      ...webapp('a', '/named', 'a.example'),
      ...webapp('rest', '/chat', '"*"'),
    });
    const announced = server.logger.lines.filter((line) => line.includes(' runs at '));
    assert.match(announced.join('\n'), /webapp "a" runs at \/named \(\d+ ms\)$/m);
    assert.match(announced.join('\n'), /webapp "rest" runs at \/chat .*: http:\/\/\S+\/chat\/$/m);
  });

  it('lead to webapps of the same context path, by HTTP, WebSocket and RTMP', async () => {
    await using server = await DeployServer.start({
      ...webapp('a', '/chat', 'a.example:5080'),
      ...webapp('b', '/chat', 'b.example'),
      ...webapp('below-b', '/chat', '"*.b.example"'),
      ...webapp('rest', '/chat', '"*"'),
    });
    for (const { host, finds } of places) {
      assert.equal(await title(server, '/chat/', host), finds, host);
      await using browser = await server.webSocket('/chat', host);
      browser.send('hello');
      assert.deepEqual(await browser.texts.atLeast(1), [`${finds} hello`], host);
      await using flash = await server.rtmp('chat', host.replace(/:\d+$/, ''));
      assert.deepEqual((await flash.call('whichVersion')).args, [finds], host);
    }
  });

  it('refuse a host that no webapp answers to', async () => {
    await using server = await DeployServer.start(webapp('a', '/chat', 'a.example, c.example'));
    assert.equal(await title(server, '/chat/', 'b.example'), 404);
    assert.equal(await title(server, '/chat/', 'c.example'), 'a');
    await assert.rejects(server.webSocket('/chat', 'b.example'), (error) => {
      assert.ok(error instanceof UpgradeRefused);
      assert.equal(error.status, 404);
      return true;
    });
    await assert.rejects(server.rtmp('chat', 'b.example'), /NetConnection\.Connect\.InvalidApp/);
  });

  it('let the root webapp take what no other has, on its hosts', async () => {
    await using server = await DeployServer.start({
      ...webapp('home', '/', 'a.example'),
      ...webapp('shop', '/shop', '"*"'),
    });
    assert.equal(await title(server, '/', 'a.example'), 'home');
    assert.equal(await title(server, '/shop/', 'a.example'), 'shop');
    await using room = await server.rtmp('somewhere', 'a.example');
    assert.deepEqual((await room.call('whichVersion')).args, ['home']);
    await assert.rejects(server.rtmp('somewhere', 'b.example'), /InvalidApp/);
  });

  it('keep apart what is redeployed on one of them', async () => {
    await using server = await DeployServer.start({
      ...webapp('a', '/chat', 'a.example'),
      ...webapp('b', '/chat', 'b.example'),
    });
    await using other = await server.webSocket('/chat/room', 'b.example');
    assert.equal((await server.running.redeploy('a')).ok, true);
    await server.running.undeploy('a');
    await using next = await server.webSocket('/chat/room', 'b.example');
    for (const client of [other, next]) {
      client.send('hello');
      assert.deepEqual(await client.texts.atLeast(1), ['b hello']);
    }
    assert.equal(await title(server, '/chat/', 'a.example'), 404);
  });

  it('may not be taken twice for one context path', async () => {
    await using server = await DeployServer.start(webapp('a', '/chat', 'a.example'));
    await server.write(webapp('c', '/chat', 'c.example, a.example'));
    const report = await server.deploy('c');
    assert.equal(report.ok, false);
    assert.match(report.problems[0] ?? '', /context path "\/chat" belongs to another application/);
  });
});
