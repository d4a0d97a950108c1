/** What a setting is, and how its text in the environment becomes a value. */
import { z } from 'zod';
import { decodeSecret } from './contract/webhook-signature.ts';
import { decimal } from './decimal.ts';

/** One environment variable. `fallback` is the text used when the variable is unset or empty; without one it is required or stays undefined. */
export interface Setting<T> {
  readonly name: string;
  readonly description: string;
  readonly fallback?: string;
  /** The default when it is not a fixed text, for the help. */
  readonly fallbackNote?: string;
  /** Hidden by --print-config and in error messages. */
  readonly secret?: boolean;
  readonly schema: z.ZodType<T, string | undefined>;
}

/** A text that must not be empty. */
export const text = z.string().min(1);
export const optionalText = z.string().min(1).optional();
/** Without its protocol, localhost:4566 would pass for a URL of the protocol localhost. */
export const httpUrl = z.url({
  protocol: /^https?$/,
  error: 'must be a URL that begins with http:// or https://',
  // What is no URL has no other faults.
  abort: true,
});
/** URL of a queue whose messages may each have a delay: FIFO queues have one for all. */
export const standardQueueUrl = httpUrl.refine((url) => !url.endsWith('.fifo'), 'must be a standard queue');
/** Items separated by commas; empty ones are dropped. */
const list = z
  .string()
  .default('')
  .transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
const BUCKET_RULE = 'must be the name of a bucket alone, without s3:// and key';
/** A bucket; the ARN of an access point stands for one. */
export const bucketName = text.refine(isBucket, BUCKET_RULE);
/** Buckets, separated by commas. */
export const bucketNames = listOf(isBucket, BUCKET_RULE);
/** Hosts as they stand in URLs, with or without a port, separated by commas. */
export const urlHosts = listOf(
  isUrlHost,
  'must be a host as it stands in a URL, without protocol, path and wildcard: localhost, localhost:3000, [::1]',
);
/** Secrets of Standard Webhooks, separated by commas. */
export const webhookSecrets = list.superRefine((secrets, context) => {
  for (const secret of secrets) {
    try {
      decodeSecret(secret);
    } catch (error) {
      context.addIssue((error as Error).message);
    }
  }
});
export const flag = z
  .enum(['true', 'false', '1', '0'], { error: 'must be true or false' })
  .transform((value) => value === 'true' || value === '1');

/** A list of which every item passes; `rule` is said of those that do not. */
function listOf(passes: (item: string) => boolean, rule: string) {
  return list.superRefine((items, context) => {
    const wrong = items.filter((item) => !passes(item));
    if (wrong.length > 0) context.addIssue(`${wrong.map((item) => `"${item}"`).join(', ')} ${rule}`);
  });
}

function isBucket(name: string): boolean {
  return !/[:/]/.test(name) || /^arn:.+[:/]accesspoint[:/]/.test(name);
}

/** Whether a URL can have this host: no other is ever met. */
function isUrlHost(host: string): boolean {
  if (host.includes('*')) return false;
  // The port that is a protocol's own stands in URLs of the other one only.
  return ['https', 'http'].some((protocol) => {
    const url = `${protocol}://${host}`;
    return URL.canParse(url) && new URL(url).host === host.toLowerCase();
  });
}

/** A number within these bounds, both included. */
export function number(min: number, max: number) {
  return z
    .string()
    .transform(decimal)
    .pipe(within(z.number({ error: 'must be a number' }), min, max));
}

/** A whole number within these bounds, both included. */
export function integer(min: number, max: number) {
  const whole = z.number({ error: 'must be a whole number' }).int('must be a whole number');
  return z
    .string()
    .transform(decimal)
    .pipe(within(whole, min, max));
}

function within(value: z.ZodNumber, min: number, max: number): z.ZodNumber {
  const error = `must be ${min} to ${max}`;
  return value.min(min, { error }).max(max, { error });
}

export function setting<T>(
  name: string,
  schema: z.ZodType<T, string | undefined>,
  description: string,
  more: Pick<Setting<T>, 'fallback' | 'fallbackNote' | 'secret'> = {},
): Setting<T> {
  return { name, schema, description, ...more };
}
