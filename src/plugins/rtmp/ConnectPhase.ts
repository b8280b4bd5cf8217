import { background, describeError } from '../../base/index.ts';
import type { ConnectResult, SharedObjectBatch } from '../../server/index.ts';
import type { RTMPMessage } from './chunk/RTMPMessage.ts';
import { type ConnectRequest, readConnectRequest } from './connectRequest.ts';
import { enhancedAnswer } from './enhancedAnswer.ts';
import type { LinkListener, RTMPLink } from './link/RTMPLink.ts';
import { type Command, readCommand, writeCommand } from './message/Command.ts';
import { peerBandwidth, USER_CONTROL, userControl, windowSize } from './message/controlMessages.ts';
import { MESSAGE_TYPE } from './message/messageType.ts';
import { encodeBatch } from './message/SharedObjectEncoder.ts';
import { readSharedObjectMessage } from './message/sharedObjectMessage.ts';
import { errorInfo, type StatusInfo, statusInfo } from './message/statusInfo.ts';
import { type ConnectionServices, RTMPConnection } from './RTMPConnection.ts';
import { rtmpError } from './rtmpErrors.ts';

/** What a client is told about the server when it connects. */
export interface ConnectAnswers {
  /** Bytes after which the client acknowledges. */
  readonly windowBytes: number;
  /** Bytes the client may send ahead. */
  readonly peerBandwidthBytes: number;
  /** Size of chunks that is announced after connecting. */
  readonly outChunkSize: number;
  /** Name and version for clients that look at them. */
  readonly fmsVer: string;
  readonly capabilities: number;
  /** Whether a client's bandwidth is measured when it has connected. */
  readonly bandwidthDetection: boolean;
}

/** Messages that a client may send ahead of the answer to its connect before it has to wait, and bytes of them. */
const MAX_HELD = 32;
const MAX_HELD_BYTES = 64 * 1024;

/** From the handshake to the answer of `connect`; after that the {@link RTMPConnection} has the link. */
export class ConnectPhase implements LinkListener {
  readonly #link: RTMPLink;
  readonly #services: ConnectionServices;
  readonly #answers: ConnectAnswers;
  /** Set while the application is asked. */
  #connection: RTMPConnection | undefined;
  readonly #held: RTMPMessage[] = [];
  #heldBytes = 0;
  #isPaused = false;
  #closed = false;

  constructor(link: RTMPLink, services: ConnectionServices, answers: ConnectAnswers) {
    this.#link = link;
    this.#services = services;
    this.#answers = answers;
  }

  messageReceived(message: RTMPMessage): void {
    switch (message.type) {
      case MESSAGE_TYPE.commandAMF0:
      case MESSAGE_TYPE.commandAMF3:
        this.#command(message, readCommand(message.type, message.payload, this.#services.amf));
        break;
      case MESSAGE_TYPE.sharedObjectAMF0:
      case MESSAGE_TYPE.sharedObjectAMF3:
        if (this.#connection === undefined) this.#refuseSharedObject(message);
        else this.#hold(message);
        break;
      default:
      // Media and data mean nothing before there is a stream.
    }
  }

  encodeSharedObject(batch: SharedObjectBatch): Buffer {
    return encodeBatch(batch, 0, this.#link.outChunkSize);
  }

  linkClosed(): void {
    this.#closed = true;
    this.#connection?.linkClosed();
  }

  #command(message: RTMPMessage, command: Command): void {
    if (this.#connection !== undefined) {
      // The application may ask the client something before it decides, so answers do not wait.
      if (!this.#connection.answerReceived(command)) this.#hold(message);
      return;
    }
    if (command.name !== 'connect') {
      throw rtmpError('RTMP_NOT_CONNECTED', `"${command.name}" came before connect`);
    }
    const request = readConnectRequest(command);
    if (typeof request === 'string') {
      this.#refuse(message, command, errorInfo('NetConnection.Connect.Failed', request));
      return;
    }
    this.#connection = new RTMPConnection(this.#link, request, this.#services);
    const asked = this.#ask(this.#connection, request, message, command);
    background(asked, this.#services.logger, `connecting to "${request.path}"`);
  }

  async #ask(
    connection: RTMPConnection,
    request: ConnectRequest,
    message: RTMPMessage,
    command: Command,
  ): Promise<void> {
    const result = await this.#decision(connection, request);
    if (!result.accepted) {
      const { code, description } = result;
      const extra = 'application' in result ? { application: result.application } : {};
      this.#refuse(message, command, errorInfo(code, description, extra));
      return;
    }
    if (this.#closed) return;
    this.#accept(connection, request, message, command);
  }

  async #decision(connection: RTMPConnection, request: ConnectRequest): Promise<ConnectResult> {
    try {
      return await this.#services.server.connect(connection, request.args);
    } catch (error) {
      this.#services.logger.error(`connecting to "${request.path}" failed`, {
        remoteAddress: this.#link.peer.remoteAddress,
        reason: describeError(error),
        stack: error instanceof Error ? error.stack : undefined,
      });
      return { accepted: false, code: 'NetConnection.Connect.Failed', description: '' };
    }
  }

