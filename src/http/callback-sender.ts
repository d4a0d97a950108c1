/** Delivers events to callback URLs: JSON by POST, a few quick tries, and never to an address a stranger must not reach. */
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DetectionEvent } from '../contract/callback.ts';
import { toWorkerError, WorkerError } from '../errors.ts';
import { type BackOff, fullJitterMs } from '../worker/back-off.ts';
import type { Notifier } from '../worker/ports.ts';
import { AddressGuard } from './address-guard.ts';

export interface CallbackSenderOptions {
  /** Time one attempt may take, name look-up and answer included. */
  readonly timeoutMs: number;
  readonly attempts: number;
  /** Hosts that may be private or loopback. */
  readonly allowHosts: readonly string[];
  readonly backOff?: BackOff;
}

const DEFAULT_BACK_OFF: BackOff = { baseMs: 1000, maxMs: 5000 };

export class CallbackSender implements Notifier {
  readonly #options: CallbackSenderOptions;
  readonly #guard: AddressGuard;

  constructor(options: CallbackSenderOptions) {
    this.#options = options;
    this.#guard = new AddressGuard(options.allowHosts);
  }

  async notify(url: string, eventId: string, event: DetectionEvent, signal: AbortSignal): Promise<void> {
    const { attempts, backOff = DEFAULT_BACK_OFF } = this.#options;
    const target = new URL(url);
    const body = Buffer.from(JSON.stringify(event));
    for (let attempt = 1; ; attempt++) {
      const failure = await this.#post(target, eventId, body, signal);
      if (failure === null) return;
      if (attempt >= attempts) throw callbackFailed(target, attempt, failure);
      await sleep(fullJitterMs(attempt, backOff, Math.random), undefined, { signal }).catch(() => {
        throw toWorkerError(signal.reason);
      });
    }
  }

  /** Null when the receiver has taken the event, else why not. The answer's body is never read. */
  async #post(url: URL, eventId: string, body: Buffer, signal: AbortSignal): Promise<Error | null> {
    const { timeoutMs } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const options: RequestOptions = {
      method: 'POST',
      // A fresh connection each time: a kept one would skip the look-up.
      agent: false,
      lookup: this.#guard.lookupFor(url),
      signal: AbortSignal.any([signal, timeout]),
      headers: {
        'content-type': 'application/json',
        'content-length': body.length,
        'user-agent': 'clipping-worker',
        'webhook-id': eventId,
        'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
      },
    };
    try {
      this.#guard.refuseLiteral(url);
      const status = await statusOf(url, options, body);
      return status >= 200 && status < 300 ? null : new Error(`it answered HTTP ${status}`);
    } catch (error) {
      if (signal.aborted) throw toWorkerError(signal.reason);
      if (timeout.aborted) return new Error(`no answer within ${timeoutMs} ms`);
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}

async function statusOf(url: URL, options: RequestOptions, body: Buffer): Promise<number> {
  return await new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, options, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Names the host and not the path: callback URLs carry secrets in their paths and queries. */
function callbackFailed({ protocol, host }: URL, attempts: number, cause: Error): WorkerError {
  return new WorkerError(
    'CALLBACK_FAILED',
    `the callback to ${protocol}//${host} failed ${attempts} ${attempts === 1 ? 'time' : 'times'} (${cause.message})`,
    { cause },
  );
}
