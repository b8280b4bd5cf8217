import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** A file that a bean file names; it need not exist until it is read. */
export class Resource {
  /** Path on disk. */
  readonly path: string;
  /** As it was named. */
  readonly location: string;

  constructor(path: string, location: string) {
    this.path = path;
    this.location = location;
  }

  /** Last part of the path. */
  get filename(): string {
    return basename(this.path);
  }

  /** True when there is such a file. */
  get exists(): boolean {
    return existsSync(this.path);
  }

  /** The whole file as UTF-8 text. */
  get text(): string {
    return readFileSync(this.path, 'utf8');
  }

  toString(): string {
    return this.location;
  }
}