  #accept(
    connection: RTMPConnection,
    request: ConnectRequest,
    message: RTMPMessage,
    command: Command,
  ): void {
    const answers = this.#answers;
    this.#link.connected();
    this.#link.send(windowSize(answers.windowBytes));
    this.#link.send(peerBandwidth(answers.peerBandwidthBytes));
    this.#link.send(userControl(USER_CONTROL.streamBegin, 0));
    const { fmsVer, capabilities } = answers;
    const properties = { fmsVer, capabilities, mode: 1, ...enhancedAnswer(request.params) };
    const info = statusInfo('NetConnection.Connect.Success', 'Connection succeeded.', {
      objectEncoding: request.encoding,
    });
    this.#answer(message, command, '_result', properties, info);
    this.#link.changeOutChunkSize(answers.outChunkSize);
    connection.accepted(request.encoding, this.#held);
    // Not before the answer, where Red5 does it: clients take no calls before they know that they are connected.
    if (answers.bandwidthDetection) connection.checkBandwidth().catch(() => undefined);
    if (this.#isPaused) this.#link.resume();
  }

  /** Keeps what a client sends before its connect was answered; it is read when it was. */
  #hold(message: RTMPMessage): void {
    this.#held.push({ ...message, payload: Buffer.from(message.payload) });
    this.#heldBytes += message.payload.length;
    if (this.#isPaused || (this.#held.length < MAX_HELD && this.#heldBytes < MAX_HELD_BYTES))
      return;
    this.#isPaused = true;
    this.#link.pause();
  }

  #refuse(message: RTMPMessage, command: Command, info: StatusInfo): void {
    this.#answer(message, command, '_error', null, info);
    this.#link.end();
  }

  #refuseSharedObject(message: RTMPMessage): void {
    const { name, persistent } = readSharedObjectMessage(
      message.type,
      message.payload,
      this.#services.amf,
    );
    const code = 'SharedObject.ObjectCreationFailed';
    const events = [{ type: 'status', code, level: 'error' }] as const;
    const batch = { name, persistent, version: 0, events };
    this.#link.sendEncoded(this.encodeSharedObject(batch), batch);
  }

  /** The answer to `connect` is AMF0 whatever the client asked for. */
  #answer(
    message: RTMPMessage,
    command: Command,
    name: '_result' | '_error',
    commandObject: unknown,
    info: StatusInfo,
  ): void {
    const { transactionID } = command;
    const { type, payload } = writeCommand({ name, transactionID, commandObject, args: [info] }, 0);
    const { chunkStreamID } = message;
    this.#link.send({ type, chunkStreamID, messageStreamID: 0, timestamp: 0, payload });
  }
}
