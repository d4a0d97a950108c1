/** Finds the cuts of an edited video from how much each sampled frame resembles the one before. */
import type { FrameObservations, FrameSimilarity } from './observations.ts';

/** One uninterrupted view. Its ends are the first and the last frame that was sampled of it. */
export interface Shot {
  /** 0-based. */
  readonly index: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Position of the first frame in the list of frames, and of the frame after the last. */
  readonly firstFrame: number;
  readonly endFrame: number;
}

/** Below both values a frame shows another view: colours alone change with the light, structure alone with a movement. */
const LEAST_HISTOGRAM_INTERSECTION = 0.7;
const LEAST_GREY_CORRELATION = 0.7;

/**
 * Divides the frames into shots. No frames, no shots.
 * @param sceneChangesMs times of cuts that the decoder noticed, ascending; none when it was not asked
 */
export function findShots(
  frames: readonly FrameObservations[],
  sceneChangesMs: readonly number[] = [],
): Shot[] {
  const starts: number[] = [];
  let nextChange = 0;
  frames.forEach(({ timestampMs, similarityToPrevious }, position) => {
    const changesBefore = nextChange;
    while ((sceneChangesMs[nextChange] ?? Infinity) <= timestampMs) nextChange++;
    const noticed = nextChange > changesBefore;
    if (position === 0 || noticed || isCut(similarityToPrevious)) starts.push(position);
  });
  return starts.map((firstFrame, index) => {
    const endFrame = starts[index + 1] ?? frames.length;
    return {
      index,
      startMs: frames[firstFrame]?.timestampMs ?? 0,
      endMs: frames[endFrame - 1]?.timestampMs ?? 0,
      firstFrame,
      endFrame,
    };
  });
}

function isCut(similarity: FrameSimilarity | null): boolean {
  return (
    similarity !== null &&
    similarity.histogramIntersection < LEAST_HISTOGRAM_INTERSECTION &&
    similarity.greyCorrelation < LEAST_GREY_CORRELATION
  );
}
