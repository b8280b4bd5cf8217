import type { SourceLocation } from '../../base/index.ts';

/** The text of a file, with its lines, so that an offset becomes a place people can find. */
export class SourceText {
  /** Path as it is shown to people. */
  readonly file: string;
  readonly text: string;
  #lineStarts: number[] | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  /** The place of an offset; offsets outside of the text are moved to its nearest end. */
  at(offset: number): SourceLocation {
    const starts = this.#starts();
    const place = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= place) low = middle;
      else high = middle - 1;
    }
    return { file: this.file, line: low + 1, column: place - (starts[low] ?? 0) + 1 };
  }

  #starts(): number[] {
    if (this.#lineStarts !== undefined) return this.#lineStarts;
    const starts = [0];
    for (let at = this.text.indexOf('\n'); at !== -1; at = this.text.indexOf('\n', at + 1)) {
      starts.push(at + 1);
    }
    this.#lineStarts = starts;
    return starts;
  }
}
