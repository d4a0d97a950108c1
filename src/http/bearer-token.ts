/** Checks the bearer token of a request (RFC 6750), in a time that tells nothing about the expected one. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export function hasBearerToken({ headers }: IncomingMessage, expected: string): boolean {
  const [, given = ''] = /^Bearer +(.*)$/i.exec(headers.authorization ?? '') ?? [];
  // Digests have one length, whatever was given.
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
