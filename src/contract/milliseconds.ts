/** Seconds of a job as the milliseconds of its documents. */

/** Three decimals: 1.001 s are 1001 ms in every document, without the noise of binary fractions. */
export function toMilliseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e3;
}
