import { existsSync, readFileSync, writeFileSync } from 'node:fs';

function fileOf(target: string): URL {
  return new URL(`corpus/${target}.hex`, import.meta.url);
}

/** Inputs that earlier runs found worth keeping: one a line, in hex. */
export function readCorpus(target: string): Buffer[] {
  const file = fileOf(target);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Buffer.from(line, 'hex'));
}

export function writeCorpus(target: string, inputs: readonly Buffer[]): void {
  const lines = [...new Set(inputs.map((input) => input.toString('hex')))];
  lines.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  writeFileSync(fileOf(target), `${lines.join('\n')}\n`);
}
