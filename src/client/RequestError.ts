/**
 * A request was not carried out, or nobody knows whether it was.
 *
 * `code` is one of the reference's, `Client.Closed` when the client has left, or `Client.TooLarge` for more than the server takes.
 */
export class RequestError extends Error {
  readonly code: string;
  /** Everything the server said: `reason` of a call, `key`, `version` and `value` of a version that did not hold. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, description: string, details: Readonly<Record<string, unknown>> = {}) {
    super(description);
    this.name = 'RequestError';
    this.code = code;
    this.details = details;
  }
}
