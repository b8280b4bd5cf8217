import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder with the given files, removed when the test ends. */
export class TemporaryFolder {
  readonly path: string;

  private constructor(folder: string) {
    this.path = folder;
  }

  /** @param files - text by path; folders are made as needed */
  static async create(files: Readonly<Record<string, string>> = {}): Promise<TemporaryFolder> {
    const folder = new TemporaryFolder(await mkdtemp(path.join(tmpdir(), 'red5-test-')));
    await folder.write(files);
    return folder;
  }

  /** A path inside the folder. */
  file(...parts: readonly string[]): string {
    return path.join(this.path, ...parts);
  }

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(this.file(name)), { recursive: true });
      await writeFile(this.file(name), text);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
