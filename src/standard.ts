import { Application, Router, WebSocketChatDataListener } from './apps/chat/index.ts';
import { PeerLogLimits } from './base/index.ts';
import { EventLoopWatch } from './boot/index.ts';
import { ClassRegistry } from './container/index.ts';
import { HTTPPlugin } from './plugins/http/index.ts';
import { RTMPHandler, RTMPPlugin, RTMPTHandler } from './plugins/rtmp/index.ts';
import {
  DefaultWebSocketDataListener,
  WebSocketPlugin,
  WebSocketScope,
} from './plugins/websocket/index.ts';
import {
  ApplicationAdapter,
  Context,
  DeploymentPolicy,
  GlobalScope,
  LMDBStore,
  MemoryStore,
  MultiThreadedApplicationAdapter,
  RemoteService,
  Server,
  SharedObjectLimits,
  TCPTransport,
  TLSHandler,
  WebScope,
} from './server/index.ts';

/**
 * What ships: each class with its name in bean files and its Java names. The one list to edit.
 *
 * @returns a registry of its own each time, so that servers in one process share nothing
 */
export function standardClasses(): ClassRegistry {
  const registry = new ClassRegistry();
  const add = (name: string, ships: ShippedClass, ...aliases: readonly string[]) =>
    registry.register({ name, class: ships, aliases });

  add('Server', Server, 'org.red5.server.Server');
  add(
    'GlobalScope',
    GlobalScope,
    'org.red5.server.scope.GlobalScope',
    'org.red5.server.GlobalScope',
  );
  add('WebScope', WebScope, 'org.red5.server.scope.WebScope', 'org.red5.server.WebScope');
  add('Context', Context, 'org.red5.server.Context');
  add(
    'MultiThreadedApplicationAdapter',
    MultiThreadedApplicationAdapter,
    'org.red5.server.adapter.MultiThreadedApplicationAdapter',
  );
  add('ApplicationAdapter', ApplicationAdapter, 'org.red5.server.adapter.ApplicationAdapter');
  add('TCPTransport', TCPTransport, 'org.red5.server.net.rtmp.RTMPMinaTransport');
  add('TLSHandler', TLSHandler);
  add('SharedObjectLimits', SharedObjectLimits);
  add('DeploymentPolicy', DeploymentPolicy);
  add('EventLoopWatch', EventLoopWatch);
  add('PeerLogLimits', PeerLogLimits);
  add('MemoryStore', MemoryStore, 'org.red5.server.persistence.RamPersistence');
  add('LMDBStore', LMDBStore, 'org.red5.server.persistence.FilePersistence');
  add('RemoteService', RemoteService);

  add('RTMPPlugin', RTMPPlugin, 'org.red5.server.net.rtmp.RTMPConnManager');
  add('RTMPHandler', RTMPHandler, 'org.red5.server.net.rtmp.RTMPHandler');
  add('RTMPTHandler', RTMPTHandler, 'org.red5.server.net.rtmpt.RTMPTServlet');
  add('HTTPPlugin', HTTPPlugin);
  add('WebSocketPlugin', WebSocketPlugin, 'org.red5.net.websocket.WebSocketPlugin');
  add('WebSocketScope', WebSocketScope, 'org.red5.net.websocket.WebSocketScope');
  add(
    'DefaultWebSocketDataListener',
    DefaultWebSocketDataListener,
    'org.red5.net.websocket.listener.DefaultWebSocketDataListener',
  );

  add('chat.Application', Application, 'org.red5.demos.chat.Application');
  add('chat.Router', Router, 'org.red5.demos.chat.Router');
  add(
    'chat.WebSocketChatDataListener',
    WebSocketChatDataListener,
    'org.red5.demos.chat.WebSocketChatDataListener',
  );
  return registry;
}

type ShippedClass = Parameters<ClassRegistry['register']>[0]['class'];
