/**
 * A request was not carried out, or nobody knows whether it was.
 *
 * `code` is one of the reference's, or `Client.Closed` when the client has left.
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
