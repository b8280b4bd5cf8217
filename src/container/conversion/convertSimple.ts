import type { SimpleKind } from '../classes/TypeRef.ts';
import { SourceText } from '../definition/SourceText.ts';
import { parseProperties } from '../readers/properties/parseProperties.ts';
import { ConversionError } from './ConversionError.ts';

/** A host and a port, from text such as `0.0.0.0:1935`. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Kinds of which no text at all is none. */
const EMPTY_IS_NULL: ReadonlySet<SimpleKind> = new Set(['charset', 'uri', 'url', 'uuid']);

/** True when a value that is no text is of a kind already. */
export function isSimple(value: unknown, kind: SimpleKind): boolean {
  switch (kind) {
    case 'locale':
      return value instanceof Intl.Locale;
    case 'url':
    case 'uri':
      return value instanceof URL;
    case 'regexp':
      return value instanceof RegExp;
    case 'date':
      return value instanceof Date;
    case 'address':
      return typeof value === 'object' && value !== null && 'port' in value;
    default:
      return false;
  }
}

/** Text to types that stand for one value and need nothing else to be made. */
export function convertSimple(text: string, kind: SimpleKind): unknown {
  if (text.trim() === '' && EMPTY_IS_NULL.has(kind)) return null;
  switch (kind) {
    case 'string':
      return text;
    case 'properties':
      return toProperties(text);
    case 'locale':
      return attempt(text, kind, () =>
        text.trim() === '' ? undefined : new Intl.Locale(text.trim().replaceAll('_', '-')),
      );
    case 'url':
      return attempt(text, kind, () => new URL(text.trim()));
    case 'uri':
      return toURI(text);
    case 'regexp':
      return attempt(text, kind, () => new RegExp(text));
    case 'charset':
      return attempt(text, kind, () => toCharset(text.trim()));
    case 'timezone':
      return attempt(text, kind, () => toTimeZone(text.trim()));
    case 'uuid':
      if (!/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text.trim()))
        throw cannot(text, kind);
      return text.trim().toLowerCase();
    case 'currency':
      if (!Intl.supportedValuesOf('currency').includes(text.trim())) throw cannot(text, kind);
      return text.trim();
    case 'address':
      return toAddress(text);
    default:
      throw cannot(text, kind);
  }
}

function attempt(text: string, kind: string, task: () => unknown): unknown {
  try {
    return task();
  } catch (error) {
    throw cannot(text, kind, error);
  }
}

function cannot(text: string, kind: string, cause?: unknown): ConversionError {
  const message = `cannot convert "${text.slice(0, 60)}" to ${kind}`;
  return new ConversionError(message, cause === undefined ? {} : { cause });
}

function toProperties(text: string): Map<string, string> {
  const properties = parseProperties(new SourceText('text', text));
  return new Map([...properties].map(([key, value]) => [key, value.text]));
}

/** The name of a known encoding, in capitals. */
function toCharset(name: string): string {
  const { encoding } = new TextDecoder(name);
  if (encoding === 'utf-8') return 'UTF-8';
  return /^(?:latin1|l1)$/i.test(name) ? 'ISO-8859-1' : name.toUpperCase();
}

/** A zone of the database, or `GMT+2` and the like written in full. */
function toTimeZone(name: string): string {
  const offset = /^GMT([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(name);
  if (offset === null) {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  }
  const [, sign, hours = '0', minutes = '00'] = offset;
  if (Number(hours) > 23 || Number(minutes) > 59) throw new RangeError('no such offset');
  return `GMT${sign}${hours.padStart(2, '0')}:${minutes}`;
}

/** An absolute one is a URL; a relative one stays text. */
function toURI(text: string): URL | string {
  const trimmed = text.trim();
  if (/[\s<>"{}|\\^`[\]]/.test(trimmed)) throw cannot(text, 'uri');
  return URL.canParse(trimmed) ? new URL(trimmed) : trimmed;
}

function toAddress(text: string): Address {
  const parts = /^(?:\[([^\]]+)\]|([^:\s]*)):(\d{1,5})$/.exec(text.trim());
  const port = Number(parts?.[3]);
  if (parts === null || port > 65_535) throw cannot(text, 'address');
  return { host: parts[1] ?? parts[2] ?? '', port };
}
