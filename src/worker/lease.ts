/** Our hold on a message: renews its visibility timeout until the job settles, and aborts the job when the hold is lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { toWorkerError, WorkerError } from '../errors.ts';
import type { ReceivedMessage } from './ports.ts';

/** SQS hides a message for at most twelve hours after its receive, however often it is renewed. */
export const MAX_HOLD_SECONDS = 43_200;

export interface Lease {
  /** Aborts with a WorkerError LEASE_LOST when the message is, or may soon be, in other hands. */
  readonly signal: AbortSignal;
  /** Ends the renewals. Resolves to whether the message is still ours; after it no renewal is in flight. */
  settle(): Promise<boolean>;
}

/** Takes hold of a message that has just been received. */
export type HoldLease = (message: ReceivedMessage) => Lease;

/** What the clocks here and at SQS may disagree by. */
const CLOCK_MARGIN_SECONDS = 60;

/** For how many seconds more the queue can hide the message: 0 when its twelve hours are over. */
export function hidableSeconds({ receivedAtMs }: Pick<ReceivedMessage, 'receivedAtMs'>): number {
  const heldSeconds = (performance.now() - receivedAtMs) / 1000;
  return Math.max(0, Math.floor(MAX_HOLD_SECONDS - heldSeconds - CLOCK_MARGIN_SECONDS));
}

/** The job must have stopped this long before the message can come into other hands, or a sixth of a shorter timeout. */
const MAX_MARGIN_MS = 20_000;

/** How long the settling job waits for a renewal that is under way; a later one would undo what settling does. */
const SETTLE_PATIENCE_MS = 2000;

/**
 * Renews at every third of the timeout; a failed renewal is tried again until little of the timeout is left, then the lease is
 * lost: the job must have stopped before another worker can receive the message.
 * @param onRenewal is told with every attempt how much later than planned it began
 */
export function holdLease(
  message: Pick<ReceivedMessage, 'changeVisibility' | 'receivedAtMs'>,
  visibilityTimeoutSeconds: number,
  onRenewal: (lateMs: number) => void = () => {},
): Lease {
  const lost = new AbortController();
  const settled = new AbortController();
  const renewals = renewUntilSettled(message, visibilityTimeoutSeconds, onRenewal, settled.signal).catch(
    (error) => {
      lost.abort(toWorkerError(error));
    },
  );
  return {
    signal: lost.signal,
    async settle() {
      settled.abort();
      await renewals;
      return !lost.signal.aborted;
    },
  };
}

/** Resolves when settled, rejects with LEASE_LOST. */
async function renewUntilSettled(
  message: Pick<ReceivedMessage, 'changeVisibility' | 'receivedAtMs'>,
  timeoutSeconds: number,
  onRenewal: (lateMs: number) => void,
  settled: AbortSignal,
): Promise<void> {
  const timeoutMs = timeoutSeconds * 1000;
  const marginMs = Math.min(timeoutMs / 6, MAX_MARGIN_MS);
  const endMs = message.receivedAtMs + MAX_HOLD_SECONDS * 1000;
  let heldUntilMs = message.receivedAtMs + timeoutMs;
  let nextMs = message.receivedAtMs + timeoutMs / 3;
  let cause: unknown;
  const impatient = soonAfter(settled);

  while (!settled.aborted) {
    const plannedMs = Math.min(nextMs, heldUntilMs - marginMs);
    await sleepUntil(plannedMs, settled);
    if (settled.aborted) return;
    const startMs = performance.now();
    onRenewal(startMs - plannedMs);
    const leftMs = heldUntilMs - marginMs - startMs;
    if (leftMs <= 0) throw lateRenewal(cause);
    // SQS refuses a renewal that would end after the twelfth hour.
    const seconds = Math.min(timeoutSeconds, Math.floor((endMs - startMs) / 1000));
    try {
      await message.changeVisibility(
        seconds,
        AbortSignal.any([AbortSignal.timeout(Math.ceil(leftMs)), impatient]),
      );
      heldUntilMs = startMs + seconds * 1000;
      nextMs = startMs + timeoutMs / 3;
    } catch (error) {
      if (settled.aborted) return;
      if (error instanceof WorkerError && error.code === 'LEASE_LOST') throw error;
      cause = error;
      nextMs = performance.now() + timeoutMs / 24;
    }
  }
}

/** Aborts SETTLE_PATIENCE_MS after the given signal does. */
function soonAfter(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const abortSoon = () => setTimeout(() => controller.abort(), SETTLE_PATIENCE_MS).unref();
  signal.addEventListener('abort', abortSoon, { once: true });
  return controller.signal;
}

async function sleepUntil(atMs: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(0, atMs - performance.now()), undefined, { signal, ref: false }).catch(() => {});
}

function lateRenewal(cause: unknown): WorkerError {
  return new WorkerError(
    'LEASE_LOST',
    'the message could not be kept hidden in time: it may be in other hands, so this attempt stops',
    { cause },
  );
}
