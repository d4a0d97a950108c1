/** Checks that what is there of a partly fetched video shows what the whole would show; where it may not, the rest is to be fetched. */
import { WorkerError } from '../errors.ts';
import { areKnown, type KnownWindow } from './known-windows.ts';
import type { PacketTable } from './packet-table.ts';
import type { SamplingPlan } from './sampling-plan.ts';
import type { PictureLists } from './video-info.ts';

/**
 * Holds a plan for a partial file against what ffmpeg found in the packets themselves: with the whole file at hand it must be the same.
 * @throws WorkerError DECODER_FAILED
 */
export function requireKnownKeyframes(
  plan: SamplingPlan,
  found: PacketTable | null,
  named: PacketTable | null,
): void {
  for (const { first, last } of plan.ranges) {
    for (let packet = first; packet <= last; packet++) {
      if (named?.keys[packet] === 1 && found?.keys[packet] !== 1) {
        throw partsDoNotSuffice(`packet ${packet} is no keyframe`);
      }
    }
  }
}

/** @throws WorkerError DECODER_FAILED */
export function requireKnownTimes(
  positions: Uint32Array,
  { timeline, packets }: PictureLists,
  windows: readonly KnownWindow[],
  toleranceMs: number,
): void {
  if (packets !== null && areKnown(positions, { timeline, packets }, windows, toleranceMs)) return;
  throw partsDoNotSuffice('a sample lies outside of them');
}

export function partsDoNotSuffice(reason: string): WorkerError {
  return new WorkerError(
    'DECODER_FAILED',
    `the parts of the video that were fetched do not suffice: ${reason}`,
  );
}
