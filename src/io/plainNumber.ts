/**
 * What a bigint becomes in AMF: a number where that is exact, otherwise its decimal text.
 *
 * @internal
 */
export function plainNumber(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
