import { Application, Router, WebSocketChatDataListener } from './apps/chat/index.ts';
import {
  Conversation,
  Application as LiveApplication,
  LiveDataListener,
  StreamList,
} from './apps/live/index.ts';
import { PeerLogLimits } from './base/index.ts';
import { AdminEndpoint, EventLoopWatch, WebappArchives, WebappWatcher } from './boot/index.ts';
import { ClassRegistry } from './container/index.ts';
import { HTTPPlugin } from './plugins/http/index.ts';
import { FLVHandler, RTMPHandler, RTMPPlugin, RTMPTHandler } from './plugins/rtmp/index.ts';
import {
  DefaultWebSocketDataListener,
  JSONProtocol,
  WebSocketPlugin,
  WebSocketScope,
} from './plugins/websocket/index.ts';
import {
  ApplicationAdapter,
  Context,
  DefaultStreamFilenameGenerator,
  DeploymentPolicy,
  GlobalScope,
  LMDBStore,
  MemoryStore,
  MultiThreadedApplicationAdapter,
  RecordedStreams,
  RecordingSettings,
  RemoteService,
  Server,
  SharedObjectLimits,
  StreamRecorder,
  StreamSettings,
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
  add('PeerLogLimits', PeerLogLimits);
  add('DeploymentPolicy', DeploymentPolicy);
  add('StreamSettings', StreamSettings);
  add('EventLoopWatch', EventLoopWatch);
  add('MemoryStore', MemoryStore, 'org.red5.server.persistence.RamPersistence');
  add('LMDBStore', LMDBStore, 'org.red5.server.persistence.FilePersistence');
  add('RemoteService', RemoteService);
  add('StreamRecorder', StreamRecorder);
  add('RecordingSettings', RecordingSettings);
  add('RecordedStreams', RecordedStreams);
  add(
    'DefaultStreamFilenameGenerator',
    DefaultStreamFilenameGenerator,
    'org.red5.server.stream.DefaultStreamFilenameGenerator',
  );

  add('WebappArchives', WebappArchives);
  add('WebappWatcher', WebappWatcher, 'org.red5.server.tomcat.WarDeployer');
  add('AdminEndpoint', AdminEndpoint);

  add('RTMPPlugin', RTMPPlugin, 'org.red5.server.net.rtmp.RTMPConnManager');
  add('RTMPHandler', RTMPHandler, 'org.red5.server.net.rtmp.RTMPHandler');
  add('RTMPTHandler', RTMPTHandler, 'org.red5.server.net.rtmpt.RTMPTServlet');
  add('FLVHandler', FLVHandler);
  add('HTTPPlugin', HTTPPlugin);
  add('WebSocketPlugin', WebSocketPlugin, 'org.red5.net.websocket.WebSocketPlugin');
  add('JSONProtocol', JSONProtocol);
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

  add('live.Application', LiveApplication);
  add('live.StreamList', StreamList);
  add('live.Conversation', Conversation);
  add('live.LiveDataListener', LiveDataListener);
  return registry;
}

type ShippedClass = Parameters<ClassRegistry['register']>[0]['class'];
