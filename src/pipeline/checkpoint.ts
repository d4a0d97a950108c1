/**
 * An unfinished analysis: what was seen so far, so that another process can go on from there. What is found is the same then; of how the
 * video was sampled, and of the time that took, the result tells for the rest alone.
 */
import { type AnalysisRequest, observationsFile } from './analysis.ts';
import { ObservationLog } from './observation-log.ts';

/** What the observations of a request depend on: the networks, their options, and which pictures are looked at. */
export function checkpointFingerprint(
  engines: string,
  { frameIntervalSeconds, samplingToleranceSeconds = 0 }: AnalysisRequest,
): string {
  return `${engines} every ${frameIntervalSeconds} s, ${samplingToleranceSeconds} s off at most`;
}

/**
 * The log of a request: the one that is to be gone on with, or an empty one where there is none that fits. Tracking is no part of
 * it: it is a pure function of the observations.
 * @param fingerprint of the networks and options that make the observations
 */
export function openLog(request: AnalysisRequest, fingerprint: string): ObservationLog {
  const file = observationsFile(request);
  const resumed = request.resume === true ? ObservationLog.reopen(file, fingerprint) : null;
  return resumed ?? ObservationLog.create(file, fingerprint);
}

/** Says when the next checkpoint is due. */
export class CheckpointClock {
  readonly #everyMs: number;
  #lastMs = performance.now();

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** True at most once per interval. */
  isDue(): boolean {
    if (performance.now() - this.#lastMs < this.#everyMs) return false;
    this.#lastMs = performance.now();
    return true;
  }
}
