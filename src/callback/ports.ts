/** What the delivery of callbacks needs from the world: one HTTP request, a queue with delays, and links to results. */
import type { DetectionEvent } from '../contract/callback.ts';
import type { ObjectLocation } from '../worker/ports.ts';

/** An event on its way to its receiver. */
export interface Delivery {
  readonly url: string;
  /** The `webhook-id`: the same for every attempt to announce the same result. */
  readonly eventId: string;
  readonly event: DetectionEvent;
  /** Until then, in milliseconds since the epoch, it is to wait in the queue; missing where a new message’s own delay is long enough. */
  readonly notBeforeMs?: number;
}

/**
 * What became of one attempt:
 * - `taken`: the receiver has the event
 * - `unwanted`: the receiver asked not to be sent it again (HTTP 410)
 * - `failed`: it may be tried again, not before `retryAfterSeconds` if the receiver named a time
 */
export type AttemptOutcome =
  | { readonly name: 'taken' }
  | { readonly name: 'unwanted' }
  | { readonly name: 'failed'; readonly reason: string; readonly retryAfterSeconds: number | null };

/** One POST. Resolves for every answer and every failure alike; rejects only with the signal's reason. */
export interface CallbackTransport {
  post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<AttemptOutcome>;
}

/** Keeps deliveries for later, through restarts. Rejects with QUEUE_UNAVAILABLE. */
export interface DeliveryQueue {
  /** @param delaySeconds 0 to 43,200 */
  enqueue(delivery: Delivery, delaySeconds: number, signal: AbortSignal): Promise<void>;
}

/** A URL that reads an object without credentials. */
export interface PresignedUrl {
  readonly url: string;
  /** When it stops to work. */
  readonly expiresAt: Date;
}

/** @param seconds how long the URL should work; it works shorter where what signs it does */
export type PresignUrl = (location: ObjectLocation, seconds: number) => Promise<PresignedUrl>;
