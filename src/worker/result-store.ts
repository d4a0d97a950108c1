/** Where results lie and how one gets there: exactly one stands per job id, whoever and however many write it. */
import type { ResultReference } from '../contract/callback.ts';
import { WorkerError } from '../errors.ts';
import { JobJournal, type ResultPlace } from './job-journal.ts';
import type { Content, PutCondition } from './ports.ts';
import { provenanceDifference, type ResultRecord } from './provenance.ts';
import { decodeRecord, encodeRecord } from './result-metadata.ts';

/** A result as it lies in the store. */
export interface StoredResult {
  readonly record: ResultRecord;
  readonly etag: string;
}

/** A result that changes between our look and our put is looked at again, this often at most. */
const MAX_LOOKS = 3;

export class ResultStore {
  /** The notes on unfinished jobs, kept beside the results. */
  readonly journal: JobJournal;
  readonly #place: ResultPlace;

  constructor(place: ResultPlace) {
    this.#place = place;
    this.journal = new JobJournal(place);
  }

  reference(jobId: string): ResultReference {
    const { bucket, prefix } = this.#place;
    return { bucket, key: `${prefix}${jobId}.json` };
  }

  /**
   * The job's stored result, without its frames; null when there is none.
   * @throws WorkerError JOB_CONFLICT when something that is no result of this worker lies in its place
   */
  async find(jobId: string, signal: AbortSignal): Promise<StoredResult | null> {
    const { bucket, key } = this.reference(jobId);
    const head = await this.#place.store.head({ bucket, key }, signal);
    if (head === null) return null;
    const record = decodeRecord(head.metadata);
    if (record === null) {
      throw new WorkerError(
        'JOB_CONFLICT',
        `s3://${bucket}/${key} exists and was not written by this worker: choose another job_id or move that object`,
      );
    }
    return { record, etag: head.etag };
  }

  /**
   * Stores a result unless a better one stands: a completed result is not replaced, and a failed one only by a completed one, by
   * another failure, or by that of another message. Resolves to the record that stands.
   * @param json the result document
   * @param replaceCompleted a new completed result replaces an old one
   */
  async publish(
    record: ResultRecord,
    json: Content,
    signal: AbortSignal,
    { replaceCompleted = false } = {},
  ): Promise<ResultRecord> {
    let condition: PutCondition = 'absent';
    for (let look = 0; look < MAX_LOOKS; look++) {
      const written = await this.#place.store.put(
        this.reference(record.head.job_id),
        json,
        { condition, contentType: 'application/json', metadata: encodeRecord(record) },
        signal,
      );
      if (written !== null) return record;
      const stored = await this.find(record.head.job_id, signal);
      const replaces = replaceCompleted && record.head.status === 'completed';
      if (stored !== null && !replaces && stands(stored.record, record)) return stored.record;
      condition = stored === null ? 'absent' : { etag: stored.etag };
    }
    throw new WorkerError(
      'STORAGE_UNAVAILABLE',
      `the result of job ${record.head.job_id} is being written by several workers at once; it is tried again`,
    );
  }
}

/** Whether the stored record keeps its place against a new one. */
function stands(stored: ResultRecord, offered: ResultRecord): boolean {
  if (stored.head.status === 'completed') return true;
  if (offered.head.status === 'completed') return false;
  return (
    stored.messageId === offered.messageId &&
    stored.head.error.code === offered.head.error.code &&
    provenanceDifference(stored.provenance, offered.provenance) === null
  );
}
