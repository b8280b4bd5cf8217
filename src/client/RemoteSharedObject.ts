import { decodeValue } from './decodeValue.ts';
import { encodeValue } from './encodeValue.ts';
import { RequestError } from './RequestError.ts';
import type { Answer } from './Requests.ts';
import { tellAll } from './tellAll.ts';

/** How a shared object is used. */
export interface UseOptions {
  /** Whether it outlives the server; the same for all who use it. Default false. */
  readonly persistent?: boolean;
}

/** One operation of a change. */
export type Operation =
  | {
      readonly op: 'set';
      readonly key: string;
      readonly value: unknown;
      readonly ifVersion?: number;
    }
  | { readonly op: 'remove'; readonly key: string; readonly ifVersion?: number }
  | { readonly op: 'clear' }
  | { readonly op: 'send'; readonly method: string; readonly args: readonly unknown[] };

/** A condition of a change. */
export interface ChangeOptions {
  /** The version the attribute must have; 0: there must be none. */
  readonly ifVersion?: number;
}

/** What became of one attribute. */
export interface AttributeChange {
  readonly key: string;
  /** Undefined when it was removed. */
  readonly value: unknown;
  readonly previous: unknown;
}

/** Whether a change was told as it happened, or found in all the attributes: at first, or after a gap in which messages were lost. */
export type ChangesOrigin = 'step' | 'first' | 'gap';

/** What an object needs of its client. */
export interface ObjectConnection {
  change(ops: readonly unknown[]): Promise<Answer>;
  release(): void;
}

interface Attribute {
  readonly value: unknown;
  readonly version: number;
}

/** A shared object on the server, and what it holds as far as this client knows. */
export class RemoteSharedObject {
  readonly name: string;
  readonly persistent: boolean;
  readonly #connection: ObjectConnection;
  readonly #attributes = new Map<string, Attribute>();
  readonly #onChange = new Set<
    (changes: readonly AttributeChange[], origin: ChangesOrigin) => void
  >();
  readonly #onMessage = new Set<(method: string, args: readonly unknown[]) => void>();
  readonly #onClosed = new Set<(error: RequestError | undefined) => void>();
  #epoch = '';
  #version = 0;
  #isClosed = false;
  /** Resolves when all of it is here. @internal */
  readonly loaded: Promise<this>;
  #resolve: (so: this) => void = () => undefined;
  #reject: (error: RequestError) => void = () => undefined;

  /** @internal */
  constructor(name: string, persistent: boolean, connection: ObjectConnection) {
    this.name = name;
    this.persistent = persistent;
    this.#connection = connection;
    this.loaded = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever waits for it is told; nobody has to.
    this.loaded.catch(() => undefined);
  }

  /** The version of the last step that is known. */
  get version(): number {
    return this.#version;
  }

  /** Whether it was released, or has ended. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get keys(): string[] {
    return [...this.#attributes.keys()];
  }

  has(key: string): boolean {
    return this.#attributes.has(key);
  }

  get(key: string): unknown {
    return this.#attributes.get(key)?.value;
  }

  /** The version of an attribute, for `ifVersion`; 0 when there is none. */
  versionOf(key: string): number {
    return this.#attributes.get(key)?.version ?? 0;
  }

