import { Red5Error } from '../../base/index.ts';

/**
 * Thrown by connect and join callbacks to refuse a client with a reason.
 *
 * @red5 org.red5.server.exception.ClientRejectedException
 */
export class ClientRejected extends Red5Error {
  /** What the client is told as `application`; a text is its description as well. */
  readonly reason: unknown;

  constructor(reason: unknown = 'Client rejected') {
    super('CLIENT_REJECTED', typeof reason === 'string' ? reason : 'Client rejected');
    this.reason = reason;
  }
}
