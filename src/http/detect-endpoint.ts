/** `POST /detect`, as the original HTTP API had it: a job in, its result out, in the slots and under the limits of the queue's jobs. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type DetectionJob, type JobPolicy, type ParsedJob, parseJob } from '../contract/job.ts';
import { toMilliseconds } from '../contract/milliseconds.ts';
import { completedResponseChunks, failedResponse, queuedResponse } from '../contract/original-api.ts';
import { failedResult } from '../contract/result.ts';
import { toWorkerError, WorkerError } from '../errors.ts';
import type { Outcome } from '../worker/outcome.ts';
import type { ObjectStore, ReceivedMessage } from '../worker/ports.ts';
import type { ResultStore } from '../worker/result-store.ts';
import type { Worker } from '../worker/worker.ts';
import { hasBearerToken } from './bearer-token.ts';
import { detectMessage } from './detect-message.ts';
import { readBody } from './request-body.ts';

export interface DetectEndpointOptions {
  readonly policy: JobPolicy;
  readonly worker: Pick<Worker, 'runInLentSlot' | 'problems'>;
  /** Runs a message that no queue holds. */
  readonly runner: {
    run(message: ReceivedMessage, signal: AbortSignal, releaseSlot: () => void): Promise<Outcome>;
  };
  /** Puts a job that calls back on the queue: it survives this process, and waits for a slot as long as it takes. */
  readonly sendJob: (jobId: string, body: string, signal: AbortSignal) => Promise<void>;
  readonly results: Pick<ResultStore, 'reference'>;
  readonly store: Pick<ObjectStore, 'open'>;
  /** Asked of every request; null for nobody. */
  readonly token: string | null;
}

/** Answers one request. Never rejects. */
export type DetectEndpoint = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** SQS's own limit for a message, 1 MiB. */
const MAX_BODY_BYTES = 1024 ** 2;

/** What clients are asked to wait when every slot is taken, or a dependency had a bad moment. */
const RETRY_AFTER_SECONDS = 10;

/** A client that takes nothing of its answer for this long is cut off. */
const SLOW_CLIENT_TIMEOUT_MS = 60_000;

interface Answer {
  readonly status: number;
  /** JSON: an object, or a document in pieces that are fetched as the client takes them. */
  readonly body: object | AsyncGenerator<Uint8Array, void>;
}

export function detectEndpoint(options: DetectEndpointOptions): DetectEndpoint {
  return async (request, response) => {
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished)
        gone.abort(new WorkerError('CLIENT_DISCONNECTED', 'the HTTP client is gone'));
    });
    try {
      await send(response, await answer(request, options, gone.signal));
    } catch (error) {
      // An answer that has begun can only be broken off, so that the client does not take it for a whole one.
      if (response.headersSent) response.destroy();
      else if (!gone.signal.aborted) await send(response, refusal(503, toWorkerError(error).message));
    }
  };
}

async function answer(
  request: IncomingMessage,
  options: DetectEndpointOptions,
  gone: AbortSignal,
): Promise<Answer> {
  const { token, worker, runner, policy } = options;
  if (request.method !== 'POST') return refusal(405, 'use POST');
  if (token !== null && !hasBearerToken(request, token)) {
    return refusal(401, 'the bearer token is missing or wrong');
  }
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === null) return refusal(413, `the body is longer than ${MAX_BODY_BYTES} bytes`);
  const parsed = parse(body, policy);
  if (!parsed.ok) return refusal(422, parsed.error.message);
  const { job } = parsed;
  if (job.callbackUrl !== null) {
    await options.sendJob(job.jobId, body, gone);
    return { status: 200, body: queuedResponse(job) };
  }
  const [problem] = worker.problems;
  if (problem !== undefined) return refusal(503, problem);
  const message = detectMessage(body);
  const outcome = await worker.runInLentSlot((stop) => runner.run(message, stop, () => {}), gone);
  if (outcome === null) return refusal(429, 'every slot is taken: try again later');
  return await answerOf(outcome, job, options, gone);
}

function parse(
  body: string,
  policy: JobPolicy,
): ParsedJob | { readonly ok: false; readonly error: WorkerError } {
  try {
    return parseJob(body, policy);
  } catch (error) {
    return { ok: false, error: toWorkerError(error) };
  }
}

async function answerOf(
  outcome: Outcome,
  job: DetectionJob,
  { results, store }: DetectEndpointOptions,
  gone: AbortSignal,
): Promise<Answer> {
  if (outcome.name === 'completed') {
    const reference = results.reference(job.jobId);
    const chunks = await store.open(reference, gone);
    if (chunks === null) return refusal(503, 'the result is gone: send the job again');
    return { status: 200, body: completedResponseChunks(chunks, reference.key) };
  }
  const { error } = outcome;
  if (outcome.name !== 'failed') return refusal(503, error.message);
  if (error.code === 'JOB_CONFLICT') return refusal(409, error.message);
  const failure = failedResult(job.jobId, error);
  return { status: 200, body: failedResponse(failure, toMilliseconds(job.frameIntervalSeconds)) };
}

/** Errors look as the original API's did. */
function refusal(status: number, detail: string): Answer {
  return { status, body: { detail } };
}

/** @throws WorkerError as the store does; an error of the connection */
async function send(response: ServerResponse, { status, body }: Answer): Promise<void> {
  if (response.destroyed) return;
  response.setTimeout(SLOW_CLIENT_TIMEOUT_MS, () => response.destroy());
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(status === 429 || status === 503 ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {}),
    // What is left of a body that was too long is not read.
    ...(status === 413 ? { connection: 'close' } : {}),
  });
  if (Symbol.asyncIterator in body) await pipeline(body, response);
  else response.end(JSON.stringify(body));
}
