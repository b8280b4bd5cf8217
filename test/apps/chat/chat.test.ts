import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Context, Server, WebScope, WebSocketPlugin, WebSocketScope } from 'red5-node';
import { Application, Router, WebSocketChatDataListener } from '../../../src/apps/chat/index.ts';
import { createLogger } from '../../../src/base/index.ts';
import { RTMPHandler, RTMPPlugin } from '../../../src/plugins/rtmp/index.ts';
import { TCPTransport } from '../../../src/server/index.ts';
import { RTMPTestClient } from '../../support/rtmp/RTMPTestClient.ts';
import { WebSocketTestClient } from '../../support/WebSocketTestClient.ts';

// The beans are plain classes: here they are made with `new` and put together by hand, as the bean file does it.
describe('the chat application', () => {
  it('carries each line once to everybody in its room, whoever says it', async () => {
    await using chat = await Chat.start('/chat');
    await using ann = await chat.webSocket('/chat/room1');
    await using bob = await chat.webSocket('/chat/room1');
    await using other = await chat.webSocket('/chat/room2');
    await using lobby = await chat.webSocket('/chat');
    await using rtmp = await chat.rtmp('chat/room1');

    ann.send('from a browser');
    await rtmp.sharedObject('chat').changed('message', 'from a browser');
    rtmp.sharedObject('chat').set('message', 'from RTMP');
    rtmp.sharedObject('chat').set('message', 'from RTMP');
    await bob.texts.atLeast(3);
    bob.send('end');
    await ann.texts.atLeast(4);
    other.send('elsewhere');
    await other.texts.atLeast(1);
    lobby.send('in the lobby');
    await lobby.texts.atLeast(1);

    const wanted = ['from a browser', 'from RTMP', 'from RTMP', 'end'];
    assert.deepEqual(ann.texts.items, wanted);
    assert.deepEqual(bob.texts.items, wanted);
    assert.deepEqual(other.texts.items, ['elsewhere']);
    assert.deepEqual(lobby.texts.items, ['in the lobby']);
    assert.deepEqual(rtmp.sharedObject('chat').changesOf('message'), ['from a browser', 'end']);
  });

  it('releases a room’s shared object with the last user, so that the room goes', async () => {
    await using chat = await Chat.start('/chat');
    const ann = await chat.webSocket('/chat/room1');
    const rtmp = await chat.rtmp('chat/room1');
    const room = chat.scope.getChildScope('room1');
    const so = room && chat.application.getSharedObject(room, 'chat');
    assert.equal(so?.isAcquired, true);
    await rtmp.close();
    ann.send('still acquired');
    await ann.texts.atLeast(1);
    assert.equal(so.isAcquired, true);
    await ann.close();
    await until(() => chat.scope.getChildScope('room1') === undefined);
    assert.equal(so.isAcquired, false);
  });

  it('leaves nothing acquired, however clients come and go', async () => {
    await using chat = await Chat.start('/chat');
    await Promise.all(
      Array.from({ length: 30 }, async (_, number) => {
        const path = ['chat/a', 'chat/b', 'chat/a/inner'][number % 3] ?? '';
        const client = number % 2 === 0 ? await chat.webSocket(`/${path}`) : await chat.rtmp(path);
        client.destroy();
        await client.closed;
      }),
    );
    await until(() => chat.scope.children.size === 0);
    await until(() => !chat.application.getSharedObject(chat.scope, 'chat')?.isAcquired);
  });

  it('makes the scope of a path that code routes to, and keeps nothing when nobody is there', async () => {
    await using chat = await Chat.start('/chat');
    chat.server.run(() => chat.router.route('/chat/made/here', 'hello'));
    const made = chat.scope.getChildScope('made')?.getChildScope('here');
    assert.equal(made?.fullPath, '/chat/made/here');
    assert.equal(chat.application.getSharedObject(made, 'chat')?.isAcquired ?? false, false);
    chat.server.run(() => chat.router.route('/chat/no*name', 'hello'));
    assert.deepEqual(chat.scope.getScopeNames(), ['made']);
  });

  it('works under any context path', async () => {
    for (const contextPath of ['/', '/a/b']) {
      const path = contextPath === '/' ? '' : contextPath;
      await using chat = await Chat.start(contextPath);
      await using one = await chat.webSocket(`${path}/room1`);
      await using rtmp = await chat.rtmp(`${path}/room1`.slice(1));
      one.send('hello');
      await rtmp.sharedObject('chat').changed('message', 'hello');
      assert.deepEqual(await one.texts.atLeast(1), ['hello']);
    }
  });

  it('tells browsers of lines that code on the server sets, alone or with other keys', async () => {
    await using chat = await Chat.start('/chat');
    await using ann = await chat.webSocket('/chat/room1');
    const room = chat.scope.getChildScope('room1');
    const so = room && chat.application.getSharedObject(room, 'chat');
    chat.server.run(() => {
      so?.setAttribute('message', 'one');
      so?.setAttributes({ message: 'two', mood: 'good' });
      so?.setAttributes({ mood: 'better' });
      so?.setAttribute('message', 'end');
    });
    await ann.texts.first((text) => text === 'end');
    assert.deepEqual(ann.texts.items, ['one', 'two', 'end']);
  });
});

/** A server with the chat alone, put together by hand. */
class Chat implements AsyncDisposable {
  readonly server = new Server();
  readonly scope = new WebScope();
  readonly application = new Application();
  readonly router = new Router();
  readonly #rtmpPlugin = new RTMPPlugin();
  readonly #webSocketPlugin = new WebSocketPlugin();
  readonly #rtmpPort = new TCPTransport();
  readonly #webSocketPort = new TCPTransport();

  static async start(contextPath: string): Promise<Chat> {
    const chat = new Chat();
    await chat.#start(contextPath);
    return chat;
  }

  webSocket(path: string): Promise<WebSocketTestClient> {
    return WebSocketTestClient.open(`ws://127.0.0.1:${this.#webSocketPort.address?.port}${path}`);
  }

  /** A client that uses the shared object. */
  async rtmp(path: string): Promise<RTMPTestClient> {
    const client = await RTMPTestClient.join(this.#rtmpPort.address?.port ?? 0, path);
    await client.sharedObject('chat').use();
    return client;
  }

  async #start(contextPath: string): Promise<void> {
    const { server, scope, application, router } = this;
    Object.assign(scope, { server, context: new Context(), handler: application, contextPath });
    server.logger = createLogger({ level: 'error', format: 'json' });
    this.#webSocketPlugin.server = server;
    await this.#webSocketPlugin.start();
    this.#rtmpPlugin.server = server;
    await this.#rtmpPlugin.start();

    router.app = application;
    router.afterPropertiesSet();
    const listener = new WebSocketChatDataListener();
    listener.router = router;
    const webSocketScope = new WebSocketScope(scope);
    webSocketScope.listeners = [listener];
    application.setApplicationContext({
      getBean: <T>() => webSocketScope as T,
      containsBean: () => true,
    });
    await scope.start();
    for (const [transport, handler] of [
      [this.#rtmpPort, new RTMPHandler(this.#rtmpPlugin)],
      [this.#webSocketPort, this.#webSocketPlugin],
    ] as const) {
      Object.assign(transport, { host: '127.0.0.1', port: 0, handlers: [handler] });
      await transport.start();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rtmpPort.stop();
    await this.#webSocketPort.stop();
    await this.scope.stop();
    await this.#rtmpPlugin.stop();
    await this.#webSocketPlugin.stop();
    await this.server.stop();
  }
}

async function until(done: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (done()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`not in time: ${done}`);
}
