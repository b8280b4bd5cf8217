import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

const repository = path.resolve(import.meta.dirname, '../..');

/** What a run of the command `red5` left. */
export interface CommandOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command `red5` to its end. */
export function red5(
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<CommandOutcome> {
  return outcomeOf(
    spawn(process.execPath, [path.join(repository, 'dist/main.js'), ...args], {
      cwd: options.cwd,
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

/** Runs the TypeScript compiler on a project. */
export function typeCheck(project: string): Promise<CommandOutcome> {
  const compiler = path.join(repository, 'node_modules/typescript/bin/tsc');
  return outcomeOf(
    spawn(process.execPath, [compiler, '-p', project], { stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

/** Without what the runner of this test tells its children: the command runs tests of its own. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
  return env;
}

function outcomeOf(child: ChildProcess): Promise<CommandOutcome> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (text: Buffer) => {
    stdout += text.toString();
  });
  child.stderr?.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
