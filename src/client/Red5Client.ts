import { byteLength } from './byteLength.ts';
import { decodeValue } from './decodeValue.ts';
import { encodeValue } from './encodeValue.ts';
import { Pacer } from './Pacer.ts';
import { RemoteSharedObject, type UseOptions } from './RemoteSharedObject.ts';
import { RequestError } from './RequestError.ts';
import { type Answer, errorOf, Requests } from './Requests.ts';
import { tellAll } from './tellAll.ts';
import type { WebSocketConstructor, WebSocketLike } from './WebSocketLike.ts';

/** What a {@link Red5Client} is doing. */
export type Red5ClientState = 'new' | 'connecting' | 'joined' | 'waiting' | 'closed';

/** Options of {@link Red5Client}. */
export interface Red5ClientOptions {
  /** What the application's `appConnect` gets. Asked for at each connect when it is a function, as for a token that expires. */
  readonly args?: readonly unknown[] | (() => readonly unknown[] | Promise<readonly unknown[]>);
  /** Methods that the server may call, by name. */
  readonly methods?: Readonly<Record<string, (...args: never[]) => unknown>>;
  /** Default: the one of the platform. Node 20 has none; pass that of the package `ws`. */
  readonly WebSocket?: WebSocketConstructor;
  /** The pause before the first attempt to come back, at random up to this; doubled each time. Default 500. */
  readonly minRetryMs?: number;
  /** Default 20,000. */
  readonly maxRetryMs?: number;
  /** Silence after which the server is asked for a sign of life. Default 20,000. */
  readonly pingIntervalMs?: number;
  /** Time for an attempt to connect, and for a sign of life. Default 10,000. */
  readonly timeoutMs?: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** An id and its name. */
const ID_BYTES = 24;
const OPEN = 1;
const NORMAL = 1000;

/**
 * A member of a room that stays one: when the connection fails it comes back, goes on where it was, and repeats what was not answered.
 *
 * @example
 * const client = new Red5Client('ws://localhost:8081/chat/room1', { args: ['anna'] });
 * await client.join();
 * const board = await client.use('board');
 * await board.set('title', 'Plan');
 */
export class Red5Client {
  readonly #address: string;
  readonly #options: Red5ClientOptions;
  readonly #requests: Requests;
  readonly #objects = new Map<string, RemoteSharedObject>();
  /** What waits for its `use` to be answered, by id; ids that are not of calls and changes are only echoed. */
  readonly #asked = new Map<number, (answer: Answer) => void>();
  readonly #onState = new Set<(state: Red5ClientState) => void>();
  #nextAskID = 1_000_000_000_000;
  #state: Red5ClientState = 'new';
  #joining:
    | { promise: Promise<void>; resolve: () => void; reject: (error: RequestError) => void }
    | undefined;
  #socket: WebSocketLike | undefined;
  #pacer: Pacer | undefined;
  #session: string | undefined;
  #clientID = '';
  #attempts = 0;
  #maxBytes = Number.POSITIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAlive = false;

  constructor(address: string, options: Red5ClientOptions = {}) {
    this.#address = address;
    this.#options = options;
    this.#requests = new Requests((text) => this.#pacer?.send(text));
  }

  get state(): Red5ClientState {
    return this.#state;
  }

  /** The id of the client on the server, a new one with each connection; empty before the first. */
  get clientID(): string {
    return this.#clientID;
  }

  /** Tells of changes of {@link state}; returns what ends it. */
  onState(listener: (state: Red5ClientState) => void): () => void {
    this.#onState.add(listener);
    return () => this.#onState.delete(listener);
  }

  /**
   * Joins, and from now on stays joined until {@link leave}. Resolves when it has joined first; until then it keeps trying.
   *
   * @throws RequestError when the application refuses
   */
  join(): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(closed());
    if (this.#joining === undefined) {
      let resolve: () => void = () => undefined;
      let reject: (error: RequestError) => void = () => undefined;
      const promise = new Promise<void>((yes, no) => {
        resolve = yes;
        reject = no;
      });
      this.#joining = { promise, resolve, reject };
      this.#connect();
    }
    return this.#joining.promise;
  }

