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
export const list = z
  .string()
  .default('')
  .transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
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
