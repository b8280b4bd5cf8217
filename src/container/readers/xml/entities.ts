import type { SourceText } from '../../definition/SourceText.ts';
import { configError } from '../../errors/Problems.ts';

const NAMED: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);
const LAST_CODE_POINT = 0x10ffff;

/**
 * Decodes the five entities of XML and character references.
 *
 * @throws ConfigError XML_ENTITY for any other; a file cannot declare its own
 */
export function decodeEntities(raw: string, source: SourceText, offset: number): string {
  if (!raw.includes('&')) return raw;
  return raw.replace(/&([^;&<\s]*)(;?)/g, (written, name: string, end: string, at: number) => {
    const decoded = end === ';' ? decodeOne(name) : undefined;
    if (decoded !== undefined) return decoded;
    const hint = end === ';' ? '' : '; a plain "&" is written &amp;';
    throw configError(
      'XML_ENTITY',
      `entity "${written}" is not defined${hint}`,
      source.at(offset + at),
    );
  });
}

function decodeOne(name: string): string | undefined {
  const digits = /^#(?:x([\da-f]{1,6})|(\d{1,7}))$/i.exec(name);
  if (digits === null) return NAMED.get(name);
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  if (code === 0 || code > LAST_CODE_POINT || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return String.fromCodePoint(code);
}
