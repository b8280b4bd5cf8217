import { ProtocolError } from '../base/index.ts';
import type { AMFErrorCode } from './amfErrors.ts';

/** How much one message may make a reader build. */
export interface AMFLimits {
  /** Values inside values. Default 64. */
  readonly maxDepth: number;
  /** Values in one message; each element and each property is one. Default 100,000. */
  readonly maxValues: number;
  /** Bytes of one string, XML text or byte array. Default 1 MiB. */
  readonly maxStringBytes: number;
  /**
   * Size of one message's values with every reference written out: 16 bytes each and their text. Default 16 MiB.
   * Checked where text or a reference is read, since `maxValues` bounds the rest.
   *
   * References make a small message stand for a huge tree, which would come into being when it is copied or sent on.
   */
  readonly maxExpandedBytes: number;
}

/** The limits of a reader that was given none. */
export const DEFAULT_AMF_LIMITS: AMFLimits = {
  maxDepth: 64,
  maxValues: 100_000,
  maxStringBytes: 1024 * 1024,
  maxExpandedBytes: 16 * 1024 * 1024,
};

const VALUE_BYTES = 16;

/**
 * What a message has used of its {@link AMFLimits}; AMF0 and the AMF3 values inside it share one.
 *
 * @internal
 */
export class ReadBudget {
  readonly #limits: AMFLimits;
  #values = 0;
  #depth = 0;
  /** What text and references add to the expanded size. */
  #more = 0;

  constructor(limits: Partial<AMFLimits> = {}) {
    this.#limits = { ...DEFAULT_AMF_LIMITS, ...limits };
  }

  /** Size so far, references counted in full. */
  get expandedBytes(): number {
    return this.#values * VALUE_BYTES + this.#more;
  }

  /** Counts values that are read now. */
  takeValues(count: number): void {
    this.#values += count;
    if (this.#values > this.#limits.maxValues) {
      throw amfError('AMF_TOO_MANY_VALUES', `more than ${this.#limits.maxValues} values`);
    }
  }

  /** Counts text or bytes that are read now. */
  takeText(bytes: number): void {
    if (bytes > this.#limits.maxStringBytes) {
      throw amfError(
        'AMF_STRING_TOO_LONG',
        `${bytes} bytes where at most ${this.#limits.maxStringBytes} are allowed`,
      );
    }
    this.expand(bytes);
  }

  /** Counts what a reference stands for. */
  expand(bytes: number): void {
    this.#more += bytes;
    if (this.expandedBytes > this.#limits.maxExpandedBytes) {
      throw amfError(
        'AMF_TOO_MANY_VALUES',
        `values of more than ${this.#limits.maxExpandedBytes} bytes, references written out`,
      );
    }
  }

  enter(): void {
    this.#depth += 1;
    if (this.#depth > this.#limits.maxDepth) {
      throw amfError('AMF_TOO_DEEP', `nested deeper than ${this.#limits.maxDepth}`);
    }
  }

  leave(): void {
    this.#depth -= 1;
  }
}

/**
 * Makes the error for bad AMF data.
 *
 * @internal
 */
export function amfError(code: AMFErrorCode, message: string): ProtocolError {
  return new ProtocolError(code, message);
}
