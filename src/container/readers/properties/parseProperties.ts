import type { Text } from '../../definition/beanFile.ts';
import type { SourceText } from '../../definition/SourceText.ts';
import { configError } from '../../errors/Problems.ts';

/**
 * Reads a properties file as Java does: `#` and `!` comments, `=`, `:` or a blank between key and value, lines continued by
 * a backslash, `\uXXXX`. A later line wins.
 *
 * @throws ConfigError PROPERTIES_SYNTAX for a broken `\u`
 */
export function parseProperties(source: SourceText): Map<string, Text> {
  const properties = new Map<string, Text>();
  for (const { line, offset } of logicalLines(source.text)) {
    const location = source.at(offset);
    const end = keyEnd(line);
    const rest = line.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '');
    const key = unescaped(line.slice(0, end), location);
    properties.set(key, { text: unescaped(rest, location), location });
  }
  return properties;
}

function* logicalLines(text: string): Generator<{ line: string; offset: number }> {
  const pattern = /([^\r\n]*)(\r\n|\r|\n|$)/y;
  let line = '';
  let offset = 0;
  let open = false;
  for (let at = 0; at < text.length; ) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    const raw = found?.[1] ?? '';
    const blank = /^[ \t\f]*/.exec(raw)?.[0].length ?? 0;
    const part = raw.slice(blank);
    if (!open) {
      line = '';
      offset = at + blank;
    }
    at += Math.max(1, found?.[0].length ?? 1);
    const isComment = !open && (part === '' || part.startsWith('#') || part.startsWith('!'));
    if (isComment) continue;
    open = endsInBackslash(part);
    line += open ? part.slice(0, -1) : part;
    if (!open) yield { line, offset };
  }
  if (open) yield { line, offset };
}

/** An odd number of backslashes at the end continues the line. */
function endsInBackslash(line: string): boolean {
  const slashes = /\\*$/.exec(line)?.[0].length ?? 0;
  return slashes % 2 === 1;
}

function keyEnd(line: string): number {
  for (let at = 0; at < line.length; at++) {
    const char = line[at];
    if (char === '\\') at += 1;
    else if (char === '=' || char === ':' || char === ' ' || char === '\t' || char === '\f')
      return at;
  }
  return line.length;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['t', '\t'],
  ['n', '\n'],
  ['r', '\r'],
  ['f', '\f'],
]);

function unescaped(text: string, location: Text['location']): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:u([\da-fA-F]{4})|(u)|([\s\S])|$)/g, (_all, hex, broken, char) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (broken !== undefined) {
      throw configError(
        'PROPERTIES_SYNTAX',
        '\\u is followed by four hexadecimal digits',
        location,
      );
    }
    return char === undefined ? '' : (ESCAPES.get(char) ?? char);
  });
}
