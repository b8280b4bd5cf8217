import { createHash } from 'node:crypto';
import { createJiti, type Jiti, type TransformOptions } from 'jiti';

/** Files whose transformed code is remembered. */
const MAX_FILES = 1_000;

/**
 * Makes code that runs of TypeScript and ES modules, and remembers it as text: a version of a webapp has most of its files in common with
 * the version before, and transforming keeps the whole server busy.
 */
export class CodeTransformer {
  readonly #jiti: Jiti = createJiti(import.meta.url, {
    moduleCache: false,
    fsCache: false,
    sourceMaps: true,
  });
  /** Code by what it was made of; those used last at the end. */
  readonly #known = new Map<string, string>();

  transform(options: TransformOptions): string {
    const key = createHash('sha256').update(JSON.stringify(options)).digest('base64');
    const known = this.#known.get(key);
    const code = known ?? this.#jiti.transform(options);
    this.#known.delete(key);
    this.#known.set(key, code);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_FILES && oldest !== undefined) this.#known.delete(oldest);
    return code;
  }
}
