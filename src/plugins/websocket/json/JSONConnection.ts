import { background, describeError, Red5Error, type Timer } from '../../../base/index.ts';
import {
  type CloseReason,
  type ConnectResult,
  PendingCalls,
  type RemoteCallResult,
  type ServiceCapableConnection,
  type SharedObject,
  type SharedObjectBatch,
  type SharedObjectSubscriber,
} from '../../../server/index.ts';
import { encodeTextFrame } from '../frame/encodeFrame.ts';
import {
  CLOSE_CODE,
  WebSocketConnection,
  type WebSocketConnectionOptions,
} from '../WebSocketConnection.ts';
import { type ClientMessage, idOf, parseFields, readClientMessage } from './ClientMessage.ts';
import { badMessage, JSONFault } from './JSONFault.ts';
import type { JSONServer } from './JSONServer.ts';
import { callFailedText, doneText, errorText, quote, refusedText } from './messageTexts.ts';
import type { Session, SessionConnection } from './Session.ts';
import { UsedSharedObjects } from './UsedSharedObjects.ts';
import { writeJSONValue } from './writeJSONValue.ts';

/** Messages that a client may send ahead of the answer to its `join`. */
const MAX_HELD = 32;

/** RFC 6455, 7.4.1. */
const INTERNAL_ERROR = 1011;

/** The highest version of the protocol that is spoken here. */
const VERSION = 1;

/**
 * A WebSocket client that speaks `red5.json`: a member of its room as an RTMP client is.
 *
 * The application is asked when its `join` comes; before, it is in no scope. See `docs/reference/red5-json.md`.
 */
