/** One attempt at one job: get its result stored, or the reason why not, and tell the receiver. Knows nothing of queues. */
import { detectionEvent } from '../contract/callback.ts';
import type { DetectionJob, ParsedJob } from '../contract/job.ts';
import { failedResult } from '../contract/result.ts';
import { ERROR_KINDS, type ErrorCode, knownCode, toWorkerError, WorkerError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { traceStep } from '../telemetry/tracing.ts';
import { analyseStoredVideo, type VideoServices } from './analyse-stored-video.ts';
import { type AttemptFacts, millisecondsSince } from './attempt-facts.ts';
import type { BackOff } from './back-off.ts';
import { guardAgainstCrashes } from './crash-guard.ts';
import { withDeadline } from './deadline.ts';
import type { Isolation } from './isolation.ts';
import type { JournalPage } from './job-journal.ts';
import { decideOutcome, type Outcome } from './outcome.ts';
import type { Notifier, ReceivedMessage } from './ports.ts';
import {
  eventIdOf,
  type Provenance,
  provenanceDifference,
  provenanceDigest,
  provenanceOf,
  type ResultRecord,
} from './provenance.ts';
import type { ResultStore, StoredResult } from './result-store.ts';

/** What every attempt works with. */
export interface JobServices extends VideoServices {
  readonly results: ResultStore;
  readonly notifier: Notifier;
  /** One for all jobs of the process, however they came. */
  readonly isolation: Isolation;
  /** Of the work on a video; that a job waits for others does not count. */
  readonly jobTimeoutMs: number;
  /** Waits before a job is tried again. */
  readonly retryBackOff?: BackOff;
  /** Analyses a job again although its result is there, and replaces it. */
  readonly rerunFinished?: boolean;
}

/** What an attempt knows of the message that brought its job. */
export type AttemptedMessage = Pick<ReceivedMessage, 'messageId' | 'receiveCount' | 'maxReceiveCount'>;

export interface AttemptOptions {
  readonly services: JobServices;
  /** Called before the receiver is told, when the video's work is done. */
  readonly releaseSlot: () => void;
  readonly log: Logger;
}

/**
 * Failures whose cause may be gone the next time the same job is sent: the video is in place, or the worker's permissions or settings
 * are wider. A limit that no setting moves has a code of its own.
 */
const CURABLE: readonly ErrorCode[] = [
  'VIDEO_NOT_FOUND',
  'VIDEO_ACCESS_DENIED',
  'VIDEO_TOO_LARGE',
  'VIDEO_TOO_LONG',
  'JOB_DEADLINE_EXCEEDED',
];

export class JobAttempt {
  readonly facts: AttemptFacts = {};
  readonly #services: JobServices;
  readonly #message: AttemptedMessage;
  readonly #parsed: ParsedJob;
  readonly #jobId: string;
  readonly #callbackUrl: string | null;
  readonly #releaseSlot: () => void;
  readonly #log: Logger;

  constructor(message: AttemptedMessage, parsed: ParsedJob, options: AttemptOptions) {
    this.#message = message;
    this.#services = options.services;
    this.#releaseSlot = options.releaseSlot;
    this.#log = options.log;
    this.#parsed = parsed;
    this.#jobId = parsed.ok ? parsed.job.jobId : parsed.jobId;
    this.#callbackUrl = parsed.ok ? parsed.job.callbackUrl : parsed.callbackUrl;
  }

  /** Never rejects: every error ends in an outcome. The signal's reason must be a WorkerError. */
  async run(signal: AbortSignal): Promise<Outcome> {
    let record: ResultRecord;
    try {
      record = await this.#obtain(signal);
    } catch (error) {
      const outcome = this.#decide(firstReason(error, signal));
      if (outcome.name !== 'failed' && outcome.name !== 'exhausted') return outcome;
      return await this.#fail(outcome, signal);
    }
    return await this.#tell(record, endedAs(record), signal);
  }

  /** The record of the job's result: of the stored one when the job was done before, else of a new one. */
  async #obtain(signal: AbortSignal): Promise<ResultRecord> {
    if (!this.#parsed.ok) throw this.#parsed.error;
    const { job } = this.#parsed;
    const { results, isolation, jobTimeoutMs } = this.#services;
    const stored = await results.find(job.jobId, signal);
    if (stored !== null && (await this.#answers(stored, job, signal))) {
      this.facts.answeredFromStore = true;
      return stored.record;
    }
    const request = provenanceDigest(provenanceOf(job, null));
    const page = results.journal.page(job.jobId, request, this.#message);
    try {
      return await guardAgainstCrashes({ page, isolation, log: this.#log }, signal, () =>
        withDeadline(jobTimeoutMs, signal, (limited) => this.#produce(job, page, limited)),
      );
    } catch (error) {
      // After a success nobody needs to know: the stored result answers the next receive.
      if (page.isEndMissing) this.facts.endMissing = true;
      throw error;
    }
  }

  /** A new result, stored; or the record of the one that another worker has stored meanwhile. */
  async #produce(job: DetectionJob, page: JournalPage, signal: AbortSignal): Promise<ResultRecord> {
    this.facts.crashes = page.crashes;
    const { results, rerunFinished = false } = this.#services;
    const context = { services: this.#services, page, facts: this.facts, log: this.#log };
    return await analyseStoredVideo(job, context, signal, async ({ json, summary }) => {
      const record: ResultRecord = {
        head: { job_id: job.jobId, status: 'completed', summary },
        provenance: provenanceOf(job, this.#videoEtag),
        callbackUrl: this.#callbackUrl,
        messageId: this.#message.messageId,
      };
      const standing = await traceStep('publish result', () =>
        results.publish(record, json, signal, { replaceCompleted: rerunFinished }),
      );
      refuseOther(standing, record);
      return standing;
    });
  }

  /**
   * Whether a stored result is this job's answer. A failure that may pass, or whose video was never read, is one only to the message
   * that ended so for good: it is back for its callback. Of a job that is to be run again, only what an earlier attempt at this very
   * message has stored is an answer.
   * @throws WorkerError JOB_CONFLICT when a completed result of another request has the job's id
   */
  async #answers({ record }: StoredResult, job: DetectionJob, signal: AbortSignal): Promise<boolean> {
    const { store, rerunFinished = false } = this.#services;
    const isOurs = record.messageId === this.#message.messageId;
    if (rerunFinished && !isOurs) return false;
    if (record.head.status === 'failed') {
      const { error } = record.head;
      const isOurEnding = isOurs && ERROR_KINDS[knownCode(error.code)] === 'permanent';
      if (!isOurEnding && mayNowWork(record, error)) return false;
    }
    const requested = provenanceOf(job, await store.etag(job.video, signal));
    const isSame = provenanceDifference(record.provenance, requested) === null;
    if (record.head.status === 'failed') return isSame;
    if (rerunFinished && !isSame) return false;
    refuseOther(record, { ...record, provenance: requested });
    await this.#cleanUp(job, requested, signal);
    return true;
  }

  /** What is left of a finished job does no harm: that it cannot be removed is no reason to withhold the answer. */
  async #cleanUp({ jobId }: DetectionJob, provenance: Provenance, signal: AbortSignal): Promise<void> {
    try {
      await this.#services.results.journal.forget(jobId, provenanceDigest(provenance), signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#log.warn({ err: error }, 'the notes on a finished job could not be removed');
    }
  }

  /** Null until the video was read: a failure before that was not made from its content. */
  get #videoEtag(): string | null {
    return this.facts.videoEtag ?? null;
  }

  /** Stores and announces a failure, unless the job is completed after all; at the last receive also one that cannot be stored. */
  async #fail(
    outcome: Extract<Outcome, { name: 'failed' | 'exhausted' }>,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const retryable = outcome.name === 'exhausted' || CURABLE.includes(outcome.error.code);
    const record: ResultRecord = {
      head: failedResult(this.#jobId, outcome.error, retryable),
      provenance: this.#parsed.ok ? provenanceOf(this.#parsed.job, this.#videoEtag) : null,
      callbackUrl: this.#callbackUrl,
      messageId: this.#message.messageId,
    };
    let ending: Outcome = outcome;
    let standing = record;
    try {
      // A refusal is told as it is: what stands is the result of another request.
      if (outcome.error.code !== 'JOB_CONFLICT') standing = await this.#publishFailure(record, signal);
      if (standing.head.status === 'completed') ending = { name: 'completed' };
    } catch (error) {
      ending = this.#decideAfter(outcome, error, signal);
      if (ending.name !== 'exhausted') return ending;
      // No later receive would tell the receiver either.
      this.#log.warn({ err: error }, 'the failed result of a job at its last receive could not be stored');
    }
    return await this.#tell(standing, ending, signal);
  }

  /** What stands, stands, whoever can be told of it: the message comes back for that alone, as long as the queue allows. */
  async #tell(standing: ResultRecord, ending: Outcome, signal: AbortSignal): Promise<Outcome> {
    try {
      await this.#announce(standing, signal);
      return ending;
    } catch (error) {
      return this.#decideAfter(ending, error, signal);
    }
  }

  /** What becomes of an ending that could not be stored or told. An exhausted job keeps the reason why it is. */
  #decideAfter(ending: Outcome, error: unknown, signal: AbortSignal): Outcome {
    const reason = firstReason(error, signal);
    return ending.name === 'exhausted' && reason.kind !== 'released' ? ending : this.#decide(reason);
  }

  /**
   * The record to announce: the stored one when another worker had more luck with the same request, else our own. Where finished jobs
   * are run again, the completed result of another message is what was to be replaced: it stays, and no answer to this one.
   */
  async #publishFailure(record: ResultRecord, signal: AbortSignal): Promise<ResultRecord> {
    try {
      const json = new Blob([JSON.stringify(record.head)]);
      const { results, rerunFinished = false } = this.#services;
      const standing = await results.publish(record, json, signal);
      if (rerunFinished && standing.messageId !== record.messageId) return record;
      return provenanceDifference(standing.provenance, record.provenance) === null ? standing : record;
    } catch (error) {
      // What lies in the result's place is not ours to touch; the receiver must still hear of the failure.
      if (error instanceof WorkerError && error.code === 'JOB_CONFLICT') return record;
      throw error;
    }
  }

  #decide(error: WorkerError): Outcome {
    const { retryBackOff: backOff } = this.#services;
    return decideOutcome(error, this.#message, backOff === undefined ? {} : { backOff });
  }

  async #announce(record: ResultRecord, signal: AbortSignal): Promise<void> {
    const url = this.#callbackUrl;
    if (url === null) return;
    this.#releaseSlot();
    const startMs = performance.now();
    const event = detectionEvent(record.head, this.#services.results.reference(this.#jobId), new Date());
    await traceStep('announce ending', () =>
      this.#services.notifier.notify(url, eventIdOf(record), event, signal),
    );
    this.facts.callbackMs = millisecondsSince(startMs);
  }
}

/** Whether a stored failure says nothing about another attempt at its job: it may pass, or its video was never read. */
function mayNowWork({ provenance }: ResultRecord, { retryable }: { readonly retryable: boolean }): boolean {
  return retryable || (provenance?.video.etag ?? null) === null;
}

function endedAs({ head }: ResultRecord): Outcome {
  if (head.status === 'completed') return { name: 'completed' };
  return { name: 'failed', error: new WorkerError(knownCode(head.error.code), head.error.message) };
}

/** @throws WorkerError JOB_CONFLICT when the standing result was made from something else than what is asked for */
function refuseOther(standing: ResultRecord, requested: ResultRecord): void {
  const difference = provenanceDifference(standing.provenance, requested.provenance);
  if (difference === null) return;
  throw new WorkerError(
    'JOB_CONFLICT',
    `job_id "${requested.head.job_id}" already has a result of another request (${difference}): choose another job_id`,
  );
}

/** Why the attempt stopped: the signal's reason when it was aborted, whatever error the abort provoked. */
function firstReason(error: unknown, signal: AbortSignal): WorkerError {
  return toWorkerError(signal.aborted ? signal.reason : error);
}
