/** One POST to a stranger's URL: never to an address it must not reach, never longer than its time, and never reading what is answered. */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AttemptOutcome, CallbackTransport } from '../callback/ports.ts';
import { BlockedUrlError, CallbackAddressGuard } from './callback-address-guard.ts';
import type { ResolveAddresses } from './resolve-addresses.ts';

export interface HttpCallbackTransportOptions {
  /** Time one attempt may take, name look-up and answer included. */
  readonly timeoutMs: number;
  /** Hosts that may be private, loopback and without TLS. */
  readonly allowHosts: readonly string[];
  readonly resolve?: ResolveAddresses;
}

/** An answer's body up to this size is let through, so that the receiver can end its response; it is not kept. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** The longest pause a receiver may ask for. */
const MAX_RETRY_AFTER_SECONDS = 86_400;

export class HttpCallbackTransport implements CallbackTransport {
  readonly #timeoutMs: number;
  readonly #guard: CallbackAddressGuard;

  constructor({ timeoutMs, allowHosts, resolve }: HttpCallbackTransportOptions) {
    this.#timeoutMs = timeoutMs;
    this.#guard = new CallbackAddressGuard(allowHosts, resolve);
  }

  async post(
    text: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<AttemptOutcome> {
    signal.throwIfAborted();
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const over = AbortSignal.any([signal, timeout]);
    try {
      const url = this.#guard.admit(text);
      const answer = await send(url, body, {
        method: 'POST',
        // A fresh connection each time: a kept one would skip the look-up.
        agent: false,
        lookup: this.#guard.lookupFor(url, over),
        signal: over,
        headers: { ...headers, 'content-length': body.length, 'user-agent': 'clipping-worker' },
      });
      return outcomeOf(answer);
    } catch (error) {
      signal.throwIfAborted();
      const reason = timeout.aborted ? `no answer within ${this.#timeoutMs} ms` : describe(error);
      return { name: 'failed', reason, retryAfterSeconds: null };
    }
  }
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/** Resolves with the head of the answer; its body is thrown away, and cut off when it is long or slow. */
async function send(url: URL, body: Uint8Array, options: RequestOptions): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = start(url, options, (response) => {
      resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] });
      discard(response);
    });
    // Stays for errors after the answer as well: the deadline cuts off a body that never ends.
    request.on('error', reject);
    // Not every end is an error: a connection that the receiver switches to another protocol (101) is closed without one.
    request.on('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    request.end(body);
  });
}

function discard(response: IncomingMessage): void {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) response.destroy();
  });
  response.on('error', () => {});
}

function outcomeOf({ status, retryAfter }: Answer): AttemptOutcome {
  if (status >= 200 && status < 300) return { name: 'taken' };
  if (status === 410) return { name: 'unwanted' };
  const isRedirect = status >= 300 && status < 400;
  return {
    name: 'failed',
    reason: `it answered HTTP ${status}${isRedirect ? '; redirects are not followed' : ''}`,
    retryAfterSeconds: parseRetryAfter(retryAfter, Date.now()),
  };
}

/** Seconds from a Retry-After header, which holds seconds or a date (RFC 9110); null without a usable one. */
function parseRetryAfter(value: string | undefined, nowMs: number): number | null {
  if (value === undefined) return null;
  const seconds = /^\d{1,9}$/.test(value) ? Number(value) : (Date.parse(value) - nowMs) / 1000;
  return Number.isNaN(seconds) ? null : Math.ceil(Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(0, seconds)));
}

/** The failure in our own words: errors of Node's parser carry bytes of the answer, which may be anybody's secret. */
function describe(error: unknown): string {
  if (error instanceof BlockedUrlError) return error.message;
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  if (code === 'HPE_HEADER_OVERFLOW') return 'the answer’s headers are too long';
  if (code.startsWith('HPE_')) return 'the answer is not HTTP';
  return `the request failed (${code})`;
}
