/** What is learnt in an attempt at a job, for the log, the metrics and the traces: filled in on the way. */
import type { Analysis } from '../pipeline/analysis.ts';

/** What an attempt did not come to is missing. */
export interface AttemptFacts {
  videoBytes?: number;
  /** What was fetched of them. */
  fetchedBytes?: number;
  /** Names the version of the video that was read. */
  videoEtag?: string;
  /** Until the last byte came; the analysis may have begun before. */
  downloadMs?: number;
  analyseMs?: number;
  callbackMs?: number;
  stages?: Analysis['durations'];
  sampling?: Analysis['sampling'];
  /** Of the analysis whose result was stored. */
  summary?: Analysis['summary'];
  videoMs?: number;
  /** The result was there already: nothing was analysed. */
  answeredFromStore?: boolean;
  /** Bytes of the checkpoint an earlier attempt had left. */
  resumedFromBytes?: number;
  /** Earlier attempts at this job that ended their workers. */
  crashes?: number;
  /** That this attempt has ended could not be noted in time: at its next receive, the same message would look like a crash. */
  endMissing?: boolean;
}

/** @param startMs a reading of `performance.now()` */
export function millisecondsSince(startMs: number): number {
  return Math.round(performance.now() - startMs);
}
