import { Session } from 'node:inspector';

/** Something that takes any bytes. */
export interface FuzzTarget {
  readonly name: string;
  /** Well-formed inputs to begin with. */
  readonly seeds: readonly Buffer[];
  /** Takes an input; throws when something is wrong with how it was taken. */
  run(input: Buffer): void;
}

/** Options of {@link fuzz}. */
export interface FuzzOptions {
  readonly runs: number;
  readonly seed: number;
  /** Whether inputs that reach new code become seeds. */
  readonly guided: boolean;
  /** Inputs of earlier runs. */
  readonly corpus?: readonly Buffer[];
  /** Parts of the URLs of the code to be reached. */
  readonly code?: readonly string[];
}

/** What a run found. */
export interface FuzzResult {
  /** Inputs that reached code no earlier one had, beyond seeds and corpus. */
  readonly found: readonly Buffer[];
  /** Blocks of code reached; 0 when not guided. */
  readonly blocks: number;
}

/** An input that was not taken as it has to be. */
export class FuzzFailure extends Error {
  readonly input: Buffer;

  constructor(target: string, options: { readonly cause: unknown; readonly input: Buffer }) {
    const { cause, input } = options;
    super(`${target} does not take ${input.toString('hex')}: ${String(cause)}`, { cause });
    this.input = input;
  }
}

const BATCH = 500;
const MAX_LENGTH = 1200;

/** Feeds a target with changed copies of what it knows. */
export function fuzz(target: FuzzTarget, options: FuzzOptions): FuzzResult {
  const random = randomOf(options.seed);
  const pool = [...target.seeds, ...(options.corpus ?? [])];
  const coverage = options.guided ? new Coverage(options.code ?? ['/src/']) : undefined;
  const found: Buffer[] = [];
  for (const input of pool) attempt(target, input);
  coverage?.take();
  for (let done = 0; done < options.runs; done += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, options.runs - done) }, () =>
      mutate(pool, random),
    );
    for (const input of batch) attempt(target, input);
    if (coverage === undefined || !coverage.take()) continue;
    // Something in the batch was new; the same inputs in smaller pieces show which.
    const input = narrow(batch, target, coverage);
    pool.push(input);
    found.push(input);
  }
  const blocks = coverage?.size ?? 0;
  coverage?.stop();
  return { found, blocks };
}

function attempt(target: FuzzTarget, input: Buffer): void {
  try {
    target.run(input);
  } catch (error) {
    throw new FuzzFailure(target.name, { cause: error, input });
  }
}

/** The first input of a batch that reaches what the batch was the first to reach. */
function narrow(batch: readonly Buffer[], target: FuzzTarget, coverage: Coverage): Buffer {
  const wanted = coverage.latest;
  for (const input of batch) {
    coverage.measure();
    attempt(target, input);
    const reached = coverage.measure();
    for (const block of wanted) if (reached.has(block)) return input;
  }
  return batch[0] as Buffer;
}

/** Which blocks of code were run, as V8 counts them. */
class Coverage {
  readonly #session = new Session();
  readonly #code: readonly string[];
  readonly #known = new Set<string>();
  /** What the last {@link take} saw for the first time. */
  latest: ReadonlySet<string> = new Set();

  constructor(code: readonly string[]) {
    this.#code = code;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  get size(): number {
    return this.#known.size;
  }

  /** Whether something was reached since the last call that never was before. */
  take(): boolean {
    const fresh = new Set<string>();
    for (const block of this.measure()) {
      if (!this.#known.has(block)) fresh.add(block);
    }
    for (const block of fresh) this.#known.add(block);
    this.latest = fresh;
    return fresh.size > 0;
  }

  /** What was reached since the last call. */
  measure(): Set<string> {
    const reached = new Set<string>();
    this.#session.post('Profiler.takePreciseCoverage', (_error, { result }) => {
      for (const script of result) {
        if (!this.#code.some((part) => script.url.includes(part))) continue;
        for (const fn of script.functions) {
          for (const range of fn.ranges) {
            if (range.count > 0)
              reached.add(`${script.scriptId}:${range.startOffset}:${range.endOffset}`);
          }
        }
      }
    });
    return reached;
  }

  stop(): void {
    this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }
}

type Random = () => number;

/** Whole numbers of 32 bits, the same for the same seed (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

const INTERESTING = [0, 1, 2, 3, 7, 8, 9, 0x0a, 0x10, 0x11, 0x12, 0x7f, 0x80, 0x81, 0xfe, 0xff];
const INTERESTING_32 = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x10000, 0xffffff, 0x7fffffff, 0xffffffff];

function mutate(pool: readonly Buffer[], random: Random): Buffer {
  const pick = (): Buffer => pool[random() % pool.length] as Buffer;
  let bytes: Buffer = Buffer.from(pick());
  for (let changes = 1 + (random() % 4); changes > 0; changes--) {
    bytes = mutateOnce(bytes, pick, random);
  }
  return bytes.subarray(0, MAX_LENGTH);
}

function mutateOnce(bytes: Buffer, pick: () => Buffer, random: Random): Buffer {
  const at = bytes.length === 0 ? 0 : random() % bytes.length;
  switch (random() % 9) {
    case 0:
      return replace(bytes, at, 1, Buffer.of((bytes[at] ?? 0) ^ (1 << (random() % 8))));
    case 1:
      return replace(bytes, at, 1, Buffer.of(random() & 0xff));
    case 2:
      return replace(bytes, at, 1, Buffer.of(INTERESTING[random() % INTERESTING.length] as number));
    case 3: {
      const number = Buffer.alloc(4);
      number.writeUInt32BE(INTERESTING_32[random() % INTERESTING_32.length] as number);
      return replace(bytes, at, 4, number);
    }
    case 4:
      return replace(bytes, at, 0, Buffer.of(random() & 0xff));
    case 5:
      return replace(bytes, at, 1 + (random() % 8), Buffer.alloc(0));
    case 6:
      return bytes.subarray(0, at);
    case 7: {
      const length = 1 + (random() % 32);
      return replace(bytes, at, 0, bytes.subarray(at, at + length));
    }
    default: {
      const other = pick();
      const from = other.length === 0 ? 0 : random() % other.length;
      return Buffer.concat([bytes.subarray(0, at), other.subarray(from)]);
    }
  }
}

function replace(bytes: Buffer, at: number, length: number, by: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + length)]);
}
