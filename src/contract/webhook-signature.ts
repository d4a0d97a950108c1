/** Signs callbacks and verifies them as Standard Webhooks 1.0.0 says (https://www.standardwebhooks.com): the only shared knowledge of sender and receiver. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { ContractError } from './contract-error.ts';

const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES = { min: 24, max: 64 } as const;
const SCHEME = 'v1';

/** How far a webhook's timestamp may lie from the receiver's clock, in seconds; what is older may be a replay. */
export const WEBHOOK_TOLERANCE_SECONDS = 300;

/** The headers of a signed attempt; the signature is absent when there is no secret to sign with. */
export interface WebhookHeaders {
  readonly 'webhook-id': string;
  /** Seconds since the epoch, at the attempt. */
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature'?: string;
}

/** What verification has proved. `id` is the same for every delivery of the same event: remember it to handle each event once. */
export interface VerifiedWebhook {
  readonly id: string;
  readonly sentAt: Date;
}

/** Request headers as Node's `http`, Express or NestJS hand them out, or as a fetch `Headers`. */
export type ReceivedHeaders =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | { get(name: string): string | null };

/**
 * Headers for one attempt to deliver `body`.
 * @param secrets `whsec_...`; one signature is made with each, so that a receiver may know the old or the new one
 * @throws ContractError SECRET_INVALID
 */
export function signWebhook(
  id: string,
  sentAt: Date,
  body: string | Uint8Array,
  secrets: readonly string[],
): WebhookHeaders {
  const timestamp = String(Math.floor(sentAt.getTime() / 1000));
  const unsigned = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (secrets.length === 0) return unsigned;
  const signatures = secrets.map(
    (secret) => `${SCHEME},${signature(id, timestamp, body, decodeSecret(secret)).toString('base64')}`,
  );
  return { ...unsigned, 'webhook-signature': signatures.join(' ') };
}

/**
 * Proves that a request is a fresh, unaltered webhook of somebody who knows one of the secrets.
 * @param rawBody the bytes as they arrived; a body parsed and encoded again has another signature
 * @param secrets every secret that may be in use
 * @throws ContractError WEBHOOK_HEADERS_INVALID, WEBHOOK_TIMESTAMP_REJECTED, WEBHOOK_SIGNATURE_REJECTED, SECRET_INVALID
 */
export function verifyWebhook(
  headers: ReceivedHeaders,
  rawBody: string | Uint8Array,
  secrets: string | readonly string[],
  { now = new Date(), toleranceSeconds = WEBHOOK_TOLERANCE_SECONDS } = {},
): VerifiedWebhook {
  const keys = (typeof secrets === 'string' ? [secrets] : secrets).map(decodeSecret);
  if (keys.length === 0) throw new ContractError('SECRET_INVALID', 'no secret to verify the webhook with');
  const id = readHeader(headers, 'webhook-id');
  const timestamp = readHeader(headers, 'webhook-timestamp');
  const candidates = readSignatures(readHeader(headers, 'webhook-signature'));

  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new ContractError('WEBHOOK_HEADERS_INVALID', 'webhook-timestamp is no number of seconds');
  }
  const sentAt = new Date(Number(timestamp) * 1000);
  const ageSeconds = Math.floor(now.getTime() / 1000) - Number(timestamp);
  if (Math.abs(ageSeconds) > toleranceSeconds) {
    throw new ContractError(
      'WEBHOOK_TIMESTAMP_REJECTED',
      `the webhook is ${ageSeconds} seconds old: at most ${toleranceSeconds} are accepted, either way`,
    );
  }
  const genuine = keys.some((key) => {
    const expected = signature(id, timestamp, rawBody, key);
    return candidates.some(
      (candidate) => candidate.length === expected.length && timingSafeEqual(candidate, expected),
    );
  });
  if (genuine) return { id, sentAt };
  throw new ContractError(
    'WEBHOOK_SIGNATURE_REJECTED',
    'no signature fits the body: it was altered, or signed with another secret (check that the raw body is used)',
  );
}

/**
 * The key inside a secret.
 * @throws ContractError SECRET_INVALID; its message never contains the secret
 */
export function decodeSecret(secret: string): Buffer {
  const encoded = secret.slice(SECRET_PREFIX.length);
  const key = Buffer.from(encoded, 'base64');
  const isBase64 = key.toString('base64').replace(/=+$/, '') === encoded.replace(/=+$/, '');
  if (
    !secret.startsWith(SECRET_PREFIX) ||
    !isBase64 ||
    key.length < SECRET_BYTES.min ||
    key.length > SECRET_BYTES.max
  ) {
    throw new ContractError(
      'SECRET_INVALID',
      `a webhook secret must be ${SECRET_PREFIX} and the base64 of ${SECRET_BYTES.min} to ${SECRET_BYTES.max} bytes`,
    );
  }
  return key;
}

function signature(id: string, timestamp: string, body: string | Uint8Array, key: Buffer): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
}

/** Signatures of other schemes and versions are skipped: a sender may offer several. */
function readSignatures(header: string): Buffer[] {
  return header
    .split(' ')
    .filter((item) => item.startsWith(`${SCHEME},`))
    .map((item) => Buffer.from(item.slice(SCHEME.length + 1), 'base64'));
}

function readHeader(headers: ReceivedHeaders, name: string): string {
  const value = isFetchHeaders(headers) ? headers.get(name) : readRecord(headers, name);
  if (typeof value === 'string' && value !== '') return value;
  throw new ContractError('WEBHOOK_HEADERS_INVALID', `the header ${name} is missing`);
}

function isFetchHeaders(headers: ReceivedHeaders): headers is { get(name: string): string | null } {
  return typeof headers.get === 'function';
}

function readRecord(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  name: string,
): string | readonly string[] | undefined {
  return headers[name] ?? Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}
