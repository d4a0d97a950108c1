/** Rounds the numbers of a result: finer than any network is sure of, and half the bytes. */
export function roundTo(decimals: number, value: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}

/** Rounds a number that may be small, and must not become 0. */
export function roundToDigits(digits: number, value: number): number {
  return Number(value.toPrecision(digits));
}
