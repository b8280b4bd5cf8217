/**
 * Red5's application model without any protocol: scopes, applications, connections, remote calls and shared objects.
 *
 * A {@link Server} has a tree of scopes: {@link GlobalScope}, {@link WebScope} for each application, {@link Scope} for rooms. A protocol
 * makes a {@link BaseConnection}, passes it to {@link Server.connect}, and from then on calls {@link RemoteCalls.invoke} and
 * {@link SharedObjects.handle} for what the peer asks; {@link TCPTransport} gives it its sockets. Applications extend
 * {@link MultiThreadedApplicationAdapter}. Knows neither the bean container nor any protocol.
 *
 * @packageDocumentation
 */
export { type AttributeListener, type AttributeSource, AttributeStore } from './AttributeStore.ts';
export { type Application, ApplicationLifecycle } from './adapter/Application.ts';
export { ApplicationAdapter } from './adapter/ApplicationAdapter.ts';
export { MultiThreadedApplicationAdapter } from './adapter/MultiThreadedApplicationAdapter.ts';
export { type ApplicationContext, Context } from './Context.ts';
export { BaseConnection, type ConnectionOptions } from './connection/BaseConnection.ts';
export { Client } from './connection/Client.ts';
export { ClientRegistry } from './connection/ClientRegistry.ts';
export { ClientRejected } from './connection/ClientRejected.ts';
export type {
  CloseReason,
  Connection,
  ServiceCapableConnection,
} from './connection/Connection.ts';
export type { ConnectResult } from './connection/ConnectResult.ts';
export { GhostDetector } from './connection/GhostDetector.ts';
export { Red5, runWithConnection } from './connection/Red5.ts';
export { isPromise, type MaybePromise } from './MaybePromise.ts';
export {
  type ImportedSharedObject,
  importSharedObjects,
  readSharedObjectFile,
} from './persistence/importSharedObjects.ts';
export { LMDBStore } from './persistence/LMDBStore.ts';
export { MemoryStore } from './persistence/MemoryStore.ts';
export type { Store, StoreChanges } from './persistence/Store.ts';
export { PluginRegistry } from './plugin/PluginRegistry.ts';
export type { Red5Plugin } from './plugin/Red5Plugin.ts';
export { type Address, Server } from './Server.ts';
export type { ServletContext } from './ServletContext.ts';
export { type ScheduledJob, SchedulingService } from './scheduling/SchedulingService.ts';
export { DeploymentPolicy, type RedeployConnections } from './scope/DeploymentPolicy.ts';
export { GlobalScope } from './scope/GlobalScope.ts';
export { retire } from './scope/retire.ts';
export {
  Scope,
  type ScopeState,
  type ScopeType,
  type ServiceHandlerOptions,
} from './scope/Scope.ts';
export type {
  ChildType,
  ConnectionListener,
  Handover,
  ScopeHandler,
  ScopeListener,
  ScopeSecurityHandler,
} from './scope/ScopeHandler.ts';
export type { ScopeStatistics } from './scope/ScopeStatistics.ts';
export { ScopeUtils } from './scope/ScopeUtils.ts';
export { Succession } from './scope/Succession.ts';
export { namesOfHost } from './scope/virtualHosts.ts';
export { WebScope } from './scope/WebScope.ts';
export { SERVER_ERRORS, type ServerErrorCode } from './serverErrors.ts';
export { PendingCalls, type PendingCallsOptions, RemoteCallError } from './service/PendingCalls.ts';
export type { RemoteCall, RemoteCallFailure, RemoteCallResult } from './service/RemoteCall.ts';
export { RemoteCalls } from './service/RemoteCalls.ts';
export {
  type ArgumentSchema,
  type ParameterType,
  type RemoteMethod,
  type RemoteMethods,
  remote,
  type SchemaResult,
} from './service/RemoteMethods.ts';
export { RemoteService } from './service/RemoteService.ts';
export { type ClientAnswer, ServiceUtils } from './service/ServiceUtils.ts';
export { RoomSharedObjects, type RoomSharedObjectsOptions } from './so/RoomSharedObjects.ts';
export {
  type SetAttributeOptions,
  SharedObject,
  type SharedObjectStatistics,
  type SubscriberConnection,
} from './so/SharedObject.ts';
export type {
  KnownVersion,
  SharedObjectBatch,
  SharedObjectEvent,
  SharedObjectRequest,
  SharedObjectSubscriber,
} from './so/SharedObjectBatch.ts';
export { SharedObjectLimits } from './so/SharedObjectLimits.ts';
export type { SharedObjectListener } from './so/SharedObjectListener.ts';
export type {
  AttributeState,
  SharedObjectAnswer,
  SharedObjectFault,
  SharedObjectOutcome,
  SharedObjectState,
} from './so/SharedObjectOutcome.ts';
export type { SharedObjectSecurity } from './so/SharedObjectSecurity.ts';
export { type SharedObjectMessage, SharedObjects } from './so/SharedObjects.ts';
export {
  type BroadcastStreamReport,
  type LimitReport,
  REFUSALS,
  type Refusal,
  type ScopeReport,
  type ServerReport,
  type SharedObjectReport,
  StatisticsService,
} from './statistics/StatisticsService.ts';
export {
  BroadcastStream,
  type BroadcastStreamStatistics,
} from './stream/BroadcastStream.ts';
export { createMediaMessage, type MediaMessage, type MediaType } from './stream/MediaMessage.ts';
export type {
  OnDemandPlayback,
  OnDemandProvider,
  OnDemandStream,
} from './stream/OnDemandProvider.ts';
export { Publication, type PublicationEnd, type PublishOptions } from './stream/Publication.ts';
export { RecordedStreams } from './stream/playback/RecordedStreams.ts';
export { DefaultStreamFilenameGenerator } from './stream/record/DefaultStreamFilenameGenerator.ts';
export { locateRecording } from './stream/record/locateRecording.ts';
export { RecordingSettings } from './stream/record/RecordingSettings.ts';
export type {
  GenerationType,
  StreamFilenameGenerator,
} from './stream/record/StreamFilenameGenerator.ts';
export { StreamRecorder } from './stream/record/StreamRecorder.ts';
export type { PlayItem, StreamAwareScopeHandler } from './stream/StreamAwareScopeHandler.ts';
export type { StreamListener } from './stream/StreamListener.ts';
export { type PublisherPolicy, StreamSettings } from './stream/StreamSettings.ts';
export type { EndReason, StreamSubscriber } from './stream/StreamSubscriber.ts';
export { type PlayOptions, Streams } from './stream/Streams.ts';
export { SubscriberStream } from './stream/SubscriberStream.ts';
export type { PlayResult, PublishResult, StreamRefused } from './stream/streamResult.ts';
export type {
  PublishMode,
  StreamParameters,
  StreamPlaybackSecurity,
  StreamPublishSecurity,
} from './stream/streamSecurity.ts';
export type {
  AdmittedRequest,
  CountedRequest,
  RequestGate,
  RequestRefusal,
} from './transport/RequestGate.ts';
export type { RequestHandler, SendFile } from './transport/RequestHandler.ts';
export type { SocketHandler } from './transport/SocketHandler.ts';
export type { PeerAddress, StreamHandler, StreamTicket } from './transport/StreamHandler.ts';
export { TCPTransport } from './transport/TCPTransport.ts';
export { type PeerFacts, TrustedProxies } from './transport/TrustedProxies.ts';
export { TLSHandler } from './transport/tls/TLSHandler.ts';
export type { UpgradeHandler } from './transport/UpgradeHandler.ts';