  /** Leaves for good. What is not answered is given up. Safe twice. */
  leave(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'joined') {
      this.#socket?.send(JSON.stringify({ type: 'leave', id: this.#nextAskID++ }));
    }
    this.#end(closed());
  }

  /**
   * Calls a method of the application, or `service.method`.
   *
   * @throws RequestError
   */
  async call(method: string, ...args: readonly unknown[]): Promise<unknown> {
    const encoded = encodeValue(args);
    const answer = await this.#add({ type: 'call', method, args: encoded });
    return decodeValue(answer['value']);
  }

  /** Calls a method without wanting an answer; lost while there is no connection. */
  notify(method: string, ...args: readonly unknown[]): void {
    const encoded = encodeValue(args);
    if (this.#state === 'joined') this.#write({ type: 'call', method, args: encoded });
  }

  /**
   * Begins to use a shared object; resolves when all of it is here. Of one that is in use already the same.
   *
   * @throws RequestError
   */
  use(name: string, { persistent = false }: UseOptions = {}): Promise<RemoteSharedObject> {
    const present = this.#objects.get(name);
    if (present !== undefined) return present.loaded;
    if (this.#state === 'closed') return Promise.reject(closed());
    const so = new RemoteSharedObject(name, persistent, {
      change: (ops) => this.#add({ type: 'change', name, ops }),
      release: () => this.#release(so),
    });
    this.#objects.set(name, so);
    if (this.#state === 'joined') this.#use(so);
    return so.loaded;
  }

  /** Does not wait for the next attempt, as when the network is back. */
  retry(): void {
    if (this.#state === 'waiting') this.#connect();
  }

  #add(fields: Fields): Promise<Answer> {
    if (this.#state !== 'closed') return this.#requests.add(fields);
    return Promise.reject(closed());
  }

  // Connecting

  #connect(): void {
    const WebSocket =
      this.#options.WebSocket ??
      (globalThis as { WebSocket?: WebSocketConstructor | undefined }).WebSocket;
    if (WebSocket === undefined) {
      this.#end(new RequestError('Client.NoWebSocket', 'pass the WebSocket of the package "ws"'));
      return;
    }
    this.#enter('connecting');
    let socket: WebSocketLike;
    try {
      socket = new WebSocket(this.#address, ['red5.json']);
    } catch (cause) {
      this.#end(new RequestError('Client.BadAddress', String(cause)));
      return;
    }
    this.#socket = socket;
    this.#startTimer(this.#options.timeoutMs ?? 10_000, () => this.#drop(socket));
    // Only the current socket counts; one that was given up may still report.
    socket.onopen = () => {
      if (socket === this.#socket) this.#sayJoin(socket);
    };
    socket.onmessage = (event: { readonly data: unknown }) => {
      if (socket === this.#socket) this.#received(JSON.parse(String(event.data)) as Answer);
    };
    socket.onerror = () => undefined; // The end follows.
    socket.onclose = () => {
      if (socket === this.#socket) this.#lost();
    };
  }

  #sayJoin(socket: WebSocketLike): void {
    const { args = [] } = this.#options;
    const say = (given: readonly unknown[]): void => {
      if (socket !== this.#socket || socket.readyState !== OPEN) return;
      const session = this.#session === undefined ? {} : { session: this.#session };
      const join = { type: 'join', version: 1, args: encodeValue(given), ...session };
      socket.send(JSON.stringify(join));
    };
    // The next attempt asks for them again.
    Promise.resolve(typeof args === 'function' ? args() : args).then(say, () => this.#drop(socket));
  }

  #joined(message: Answer): void {
    const { maxPendingCalls, maxMessagesPerSecond, maxBytesPerSecond, maxMessageBytes } = message[
      'limits'
    ] as Readonly<Record<string, number>>;
    const socket = this.#socket;
    this.#pacer = new Pacer((text) => socket?.send(text), {
      messagesPerSecond: maxMessagesPerSecond ?? 0,
      bytesPerSecond: maxBytesPerSecond ?? 0,
    });
    this.#attempts = 0;
    this.#session = String(message['session']);
    this.#clientID = String(message['client']);
    this.#watch();
    this.#enter('joined');
    this.#asked.clear();
    for (const so of this.#objects.values()) this.#use(so);
    this.#maxBytes = maxMessageBytes ?? 0;
    this.#requests.joined(message['restored'] === true, {
      maxOpen: maxPendingCalls ?? 1,
      maxBytes: this.#maxBytes,
    });
    this.#joining?.resolve();
  }

  #refused(message: Answer): void {
    // An application that stops may be started again.
    if (message['code'] === 'NetConnection.Connect.AppShutdown') return;
    this.#end(errorOf(message));
  }

  /** Gives a socket up that may not even be able to close. */
  #drop(socket: WebSocketLike): void {
    if (socket !== this.#socket) return;
    this.#lost();
    socket.close();
  }

  #lost(): void {
    this.#disconnect();
    const { minRetryMs = 500, maxRetryMs = 20_000 } = this.#options;
    const longest = Math.min(maxRetryMs, minRetryMs * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#startTimer(Math.random() * longest, () => this.#connect());
    this.#enter('waiting');
  }

  #disconnect(): void {
    clearTimeout(this.#timer);
    this.#socket = undefined;
    this.#pacer?.stop();
    this.#pacer = undefined;
    this.#requests.paused();
  }

  #end(error: RequestError): void {
    const socket = this.#socket;
    this.#disconnect();
    socket?.close(NORMAL);
    this.#enter('closed');
    this.#requests.close();
    for (const so of this.#objects.values()) so.closed(error);
    this.#objects.clear();
    // Whoever did not wait for it does not need to be told.
    this.#joining?.promise.catch(() => undefined);
    this.#joining?.reject(error);
  }

  #enter(state: Red5ClientState): void {
    this.#state = state;
    tellAll(this.#onState, state);
  }

  /** Asks the server for a sign of life when it is silent, and gives it up when none comes. */
  #watch(): void {
    const { pingIntervalMs = 20_000, timeoutMs = 10_000 } = this.#options;
    this.#isAlive = false;
    this.#startTimer(pingIntervalMs, () => {
      if (this.#isAlive) {
        this.#watch();
        return;
      }
      const socket = this.#socket;
      socket?.send('{"type":"ping"}');
      this.#startTimer(timeoutMs, () => {
        if (this.#isAlive) this.#watch();
        else if (socket !== undefined) this.#drop(socket);
      });
    });
  }

  #startTimer(ms: number, run: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(run, ms);
  }

  // Messages

  #write(message: Fields): void {
    this.#pacer?.send(JSON.stringify(message));
  }

  #received(message: Answer): void {
    this.#isAlive = true;
    switch (message['type']) {
      case 'joined':
        this.#joined(message);
        break;
      case 'refused':
        this.#refused(message);
        break;
      case 'call':
        this.#called(message);
        break;
      case 'changes':
        this.#objects.get(String(message['name']))?.step(message);
        break;
      case 'closed':
        this.#forget(String(message['name']));
        break;
      default:
        this.#answered(message);
    }
  }

  #answered(message: Answer): void {
    if (this.#requests.answer(message)) return;
    const id = Number(message['id']);
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    asked?.(message);
  }

  #called({ id, method, args }: Answer): void {
    const answer = (fields: Fields): void => {
      if (id === undefined) return;
      // While the application decides, there is no limit yet to keep to.
      if (this.#pacer === undefined) this.#socket?.send(JSON.stringify({ ...fields, id }));
      else this.#write({ ...fields, id });
    };
    const { methods = {} } = this.#options;
    const name = String(method);
    const called = Object.hasOwn(methods, name) ? methods[name] : undefined;
    const run = async (): Promise<void> => {
      if (called === undefined) throw new Error(`there is no method ${name}`);
      const value = await called(...(decodeValue(args) as never[]));
      const result = { type: 'result', value: encodeValue(value) };
      if (byteLength(JSON.stringify(result)) + ID_BYTES > this.#maxBytes) {
        throw new Error('the result is too large');
      }
      answer(result);
    };
    run().catch((error: unknown) => {
      const description = error instanceof Error ? error.message : String(error);
      answer({ type: 'error', description });
    });
  }

  #use(so: RemoteSharedObject): void {
    const { name, persistent, known } = so;
    const id = this.#nextAskID;
    this.#nextAskID += 1;
    this.#asked.set(id, (answer) => {
      if (this.#objects.get(name) !== so) return; // Released meanwhile.
      if (answer['type'] === 'error') this.#forget(name, errorOf(answer));
      else if (answer['type'] === 'resumed') so.resumed(answer);
      else so.snapshot(answer);
    });
    this.#write({ type: 'use', id, name, persistent, ...known });
  }

  #release(so: RemoteSharedObject): void {
    if (this.#objects.get(so.name) !== so) return;
    this.#objects.delete(so.name);
    if (this.#state !== 'joined') return;
    const id = this.#nextAskID;
    this.#nextAskID += 1;
    this.#write({ type: 'release', id, name: so.name });
  }

  #forget(name: string, error?: RequestError): void {
    const so = this.#objects.get(name);
    this.#objects.delete(name);
    so?.closed(error);
  }
}

function closed(): RequestError {
  return new RequestError('Client.Closed', 'the client has left');
}
