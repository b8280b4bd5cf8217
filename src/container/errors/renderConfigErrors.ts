import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, formatLocation, type SourceLocation } from '../../base/index.ts';

/** Options of {@link renderConfigErrors}. */
export interface RenderOptions {
  /** Colours for a terminal. Default false. */
  readonly color?: boolean;
  /** Folder that paths in locations are relative to. Default the current folder. */
  readonly root?: string;
  /** Reads a file by the path in its location, to show the line; undefined leaves it out. Default: from disk. */
  readonly readSource?: (file: string) => string | undefined;
}

/** Lines longer than this are cut around the caret. */
const MAX_WIDTH = 160;

/**
 * Writes problems as a compiler does: place, code and message, the line with a caret, what led to it.
 *
 * Lines that set something secret are shown without their value.
 */
export function renderConfigErrors(
  errors: readonly ConfigError[],
  options: RenderOptions = {},
): string {
  const read = cached(
    options.readSource ?? ((file) => readFromDisk(resolve(options.root ?? '.', file))),
  );
  const paint = options.color === true ? ansi : plain;
  return errors.map((error) => renderOne(error, read, paint)).join('\n\n');
}

type Paint = (style: 'bold' | 'red' | 'dim', text: string) => string;

const STYLES = { bold: 1, red: 31, dim: 2 } as const;
const ansi: Paint = (style, text) => `\u001b[${STYLES[style]}m${text}\u001b[0m`;
const plain: Paint = (_style, text) => text;

function renderOne(
  error: ConfigError,
  read: (file: string) => string | undefined,
  paint: Paint,
): string {
  const { location } = error;
  const head = `${paint('red', error.code)} ${error.message}`;
  const lines = [
    location === undefined ? head : `${paint('bold', formatLocation(location))} ${head}`,
  ];
  if (location !== undefined) lines.push(...excerpt(location, read, paint));
  for (const step of error.trail) lines.push(paint('dim', `  ${step}`));
  const cause = causeOf(error);
  if (cause !== undefined) lines.push(paint('dim', `  because: ${cause}`));
  return lines.join('\n');
}

/** The message of the cause, when it says something new. */
function causeOf(error: ConfigError): string | undefined {
  const { cause } = error;
  if (!(cause instanceof Error) || cause instanceof ConfigError) return undefined;
  const [line] = cause.message.split('\n');
  return line === undefined || line === '' || error.message.includes(line) ? undefined : line;
}

function excerpt(
  location: SourceLocation,
  read: (file: string) => string | undefined,
  paint: Paint,
): string[] {
  const line = read(location.file)?.split('\n')[location.line - 1]?.replace(/\r$/, '');
  if (line === undefined) return [];
  const shown = hideSecrets(line.replaceAll('\t', ' '));
  const from = shown.length > MAX_WIDTH ? Math.max(0, location.column - MAX_WIDTH / 2) : 0;
  const number = String(location.line).padStart(5);
  const caret = ' '.repeat(Math.max(0, Math.min(location.column - 1, shown.length) - from));
  return [
    `${paint('dim', `${number} |`)} ${shown.slice(from, from + MAX_WIDTH)}`,
    `${paint('dim', '      |')} ${caret}${paint('red', '^')}`,
  ];
}

const SECRET_WORD = String.raw`[\w.-]*(?:passw|secret|token|credential|private.?key|api.?key|keystore)[\w.-]*`;
const YAML_SECRET = new RegExp(
  String.raw`(${SECRET_WORD}['"]?\s*[:=]\s*)(?!["']?\$\{)(?=\S)(?!\{)(.+)$`,
  'i',
);
const XML_SECRET = new RegExp(
  String.raw`((?:name|key)\s*=\s*["']${SECRET_WORD}["'][^>]*?value\s*=\s*)(["'])(?!\$\{)(.*?)\2`,
  'i',
);
const XML_TEXT = new RegExp(
  String.raw`(<prop\s+key\s*=\s*["']${SECRET_WORD}["']\s*>)(?!\$\{)([^<]*)`,
  'i',
);

function hideSecrets(line: string): string {
  if (/</.test(line)) {
    return line
      .replace(
        XML_SECRET,
        (_all, start: string, quote: string, text: string) =>
          `${start}${quote}${'*'.repeat(text.length)}${quote}`,
      )
      .replace(
        XML_TEXT,
        (_all, start: string, text: string) => `${start}${'*'.repeat(text.length)}`,
      );
  }
  return line.replace(
    YAML_SECRET,
    (_all, start: string, text: string) => `${start}${'*'.repeat(text.length)}`,
  );
}

function readFromDisk(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The excerpt is a help only; the error itself names the place.
    return undefined;
  }
}

function cached(read: (file: string) => string | undefined): (file: string) => string | undefined {
  const texts = new Map<string, string | undefined>();
  return (file) => {
    if (!texts.has(file)) texts.set(file, read(file));
    return texts.get(file);
  };
}
