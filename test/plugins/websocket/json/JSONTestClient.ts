import assert from 'node:assert/strict';
import { TestClient } from '../support.ts';

/** A message as it came. */
export type Message = Readonly<Record<string, unknown>>;

/** A client of the protocol made of texts, which shares nothing with `src`. */
export class JSONTestClient {
  readonly wire: TestClient;
  readonly #arrived: Message[] = [];
  #read = 0;
  #nextID = 1;

  constructor(wire: TestClient) {
    this.wire = wire;
  }

  static async open(url: string): Promise<JSONTestClient> {
    const wire = await TestClient.open(url, ['red5.json']);
    assert.equal(wire.socket.protocol, 'red5.json');
    return new JSONTestClient(wire);
  }

  /** Opens and joins; a refusal fails. */
  static async join(url: string, fields: Message = {}): Promise<JSONTestClient> {
    const client = await JSONTestClient.open(url);
    const joined = await client.joins(fields);
    assert.equal(joined['type'], 'joined', JSON.stringify(joined));
    return client;
  }

  session = '';

  async joins(fields: Message = {}): Promise<Message> {
    this.send({ type: 'join', version: 1, ...fields });
    const joined = await this.next(({ type }) => type === 'joined' || type === 'refused');
    this.session = String(joined['session']);
    return joined;
  }

  send(message: Message): void {
    this.wire.send(JSON.stringify(message));
  }

  /** Sends a request under the next id and waits for its answer. */
  async ask(message: Message): Promise<Message> {
    const id = this.sendRequest(message);
    return await this.answerTo(id);
  }

  sendRequest(message: Message): number {
    const id = Number(message['id'] ?? this.#nextID);
    this.#nextID = Math.max(this.#nextID, id + 1);
    this.send({ ...message, id });
    return id;
  }

  answerTo(id: number): Promise<Message> {
    return this.next((message) => message['id'] === id && message['type'] !== 'call');
  }

  /** The next message that is accepted; others stay. */
  async next(accepts: (message: Message) => boolean = () => true): Promise<Message> {
    for (;;) {
      const at = this.arrived.findIndex(accepts);
      if (at >= 0) return this.#arrived.splice(at, 1)[0] as Message;
      const { length } = this.wire.texts;
      await Promise.race([this.wire.received(length + 1), this.wire.closed]);
      if (this.wire.texts.length === length) throw new Error('the connection was closed');
    }
  }

  /** What came and was not taken. */
  get arrived(): readonly Message[] {
    for (; this.#read < this.wire.texts.length; this.#read += 1) {
      this.#arrived.push(JSON.parse(this.wire.texts[this.#read] ?? ''));
    }
    return this.#arrived;
  }

  /** Takes all `changes` of an object that have come, once the server has answered everything sent so far. */
  async changes(name: string): Promise<string[]> {
    await this.settled();
    const found = this.arrived.filter((m) => m['type'] === 'changes' && m['name'] === name);
    for (const message of found) this.#arrived.splice(this.#arrived.indexOf(message), 1);
    return found.map(
      (message) => `${message['version']} ${(message['ops'] as Message[]).map(describeOp).join()}`,
    );
  }

  async settled(): Promise<void> {
    const id = 1_000_000 + Math.floor(Math.random() * 1e9);
    this.send({ type: 'ping', id });
    await this.next((message) => message['type'] === 'pong' && message['id'] === id);
  }

  /** Cuts the connection as a failing network does. */
  async cut(): Promise<void> {
    this.wire.socket.terminate();
    await this.wire.closed;
  }
}

export function describeOp({ op, key, value, method, args }: Message): string {
  if (op === 'set') return `${key}=${JSON.stringify(value)}`;
  return op === 'remove' ? `-${key}` : `${method}${JSON.stringify(args)}`;
}