  /** All values as they are now. */
  toMap(): Map<string, unknown> {
    return new Map([...this.#attributes].map(([key, { value }]) => [key, value]));
  }

  /** Sets an attribute; null removes it. Resolves when it is in effect for everybody. */
  set(key: string, value: unknown, options: ChangeOptions = {}): Promise<void> {
    return this.change({ op: 'set', key, value, ...options });
  }

  remove(key: string, options: ChangeOptions = {}): Promise<void> {
    return this.change({ op: 'remove', key, ...options });
  }

  clear(): Promise<void> {
    return this.change({ op: 'clear' });
  }

  /** Sends a message to all who use the object, this client included. */
  send(method: string, ...args: readonly unknown[]): Promise<void> {
    return this.change({ op: 'send', method, args });
  }

  /**
   * Carries out several operations in one step, or none of them.
   *
   * @throws RequestError `SharedObject.VersionMismatch` and others
   */
  async change(...ops: readonly Operation[]): Promise<void> {
    if (this.#isClosed) throw new RequestError('Client.Closed', 'the shared object was released');
    await this.#connection.change(ops.map(encodeOperation));
  }

  /** Ends the use. Safe twice. */
  release(): void {
    if (this.#isClosed) return;
    this.#connection.release();
    this.closed();
  }

  /** Tells of changes of attributes, one call for each step; returns what ends it. */
  onChange(
    listener: (changes: readonly AttributeChange[], origin: ChangesOrigin) => void,
  ): () => void {
    this.#onChange.add(listener);
    return () => this.#onChange.delete(listener);
  }

  /** Tells of messages; returns what ends it. */
  onMessage(listener: (method: string, args: readonly unknown[]) => void): () => void {
    this.#onMessage.add(listener);
    return () => this.#onMessage.delete(listener);
  }

  /** Tells that the server removed the object, or does not let it be used any more; returns what ends it. */
  onClosed(listener: (error: RequestError | undefined) => void): () => void {
    this.#onClosed.add(listener);
    return () => this.#onClosed.delete(listener);
  }

  /** What `use` says of what is known already. @internal */
  get known(): { readonly epoch: string; readonly since: number } | undefined {
    return this.#version === 0 ? undefined : { epoch: this.#epoch, since: this.#version };
  }

  /** All there is. @internal */
  snapshot(message: Answer): void {
    const origin = this.#version === 0 ? 'first' : 'gap';
    this.#epoch = String(message['epoch']);
    this.#version = Number(message['version']);
    const before = new Map(this.#attributes);
    this.#attributes.clear();
    const changes: AttributeChange[] = [];
    for (const { key, value, version } of message['attributes'] as Answer[]) {
      const decoded = decodeValue(value);
      this.#attributes.set(String(key), { value: decoded, version: Number(version) });
      const previous = before.get(String(key));
      before.delete(String(key));
      if (origin === 'gap' && previous?.version === version) continue;
      changes.push({ key: String(key), value: decoded, previous: previous?.value });
    }
    for (const [key, { value }] of before) {
      changes.push({ key, value: undefined, previous: value });
    }
    this.#resolve(this);
    if (changes.length > 0) tellAll(this.#onChange, changes, origin);
  }

  /** All that was missed. @internal */
  resumed(message: Answer): void {
    for (const step of message['changes'] as Answer[]) this.step(step);
    this.#version = Math.max(this.#version, Number(message['version']));
  }

  /** A step of the object. @internal */
  step(message: Answer): void {
    if (this.#version === 0) return; // Of an earlier use of the same name.
    const version = Number(message['version']);
    this.#version = version;
    const changes: AttributeChange[] = [];
    const messages: (readonly [string, readonly unknown[]])[] = [];
    for (const operation of message['ops'] as Answer[]) {
      const { op, method, args } = operation;
      if (op === 'send') messages.push([String(method), decodeValue(args) as unknown[]]);
      else changes.push(this.#apply(operation, version));
    }
    if (changes.length > 0) tellAll(this.#onChange, changes, 'step');
    for (const [method, args] of messages) tellAll(this.#onMessage, method, args);
  }

  /** @internal */
  closed(error?: RequestError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reject(error ?? new RequestError('Client.Closed', 'the shared object has ended'));
    tellAll(this.#onClosed, error);
  }

  #apply(operation: Answer, stepVersion: number): AttributeChange {
    const key = String(operation['key']);
    const previous = this.get(key);
    if (operation['op'] === 'remove') {
      this.#attributes.delete(key);
      return { key, value: undefined, previous };
    }
    const value = decodeValue(operation['value']);
    const version = Number(operation['version'] ?? stepVersion);
    this.#attributes.set(key, { value, version });
    return { key, value, previous };
  }
}

function encodeOperation(operation: Operation): unknown {
  if (operation.op === 'set') return { ...operation, value: encodeValue(operation.value) };
  return operation.op === 'send' ? { ...operation, args: encodeValue(operation.args) } : operation;
}
