/** How long to wait before the next attempt: exponential back-off with full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). */

export interface BackOff {
  /** Upper bound of the first wait. */
  readonly baseMs: number;
  /** Upper bound of every wait. */
  readonly maxMs: number;
}

/**
 * A wait in milliseconds, uniform over (0, min(maxMs, baseMs * 2^(attempt - 1))].
 * @param attempt 1 for the wait after the first failure
 * @param random uniform over [0, 1)
 */
export function fullJitterMs(attempt: number, { baseMs, maxMs }: BackOff, random = Math.random): number {
  const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return ceilingMs * (1 - random());
}