export class JSONConnection
  extends WebSocketConnection
  implements ServiceCapableConnection, SharedObjectSubscriber, SessionConnection
{
  /** Nothing may be dropped, as it could not be resumed then. @internal */
  readonly needsAll = true;
  /** What was sent of whole objects, until the client has read it. @internal */
  extraQueueBytes = 0;
  readonly #shared: JSONServer;
  readonly #calls: PendingCalls;
  #state: 'new' | 'joining' | 'joined' | 'ended' = 'new';
  #session: Session | undefined;
  #timer: Timer | undefined;
  #held: ClientMessage[] = [];
  readonly #objects: UsedSharedObjects;

  /** @internal */
  constructor(options: WebSocketConnectionOptions, shared: JSONServer) {
    super(options);
    this.#shared = shared;
    this.#objects = new UsedSharedObjects(this, shared);
    const { callTimeoutMs, maxPendingCalls } = shared.protocol;
    const { clock } = shared.server;
    this.#calls = new PendingCalls(
      { clock, timeoutMs: callTimeoutMs, maxCalls: maxPendingCalls },
      1,
    );
  }

  async invoke(method: string, args: readonly unknown[]): Promise<unknown> {
    return await this.#calls.call((id) => {
      const values = writeJSONValue(args);
      this.sendText(`{"type":"call","id":${id},"method":${quote(method)},"args":${values}}`);
    });
  }

  notify(method: string, args: readonly unknown[]): void {
    this.sendText(`{"type":"call","method":${quote(method)},"args":${writeJSONValue(args)}}`);
  }

  sharedObjectChanged(batch: SharedObjectBatch): void {
    if (this.extraQueueBytes > 0 && this.queuedBytes === 0) this.extraQueueBytes = 0;
    this.#objects.changed(batch);
  }

  sharedObjectClosed(so: SharedObject): void {
    this.#objects.closed(so);
  }

  /** Whether it is a member of its scope, and still there. @internal */
  get isJoined(): boolean {
    return this.#state === 'joined' && !this.isClosing;
  }

  /** It is closed instead, and resumes its session with the new version of its application. @internal */
  override get canMove(): boolean {
    return false;
  }

  /** The handshake was answered. @internal */
  opened(): void {
    this.manager.jsonClients.add(this);
    const { server, settings } = this.#shared;
    this.#timer = server.clock.after(settings.connectTimeoutMs, () => {
      this.close(CLOSE_CODE.POLICY_VIOLATION, 'not joined in time');
    });
  }

  /** A message came. @internal */
  received(data: Buffer, isBinary: boolean): void {
    let id: number | undefined;
    try {
      if (isBinary) throw badMessage('messages are texts');
      const fields = parseFields(data.toString());
      id = idOf(fields);
      this.#take(readClientMessage(fields, this.#shared.protocol.maxValueDepth));
    } catch (error) {
      if (error instanceof JSONFault) {
        this.sendText(errorText(id, error.code, error.message));
        return;
      }
      const { logger } = this.#shared;
      logger.error(`a message of a JSON client failed: ${describeError(error)}`, {
        connection: this.sessionID,
        stack: error instanceof Error ? error.stack : undefined,
      });
      this.close(INTERNAL_ERROR, 'internal error');
    }
  }

  /** The connection has ended, by either side. Safe twice. @internal */
  ended(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#timer?.cancel();
    this.#held = [];
    this.#calls.close();
    this.manager.jsonClients.delete(this);
    if (this.#session !== undefined) this.#shared.sessions.left(this.#session, this);
  }

  /** @internal */
  sendText(text: string): void {
    this.send(text);
  }

  /** Sends what may be larger than all that otherwise may wait for a client. @internal */
  sendState(text: string): void {
    const frame = encodeTextFrame(text);
    this.extraQueueBytes += frame.length;
    this.member.send(frame);
  }

  /** @internal */
  replaced(): void {
    this.close(CLOSE_CODE.POLICY_VIOLATION, 'the client came back by another connection');
    this.ended();
    const { server, logger } = this.#shared;
    background(server.disconnect(this), logger, 'disconnecting a replaced client');
  }

  /** Tells a client that has not joined yet why it has to go. */
  override close(reason?: CloseReason | number, description = ''): void {
    if (typeof reason === 'object' && reason.kind !== 'normal' && this.#state === 'joining') {
      const code = reason.kind === 'shutdown' ? 'AppShutdown' : 'Rejected';
      this.sendText(refusedText(`NetConnection.Connect.${code}`, reason.description));
    }
    super.close(reason, description);
  }

  #take(message: ClientMessage): void {
    // The application may ask the client something before it decides, so answers do not wait.
    if (message.type === 'result') this.#calls.resolve(message.id, message.value);
    else if (message.type === 'error') this.#rejectCall(message);
    else if (message.type === 'ping') this.#pong(message.id);
    else if (message.type === 'join') this.#join(message);
    else if (this.#state === 'new') throw badMessage('the first message is join');
    else if (this.#state === 'joining') this.#hold(message);
    else this.#request(message);
  }

  #rejectCall({ id, description, value }: Extract<ClientMessage, { type: 'error' }>): void {
    const said = description === '' ? '' : `: ${description}`;
    this.#calls.reject(id, `the client answered with an error${said}`, value ?? { description });
  }

  #pong(id: number | undefined): void {
    this.sendText(id === undefined ? '{"type":"pong"}' : `{"type":"pong","id":${id}}`);
  }

  // Joining

  #join(message: Extract<ClientMessage, { type: 'join' }>): void {
    if (this.#state !== 'new') throw badMessage('this connection has joined');
    this.#state = 'joining';
    background(this.#ask(message), this.#shared.logger, `joining "${this.path}"`);
  }

  async #ask({ args, session }: Extract<ClientMessage, { type: 'join' }>): Promise<void> {
    const result = await this.#shared.server.connect(this, args);
    if (this.#state === 'ended') return;
    this.#timer?.cancel();
    if (!result.accepted) {
      this.#refuse(result);
      return;
    }
    this.#state = 'joined';
    this.#accept(session);
    const held = this.#held;
    this.#held = [];
    for (const waiting of held) {
      if (this.isClosing) return;
      this.#request(waiting);
    }
  }

  #accept(asked: string | undefined): void {
    const { sessions, settings, protocol } = this.#shared;
    const { session, restored } = sessions.join(this, this.scope?.fullPath ?? '', asked);
    this.#session = session;
    const { maxMessageBytes, maxMessagesPerSecond, maxBytesPerSecond } = settings;
    const { maxPendingCalls, sessionTimeoutMs } = protocol;
    const limits = {
      maxMessageBytes,
      maxMessagesPerSecond,
      maxBytesPerSecond,
      maxPendingCalls,
      sessionTimeoutMs,
    };
    const client = this.client?.id;
    this.sendText(
      JSON.stringify({
        type: 'joined',
        version: VERSION,
        client,
        path: this.path,
        session: session.name,
        restored,
        limits,
      }),
    );
  }

  #refuse(result: Extract<ConnectResult, { accepted: false }>): void {
    const application = 'application' in result ? result.application : undefined;
    const isShutdown = result.code === 'NetConnection.Connect.AppShutdown';
    this.sendText(refusedText(result.code, result.description, application));
    this.#state = 'joined';
    this.close(isShutdown ? CLOSE_CODE.GOING_AWAY : CLOSE_CODE.POLICY_VIOLATION, 'refused');
  }

  #hold(message: ClientMessage): void {
    if (this.#held.length < MAX_HELD) this.#held.push(message);
    else this.close(CLOSE_CODE.POLICY_VIOLATION, 'too much was sent before join was answered');
  }

  // Requests

  #request(message: ClientMessage): void {
    const session = this.#session;
    if (session === undefined) return;
    switch (message.type) {
      case 'call':
        if (message.id === undefined) this.#call(message, () => undefined);
        else if (this.#begin(session, message.id)) {
          const { id } = message;
          this.#call(message, (text) => session.answer(id, text));
        }
        break;
      case 'change':
        if (this.#begin(session, message.id)) this.#objects.change(message, session);
        break;
      case 'use':
        this.#objects.use(message);
        break;
      case 'release':
        this.#objects.release(message);
        break;
      case 'leave':
        background(this.#leave(session, message.id), this.#shared.logger, 'leaving');
        break;
      default:
    }
  }

  /** Whether a request has to be carried out now; what it may not, or was before, is answered. */
  #begin(session: Session, id: number): boolean {
    const { maxPendingCalls } = this.#shared.protocol;
    const beginning = session.begin(id);
    if (beginning === 'full') {
      const description = `more than ${maxPendingCalls} requests are pending`;
      this.sendText(callFailedText(id, { reason: 'TOO_MANY_CALLS', description }));
    } else if (beginning === 'unknown') {
      const description = 'this id was used, and its answer is not known any more';
      this.sendText(errorText(id, 'JSON.OutcomeUnknown', description));
    }
    return beginning === 'new';
  }

  #call(message: Extract<ClientMessage, { type: 'call' }>, answer: (text: string) => void): void {
    const { server, logger } = this.#shared;
    const { method, args, id } = message;
    const dot = method.lastIndexOf('.');
    const service = dot < 0 ? {} : { service: method.slice(0, dot) };
    const call = { ...service, method: method.slice(dot + 1), args };
    const answered = server.remoteCalls.invoke(this, call).then((result) => {
      if (id !== undefined) answer(this.#resultText(id, method, result));
    });
    background(answered, logger, `calling "${method.slice(0, 200)}"`);
  }

  #resultText(id: number, method: string, result: RemoteCallResult): string {
    if (!result.ok) return callFailedText(id, result);
    try {
      return `{"type":"result","id":${id},"value":${writeJSONValue(result.value)}}`;
    } catch (error) {
      if (!(error instanceof Red5Error)) throw error;
      const { logger } = this.#shared;
      logger.error(`the result of "${method}" cannot be sent: ${describeError(error)}`);
      return callFailedText(id, { reason: 'RESULT', description: 'The result cannot be sent.' });
    }
  }

  async #leave(session: Session, id: number): Promise<void> {
    await this.#shared.server.disconnect(this);
    this.sendText(doneText(id));
    this.#shared.sessions.end(session);
    this.close(CLOSE_CODE.NORMAL);
  }
}
