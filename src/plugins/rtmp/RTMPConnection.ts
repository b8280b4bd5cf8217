import { background, describeError, type Logger, Red5Error } from '../../base/index.ts';
import type { AMFReadOptions } from '../../io/index.ts';
import {
  BaseConnection,
  type CloseReason,
  PendingCalls,
  type RemoteCallResult,
  type Server,
  type ServiceCapableConnection,
  type SharedObjectBatch,
  type SharedObjectSubscriber,
} from '../../server/index.ts';
import { type Bandwidth, BandwidthCheck } from './bandwidth/BandwidthCheck.ts';
import type { RTMPMessage } from './chunk/RTMPMessage.ts';
import type { ConnectRequest } from './connectRequest.ts';
import type { LinkListener, RTMPLink } from './link/RTMPLink.ts';
import { NetStreamHost } from './media/NetStreamHost.ts';
import type { RTMPBroadcasts } from './media/RTMPBroadcasts.ts';
import { type Command, readCommand, writeCommand } from './message/Command.ts';
import { CHUNK_STREAM, MESSAGE_TYPE, type ObjectEncoding } from './message/messageType.ts';
import { encodeBatch, type SharedObjectEncoder } from './message/SharedObjectEncoder.ts';
import { readSharedObjectMessage } from './message/sharedObjectMessage.ts';
import { errorInfo, type StatusInfo } from './message/statusInfo.ts';
import { StreamCommands } from './StreamCommands.ts';

/** What an {@link RTMPConnection} shares with the others of its server. */
export interface ConnectionServices {
  readonly server: Server;
  readonly logger: Logger;
  readonly encoder: SharedObjectEncoder;
  readonly amf: AMFReadOptions;
  readonly callTimeoutMs: number;
  readonly maxPendingCalls: number;
  readonly maxStreams: number;
  readonly broadcasts: RTMPBroadcasts;
  /** Whether clients are told the classes of errors. */
  readonly exposeErrors: boolean;
}

/**
 * A client that speaks RTMP.
 *
 * Made when its `connect` command was read, and handed to the application then. It writes AMF0 until the connect was answered,
 * after that what the client asked for.
 *
 * @red5 org.red5.server.net.rtmp.RTMPConnection
 */
