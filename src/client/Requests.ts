import { byteLength } from './byteLength.ts';
import { RequestError } from './RequestError.ts';

/** A message of the server. */
export type Answer = Readonly<Record<string, unknown>>;

interface Request {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: RequestError) => void;
}

/**
 * The calls and changes of a client: in order, no more at a time than the server remembers, and repeated when a session goes on.
 *
 * Ids are given when a request is sent first, as they begin anew with each session.
 */
export class Requests {
  readonly #send: (text: string) => void;
  readonly #waiting: Request[] = [];
  /** Sent and not answered, by id. */
  readonly #open = new Map<number, Request>();
  #nextID = 1;
  #maxOpen = 0;
  #maxBytes = 0;

  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  /** Resolves with the answer; rejects with a {@link RequestError}. */
  add(fields: Readonly<Record<string, unknown>>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ fields, resolve, reject });
      this.#sendMore();
    });
  }

  /** A session has begun or goes on: sends what has to be sent. */
  joined(restored: boolean, limits: { readonly maxOpen: number; readonly maxBytes: number }): void {
    this.#maxOpen = limits.maxOpen;
    this.#maxBytes = limits.maxBytes;
    if (restored) {
      for (const [id, { fields }] of this.#open) this.#send(JSON.stringify({ ...fields, id }));
    } else {
      this.#nextID = 1;
      const lost = [...this.#open.values()];
      this.#open.clear();
      for (const { reject } of lost) reject(unknownOutcome());
    }
    this.#sendMore();
  }

  /** The connection is gone: nothing can be sent. */
  paused(): void {
    this.#maxOpen = 0;
  }

  /** Takes an answer; false when it is for nobody here. */
  answer(answer: Answer): boolean {
    const id = answer['id'];
    const request = typeof id === 'number' ? this.#open.get(id) : undefined;
    if (typeof id !== 'number' || request === undefined) return false;
    this.#open.delete(id);
    if (answer['type'] === 'error') request.reject(errorOf(answer));
    else request.resolve(answer);
    this.#sendMore();
    return true;
  }

  /** The client has left. */
  close(): void {
    this.#maxOpen = 0;
    const sent = [...this.#open.values()];
    const waiting = this.#waiting.splice(0);
    this.#open.clear();
    for (const { reject } of sent) reject(unknownOutcome());
    for (const { reject } of waiting)
      reject(new RequestError('Client.Closed', 'the client has left'));
  }

  #sendMore(): void {
    while (this.#open.size < this.#maxOpen) {
      const request = this.#waiting.shift();
      if (request === undefined) return;
      const id = this.#nextID;
      const text = JSON.stringify({ ...request.fields, id });
      if (byteLength(text) > this.#maxBytes) {
        // The server would end the connection, and again each time it is repeated.
        request.reject(new RequestError('Client.TooLarge', `more than ${this.#maxBytes} bytes`));
        continue;
      }
      this.#nextID += 1;
      this.#open.set(id, request);
      this.#send(text);
    }
  }
}

/** The error of an answer of type `error` or `refused`. */
export function errorOf(answer: Answer): RequestError {
  const { code, description } = answer;
  return new RequestError(String(code), String(description), answer);
}

function unknownOutcome(): RequestError {
  const description = 'the connection was lost, and nobody knows whether this was carried out';
  return new RequestError('JSON.OutcomeUnknown', description);
}
