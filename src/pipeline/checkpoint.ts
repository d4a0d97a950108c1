/** An unfinished analysis as bytes: what was seen so far, so that another process can go on from there to the same result. */
import { deserialize, serialize } from 'node:v8';
import { z } from 'zod';
import type { FrameObservations } from '../tracking/observations.ts';
import type { AnalysisRequest } from './analysis.ts';

/** The state of an analysis between two frames. Tracking is not part of it: it is a pure function of the observations. */
export interface Checkpoint {
  readonly observations: readonly FrameObservations[];
  /** For each sample so far the position of its picture in `observations`: one shown for long stands for several. */
  readonly samples: readonly number[];
}

/** The observations are our own, unchanged: only whose they are needs a check. */
const envelopeSchema = z.object({
  fingerprint: z.string(),
  observations: z.array(z.custom<FrameObservations>()),
  samples: z.array(z.int()),
});

/** What the observations of a request depend on: the networks, their options, and which pictures are looked at. */
export function checkpointFingerprint(
  engines: string,
  { frameIntervalSeconds, samplingToleranceSeconds = 0 }: AnalysisRequest,
): string {
  return `${engines} every ${frameIntervalSeconds} s, ${samplingToleranceSeconds} s off at most`;
}

/** @param fingerprint of the networks and options that made the observations */
export function encodeCheckpoint({ observations, samples }: Checkpoint, fingerprint: string): Uint8Array {
  return serialize({ fingerprint, observations, samples });
}

/** Null for bytes that are no checkpoint, or one of other networks or options: the analysis then begins anew. */
export function decodeCheckpoint(bytes: Uint8Array, fingerprint: string): Checkpoint | null {
  try {
    const checkpoint = envelopeSchema.parse(deserialize(bytes));
    return checkpoint.fingerprint === fingerprint ? checkpoint : null;
  } catch {
    return null;
  }
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
