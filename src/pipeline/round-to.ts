/** Rounds the numbers of a result: finer than any network is sure of, and half the bytes. */
export function roundTo(decimals: number, value: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}
