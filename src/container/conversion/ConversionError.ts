/** What a {@link ConversionError} may say besides its message. */
export interface ConversionErrorOptions extends ErrorOptions {
  /** Steps inside of the value, such as `[1]`. */
  readonly path?: string;
}

/** A value does not fit a type; the caller knows where and says so. */
export class ConversionError extends Error {
  /** Steps inside of the value, such as `[1]`. */
  readonly path: string;

  constructor(message: string, options: ConversionErrorOptions = {}) {
    super(message, options);
    this.name = 'ConversionError';
    this.path = options.path ?? '';
  }

  /** The same, one step further out. */
  within(step: string): ConversionError {
    return new ConversionError(this.message, { cause: this.cause, path: `${step}${this.path}` });
  }
}
