/** When a callback that failed is tried again: in quick steps at first, then over a day and a half: half as long as the example of Standard Webhooks, which asks for days. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** The first wait in the queue. */
const FIRST_DELAY_SECONDS = 5 * MINUTE;

/** Waits after the first, second, ... attempt from the queue. After the attempt that follows the last one, it is given up. */
const DELAYS_SECONDS = [30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR, 10 * HOUR] as const;

/** SQS hides a message for twelve hours at most, counted from its receive. */
export const MAX_DELAY_SECONDS = 12 * HOUR - 5 * MINUTE;

/** Up to this share is added, so that the events of one outage do not all come back in one second. */
const JITTER = 0.1;

/** Attempts from the queue before a delivery is given up. */
export const QUEUE_ATTEMPTS = DELAYS_SECONDS.length + 1;

/**
 * Seconds until the first attempt from the queue, at most `MAX_DELAY_SECONDS`.
 * @param retryAfterSeconds the receiver's wish; a longer one than the queue can wait is cut
 */
export function firstDelaySeconds(retryAfterSeconds: number | null, random = Math.random): number {
  const seconds = Math.max(FIRST_DELAY_SECONDS, retryAfterSeconds ?? 0);
  return Math.min(MAX_DELAY_SECONDS, jittered(seconds, random));
}

/**
 * Seconds until the next attempt from the queue, or null when there is none.
 * @param attempt the attempt that failed: 1 for the first from the queue
 */
export function nextDelaySeconds(
  attempt: number,
  retryAfterSeconds: number | null,
  random = Math.random,
): number | null {
  const scheduled = DELAYS_SECONDS[attempt - 1];
  if (scheduled === undefined) return null;
  return Math.min(MAX_DELAY_SECONDS, jittered(Math.max(scheduled, retryAfterSeconds ?? 0), random));
}

function jittered(seconds: number, random: () => number): number {
  return Math.ceil(seconds * (1 + JITTER * random()));
}
