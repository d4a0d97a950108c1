/** The way of one message: hold it, attempt its job, and let it go as the outcome says, last of all. */
import { type JobPolicy, type ParsedJob, parseJob } from '../contract/job.ts';
import { toWorkerError, WorkerError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { AttemptFacts } from './attempt-facts.ts';
import { JobAttempt, type JobServices } from './job-attempt.ts';
import { type HoldLease, hidableSeconds } from './lease.ts';
import { decideOutcome, type MessageFate, messageFate, type Outcome } from './outcome.ts';
import type { ReceivedMessage } from './ports.ts';

export interface JobRunnerOptions extends JobServices {
  readonly policy: JobPolicy;
  readonly holdLease: HoldLease;
  readonly logger: Logger;
}

/** How a message ended, and what was learnt on the way. */
export interface JobEnding {
  readonly outcome: Outcome;
  /** Null when the message was no job. */
  readonly jobId: string | null;
  /** From the receive to the end. */
  readonly durationMs: number;
  readonly facts: Readonly<AttemptFacts>;
}

/** Time the queue gets to take a message back or to delete it. */
const SETTLE_TIMEOUT_MS = 10_000;

export class JobRunner {
  readonly #options: JobRunnerOptions;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  /**
   * Brings one message to its end. Never rejects.
   * @param shutdown stops the job; its reason must be a WorkerError
   * @param releaseSlot called when only the callback and the message are left: a slow receiver holds up no video
   */
  async run(
    message: ReceivedMessage,
    shutdown: AbortSignal,
    releaseSlot: () => void = () => {},
  ): Promise<JobEnding> {
    const { messageId, receiveCount } = message;
    const startMs = performance.now();
    const lease = this.#options.holdLease(message);
    const signal = AbortSignal.any([shutdown, lease.signal]);
    let log = this.#options.logger.child({ messageId, receiveCount });
    let outcome: Outcome;
    let facts: AttemptFacts = {};
    let jobId: string | null = null;

    const parsed = this.#parse(message.body);
    if (parsed instanceof WorkerError) {
      outcome = decideOutcome(parsed, message);
    } else {
      jobId = parsed.ok ? parsed.job.jobId : parsed.jobId;
      log = log.child({ jobId });
      log.info({ job: parsed.ok ? describeJob(parsed) : undefined }, 'job started');
      const attempt = new JobAttempt(message, parsed, { services: this.#options, releaseSlot, log });
      outcome = await attempt.run(signal);
      facts = attempt.facts;
    }

    const stillOurs = await lease.settle();
    if (stillOurs) await settle(message, messageFate(outcome, message, facts), outcome, log);
    const durationMs = Math.round(performance.now() - startMs);
    logEnding(log, outcome, { durationMs, ...facts });
    return { outcome, jobId, durationMs, facts };
  }

  #parse(body: string): ParsedJob | WorkerError {
    try {
      return parseJob(body, this.#options.policy);
    } catch (error) {
      return toWorkerError(error);
    }
  }
}

/** Does to the message what the outcome says. A failure costs a redelivery, which finds the result stored. */
async function settle(
  message: ReceivedMessage,
  fate: MessageFate,
  outcome: Outcome,
  log: Logger,
): Promise<void> {
  const signal = AbortSignal.timeout(SETTLE_TIMEOUT_MS);
  try {
    if (fate === 'delete') await message.delete(signal);
    else if (fate === 'resend') await message.resend(signal);
    else if (fate !== 'leave') {
      // SQS refuses a longer pause altogether; what comes back early finds its result stored.
      const seconds = Math.min(fate.visibleAfterSeconds, hidableSeconds(message));
      await message.changeVisibility(seconds, signal);
    }
  } catch (error) {
    log.warn(
      { err: error, outcome: outcome.name },
      'the message could not be settled and will be received again',
    );
  }
}

function logEnding(log: Logger, outcome: Outcome, facts: Record<string, unknown>): void {
  if (outcome.name === 'completed') {
    log.info({ outcome: outcome.name, ...facts }, 'job ended');
    return;
  }
  const { error } = outcome;
  const fields = { outcome: outcome.name, code: error.code, reason: error.message, ...facts };
  if (outcome.name === 'released') log.info(fields, 'job ended');
  else log.warn({ ...fields, err: error }, 'job ended');
}

function describeJob(parsed: Extract<ParsedJob, { ok: true }>): Record<string, unknown> {
  const { jobId: _, callbackUrl, ...asked } = parsed.job;
  return { ...asked, hasCallback: callbackUrl !== null };
}
