import { readFileSync, statSync } from 'node:fs';
import { SourceText } from '../definition/SourceText.ts';
import { ConfigErrors, configError, Problems } from '../errors/Problems.ts';
import { limits } from './limits.ts';

/**
 * Reads a file as text: UTF-8 or UTF-16 by its byte order mark, else what an XML declaration says, else UTF-8.
 *
 * @param file - path to read
 * @param shown - path as people are shown it
 * @throws ConfigError FILE_NOT_FOUND, FILE_TOO_LARGE or FILE_UNREADABLE, located
 */
export function readSource(file: string, shown: string): SourceText {
  const start = { file: shown, line: 1, column: 1 };
  let bytes: Buffer;
  try {
    const { size } = statSync(file);
    if (size > limits.fileBytes) {
      const message = `the file has ${size} bytes; at most ${limits.fileBytes} are read`;
      throw configError('FILE_TOO_LARGE', message, start);
    }
    bytes = readFileSync(file);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    if (error.code === 'FILE_TOO_LARGE') throw error;
    const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
    throw configError(
      missing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE',
      missing ? 'the file does not exist' : `the file cannot be read: ${String(error.code)}`,
      start,
      { cause: error },
    );
  }
  return decodeText(bytes, shown);
}

/**
 * Reads a bean file as text, in whatever encoding it is.
 *
 * @throws ConfigErrors FILE_NOT_FOUND, FILE_TOO_LARGE or FILE_UNREADABLE
 */
export function readBeanText(file: string): string {
  const problems = new Problems();
  try {
    return readSource(file, file).text;
  } catch (error) {
    problems.catch(error);
  }
  throw new ConfigErrors(problems.errors, file);
}

/**
 * Bytes to text, as {@link readSource} does it.
 *
 * @throws ConfigError FILE_UNREADABLE at the first byte that is not text
 */
export function decodeText(bytes: Uint8Array, shown: string): SourceText {
  const encoding = encodingOf(bytes);
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return new SourceText(shown, text);
  } catch (error) {
    if (error instanceof RangeError) {
      const message = `encoding "${encoding}" is not known`;
      throw configError(
        'FILE_UNREADABLE',
        message,
        { file: shown, line: 1, column: 1 },
        { cause: error },
      );
    }
    const good = validPart(bytes, encoding);
    const place = new SourceText(shown, good).at(good.length);
    const orDeclare = shown.endsWith('.xml') ? ', or write its encoding into the first line' : '';
    const message = `a byte here is not ${encoding}; save the file as UTF-8${orDeclare}`;
    throw configError('FILE_UNREADABLE', message, place);
  }
}

function encodingOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  const declared = /^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(
    head,
  )?.[1];
  return declared?.toLowerCase() ?? 'utf-8';
}

/** The longest beginning that decodes, found by halving. */
function validPart(bytes: Uint8Array, encoding: string): string {
  let low = 0;
  let high = bytes.length;
  const decode = (length: number): string =>
    new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    try {
      decode(middle);
      low = middle;
    } catch {
      // The bad byte is in this half.
      high = middle - 1;
    }
  }
  return decode(low);
}