export class RTMPConnection
  extends BaseConnection
  implements ServiceCapableConnection, SharedObjectSubscriber, LinkListener
{
  readonly #link: RTMPLink;
  readonly #services: ConnectionServices;
  readonly #calls: PendingCalls;
  readonly #streams: StreamCommands;
  readonly #bandwidth: BandwidthCheck;
  #encoding: ObjectEncoding = 0;
  #closed = false;

  constructor(link: RTMPLink, request: ConnectRequest, services: ConnectionServices) {
    super({
      type: 'rtmp',
      host: request.host,
      path: request.path,
      ...link.peer,
      connectParams: request.params,
    });
    this.#link = link;
    this.#services = services;
    this.#calls = new PendingCalls({
      clock: services.server.clock,
      timeoutMs: services.callTimeoutMs,
      maxCalls: services.maxPendingCalls,
    });
    this.#bandwidth = new BandwidthCheck(this, services.server.clock);
    const { server, logger, amf, broadcasts } = services;
    const status = (id: number, info: StatusInfo): void => this.#status(id, info);
    this.#streams = new StreamCommands(
      services.maxStreams,
      new NetStreamHost({ connection: this, link, server, logger, amf, broadcasts, status }),
    );
  }

  /** How values are written: 0 is AMF0, 3 is AMF3. */
  get encoding(): ObjectEncoding {
    return this.#encoding;
  }

  /** Bytes received so far. */
  get readBytes(): number {
    return this.#link.readBytes;
  }

  /** Bytes sent so far. */
  get writtenBytes(): number {
    return this.#link.writtenBytes;
  }

  /** Bytes the client has not taken yet. */
  get queuedBytes(): number {
    return this.#link.queuedBytes;
  }

  /** Milliseconds the last ping took; -1 before the first was answered. */
  get lastPingTime(): number {
    return this.#link.roundTripMs;
  }

  /**
   * Takes over the link after the server accepted the connection and the client was told so.
   *
   * @param held - what the client sent in the meantime
   * @internal
   */
  accepted(encoding: ObjectEncoding, held: readonly RTMPMessage[]): void {
    this.#encoding = encoding;
    this.#link.handOver(this, held);
  }

  /**
   * Takes the answer to a call; returns false for every other command.
   *
   * @internal
   */
  answerReceived(command: Command): boolean {
    const [value] = command.args;
    if (command.name === '_result') {
      this.#calls.resolve(command.transactionID, value);
      return true;
    }
    if (command.name !== '_error') return false;
    this.#calls.reject(command.transactionID, describeAnswer(value), value);
    return true;
  }

  async invoke(method: string, args: readonly unknown[]): Promise<unknown> {
    return await this.#calls.call((transactionID) =>
      this.#send({ name: method, transactionID, commandObject: null, args }),
    );
  }

  notify(method: string, args: readonly unknown[]): void {
    this.#send({ name: method, transactionID: 0, commandObject: null, args });
  }

  /**
   * Measures how fast the client takes data: it is asked by `onBWCheck` and told by `onBWDone`, and has to have both methods.
   *
   * @throws Red5Error `CALL_FAILED`, `CALL_TIMED_OUT` or `NOT_CONNECTED` when it does not answer
   */
  checkBandwidth(): Promise<Bandwidth> {
    return this.#bandwidth.measure();
  }

  sharedObjectChanged(batch: SharedObjectBatch): void {
    const { encoder, logger } = this.#services;
    try {
      const bytes = encoder.encode(batch, this.#encoding, this.#link.outChunkSize);
      this.#link.sendEncoded(bytes, batch);
    } catch (error) {
      logger.error(`a change of shared object "${batch.name}" cannot be sent`, {
        remoteAddress: this.remoteAddress,
        reason: describeError(error),
      });
    }
  }

  /** Closes after what was queued went out; a reason other than `normal` is told to the client first. */
  close(reason: CloseReason = { kind: 'normal' }): void {
    const info = closeInfo(reason);
    if (info !== undefined && this.#link.isOpen) this.#status(0, info);
    this.#link.end();
  }

  override get canMove(): boolean {
    return this.#link.isOpen && !this.#streams.isUsed;
  }

  override suspend(): void {
    this.#link.pause();
  }

  override resume(): void {
    this.#link.resume();
  }

  /** Without an open link, nobody is there to be served. */
  override isGhost(): boolean {
    return !this.#link.isOpen;
  }

  messageReceived(message: RTMPMessage): void {
    switch (message.type) {
      case MESSAGE_TYPE.commandAMF0:
      case MESSAGE_TYPE.commandAMF3:
        this.#command(message, readCommand(message.type, message.payload, this.#services.amf));
        break;
      case MESSAGE_TYPE.sharedObjectAMF0:
      case MESSAGE_TYPE.sharedObjectAMF3:
        this.#sharedObject(message);
        break;
      default:
        this.#streams.media(message);
    }
  }

  encodeSharedObject(batch: SharedObjectBatch): Buffer {
    return encodeBatch(batch, this.#encoding, this.#link.outChunkSize);
  }

  linkClosed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#calls.close();
    this.#streams.close();
    const { server, logger } = this.#services;
    background(server.disconnect(this), logger, `disconnecting ${this.sessionID}`);
  }

  #command(message: RTMPMessage, command: Command): void {
    if (this.answerReceived(command) || command.name === 'onStatus') return;
    if (command.name === 'connect') {
      const info = errorInfo('NetConnection.Connect.Rejected', 'Already connected.');
      this.#answer(message, command, '_error', info);
      return;
    }
    if (this.#measuresBandwidth(message, command)) return;
    const outcome = this.#streams.run(command, message.messageStreamID);
    if (outcome === undefined) {
      this.#call(message, command);
      return;
    }
    const { result, error, status, close } = outcome;
    if (result?.value instanceof Promise) {
      const answered = result.value.then((value) =>
        this.#answer(message, command, '_result', value),
      );
      background(answered, this.#services.logger, `answering "${command.name}"`);
    } else if (result !== undefined) {
      this.#answer(message, command, '_result', result.value);
    }
    if (error !== undefined) this.#answer(message, command, '_error', error);
    if (status !== undefined) this.#status(message.messageStreamID, status);
    if (close === true) this.#link.end();
  }

  /** What Flash Media Server knows of bandwidth, unless the application has a method of its own under the name. */
  #measuresBandwidth(message: RTMPMessage, command: Command): boolean {
    const { name, args } = command;
    const isUp = name === 'checkBandwidthUp';
    if (!isUp && !BandwidthCheck.isAskedBy(name)) return false;
    const handler = this.scope?.handler;
    const { remoteCalls } = this.#services.server;
    if (handler !== undefined && remoteCalls.methodsOf(handler).has(name)) return false;
    if (isUp) {
      const time = Array.isArray(args[0]) ? args[0][0] : args[0];
      const value = { cOutBytes: this.readBytes, cInBytes: this.writtenBytes, time };
      this.#answer(message, command, '_result', value);
      return true;
    }
    this.#answer(message, command, '_result', null);
    this.#bandwidth.measure(name).catch(() => undefined); // The client was told what can be told.
    return true;
  }

  #call(message: RTMPMessage, command: Command): void {
    const { server, logger } = this.#services;
    const { service, method } = splitName(command.name);
    const call = { ...(service === '' ? {} : { service }), method, args: command.args };
    const answered = server.remoteCalls
      .invoke(this, call)
      .then((result) => this.#answerCall(message, command, result));
    background(answered, logger, `calling "${command.name}"`);
  }

  #answerCall(message: RTMPMessage, command: Command, result: RemoteCallResult): void {
    if (!result.ok) {
      const extra = this.#services.exposeErrors ? { application: result.application } : {};
      const info = errorInfo(result.code, result.description, extra);
      this.#answer(message, command, '_error', info);
      return;
    }
    try {
      // Red5 answers null for a method without result.
      this.#answer(message, command, '_result', result.value ?? null);
    } catch (error) {
      if (!(error instanceof Red5Error)) throw error;
      const description = 'The result cannot be sent.';
      const { logger } = this.#services;
      const { remoteAddress } = this;
      const what = `result of "${command.name}" cannot be sent: ${error.message}`;
      logger.error(what, { remoteAddress });
      const info = errorInfo('NetConnection.Call.Failed', description);
      this.#answer(message, command, '_error', info);
    }
  }

  #answer(message: RTMPMessage, command: Command, name: string, value: unknown): void {
    if (command.transactionID === 0) return; // The client wants no answer.
    const { transactionID } = command;
    this.#send(
      { name, transactionID, commandObject: null, args: [value] },
      message.chunkStreamID,
      message.messageStreamID,
    );
  }

  #status(messageStreamID: number, info: StatusInfo): void {
    const command = { name: 'onStatus', transactionID: 0, commandObject: null, args: [info] };
    this.#send(command, CHUNK_STREAM.command, messageStreamID);
  }

  #send(command: Command, chunkStreamID: number = CHUNK_STREAM.command, messageStreamID = 0): void {
    const { type, payload } = writeCommand(command, this.#encoding);
    this.#link.send({ type, chunkStreamID, messageStreamID, timestamp: 0, payload });
  }

  #sharedObject(message: RTMPMessage): void {
    const { server, amf, logger } = this.#services;
    const { name, persistent, requests } = readSharedObjectMessage(
      message.type,
      message.payload,
      amf,
    );
    const handled = server.sharedObjects.handle(this, { name, persistent, requests });
    if (handled instanceof Promise) background(handled, logger, 'changing a shared object');
  }
}

/** `a.b.m` is method `m` of service `a.b`; a leading `@` or `|` of either is Flash's and not part of the name. */
function splitName(name: string): { service: string; method: string } {
  const at = name.lastIndexOf('.');
  const plain = (text: string) => text.replace(/^[@|]/, '');
  return { service: plain(name.slice(0, Math.max(0, at))), method: plain(name.slice(at + 1)) };
}

/** What the client's `_error` says, for the error of the call. */
function describeAnswer(value: unknown): string {
  const description: unknown = (value as { description?: unknown } | null | undefined)?.description;
  return typeof description === 'string' && description !== ''
    ? `the client answered with an error: ${description}`
    : 'the client answered with an error';
}

function closeInfo(reason: CloseReason): StatusInfo | undefined {
  switch (reason.kind) {
    case 'shutdown':
      return errorInfo('NetConnection.Connect.AppShutdown', reason.description);
    case 'rejected':
      return errorInfo('NetConnection.Connect.Rejected', reason.description);
    case 'policy':
    case 'protocol-error':
      return errorInfo('NetConnection.Connect.Closed', reason.description);
    case 'normal':
      return undefined;
  }
}
