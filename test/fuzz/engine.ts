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
  /** Characters of code reached; 0 when not guided. */
  readonly reached: number;
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
  const reached = coverage?.size ?? 0;
  coverage?.stop();
  return { found, reached };
}

/** The inputs of a corpus that reach code which neither the seeds nor those before them reach. */
export function minimize(
  target: FuzzTarget,
  corpus: readonly Buffer[],
  code: readonly string[],
): Buffer[] {
  const coverage = new Coverage(code);
  for (const input of target.seeds) attempt(target, input);
  coverage.take();
  const kept = corpus.filter((input) => {
    attempt(target, input);
    return coverage.take();
  });
  coverage.stop();
  return kept;
}

function attempt(target: FuzzTarget, input: Buffer): void {
  try {
    target.run(input);
  } catch (error) {
    throw new FuzzFailure(target.name, { cause: error, input });
  }
}

/** The first input of a batch that reaches something the batch was the first to reach. */
function narrow(batch: readonly Buffer[], target: FuzzTarget, coverage: Coverage): Buffer {
  for (const input of batch) {
    coverage.reset();
    attempt(target, input);
    if (coverage.reachesLatest()) return input;
  }
  return batch[0] as Buffer;
}

type Painted = ReadonlyMap<string, Uint8Array>;

/** Which characters of the code were run, as V8 counts them. */
class Coverage {
  readonly #session = new Session();
  readonly #code: readonly string[];
  readonly #known = new Map<string, Uint8Array>();
  /** One character of each stretch that the last {@link take} saw for the first time. */
  #latest: readonly (readonly [script: string, at: number])[] = [];

  constructor(code: readonly string[]) {
    this.#code = code;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Characters of code reached so far. */
  get size(): number {
    let size = 0;
    for (const known of this.#known.values()) for (const flag of known) size += flag;
    return size;
  }

  /** Whether something was reached since the last call that never was before. */
  take(): boolean {
    const latest: [string, number][] = [];
    for (const [script, painted] of this.#measure()) {
      const known = grown(this.#known.get(script), painted.length);
      this.#known.set(script, known);
      for (let at = 0; at < painted.length; at++) {
        if (painted[at] === 0 || known[at] === 1) continue;
        if (at === 0 || painted[at - 1] === 0 || known[at - 1] === 1) latest.push([script, at]);
      }
      for (let at = 0; at < painted.length; at++) known[at] = (known[at] ?? 0) | (painted[at] ?? 0);
    }
    this.#latest = latest;
    return latest.length > 0;
  }

  /** Forgets what was reached since the last call. */
  reset(): void {
    this.#measure();
  }

  /** Whether what the last {@link take} saw first was reached since the last call of {@link reset}. */
  reachesLatest(): boolean {
    const painted = this.#measure();
    return this.#latest.some(([script, at]) => painted.get(script)?.[at] === 1);
  }

  stop(): void {
    this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }

  #measure(): Painted {
    const painted = new Map<string, Uint8Array>();
    this.#session.post('Profiler.takePreciseCoverage', (_error, { result }) => {
      for (const script of result) {
        if (!this.#code.some((part) => script.url.includes(part))) continue;
        const ends = script.functions.flatMap(({ ranges }) => ranges.map((r) => r.endOffset));
        const flags = new Uint8Array(Math.max(0, ...ends));
        // Outer ranges come before those inside them, which say more.
        for (const { ranges } of script.functions) {
          for (const { startOffset, endOffset, count } of ranges) {
            flags.fill(count > 0 ? 1 : 0, startOffset, endOffset);
          }
        }
        painted.set(script.scriptId, flags);
      }
    });
    return painted;
  }
}

/** The functions V8 reports of a script differ from time to time, and with them how far it reaches. */
function grown(known: Uint8Array | undefined, length: number): Uint8Array {
  if (known !== undefined && known.length >= length) return known;
  const longer = new Uint8Array(length);
  longer.set(known ?? []);
  return longer;
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
