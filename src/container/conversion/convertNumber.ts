import type { NumberName } from '../classes/TypeRef.ts';
import { ConversionError } from './ConversionError.ts';

const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  byte: [-128, 127],
  short: [-32_768, 32_767],
  int: [-2_147_483_648, 2_147_483_647],
};
const LONG_RANGE: readonly [bigint, bigint] = [-(2n ** 63n), 2n ** 63n - 1n];

/** Text or a number to a number of a kind, refusing what does not fit. */
export function convertNumber(
  value: string | number | bigint,
  name: NumberName,
): number | bigint | string {
  // The usual case, without the way over bigint: up to nine digits fit an int.
  if (name === 'int' && typeof value === 'string' && /^\d{1,9}$/.test(value)) return Number(value);
  if (name === 'bigint') return toInteger(value, name);
  if (name === 'byte' || name === 'short' || name === 'int' || name === 'long') {
    return inRange(toInteger(value, name), value, name);
  }
  if (name === 'decimal') return toDecimal(String(value));
  if (typeof value !== 'string') return Number(value);
  const text = withoutSpaces(value);
  if (name === 'number' && isHexadecimal(text)) return Number(toInteger(text, name));
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?$/.test(text)) {
    const special = /^([+-]?)(Infinity|NaN)$/.exec(text);
    if (special === null) throw cannot(value, name);
    return special[1] === '-' ? -Number(special[2]) : Number(special[2]);
  }
  return Number(text.replace(/[dDfF]$/, ''));
}

/** As in Spring, blanks may group digits. */
function withoutSpaces(text: string): string {
  return text.replace(/\s+/g, '');
}

/** Decimals stay text, because numbers cannot hold them exactly. */
function toDecimal(value: string): string {
  const text = withoutSpaces(value);
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return text;
  throw cannot(value, 'decimal');
}

function toInteger(value: string | number | bigint, name: NumberName): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) throw cannot(String(value), name);
    return BigInt(value);
  }
  const text = withoutSpaces(value);
  const parts = /^([+-]?)(?:(0[xX]|#)([\da-fA-F]+)|(\d+))$/.exec(text);
  if (parts === null || text.length > 100) throw cannot(value, name);
  const [, sign, , hex, decimal] = parts;
  const size = hex === undefined ? BigInt(decimal ?? '0') : BigInt(`0x${hex}`);
  return sign === '-' ? -size : size;
}

function inRange(integer: bigint, value: unknown, name: NumberName): number {
  const range = RANGES[name];
  const [low, high] = range === undefined ? LONG_RANGE : [BigInt(range[0]), BigInt(range[1])];
  if (integer < low || integer > high) {
    throw new ConversionError(`${String(value).trim()} is out of the range of ${name}`);
  }
  const number = Number(integer);
  if (!Number.isSafeInteger(number)) {
    throw new ConversionError(
      `${String(value).trim()} cannot be held exactly by a number; declare the property as bigint`,
    );
  }
  return number;
}

function isHexadecimal(text: string): boolean {
  return /^[+-]?(?:0[xX]|#)[\da-fA-F]+$/.test(text);
}

function cannot(value: string, name: NumberName): ConversionError {
  return new ConversionError(`cannot convert "${value.slice(0, 60)}" to ${name}`);
}
