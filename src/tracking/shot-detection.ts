/** Finds the cuts of an edited video from how much each sampled frame resembles the one before, and from what its encoder noticed. */
import type { FrameSimilarity, ObservedFrames } from './observations.ts';

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

/**
 * Below this in colours and in structure a frame shows another view: colours alone change with the light, structure alone with a movement.
 */
const LEAST_SIMILARITY = 0.7;

/** The same where the encoder, too, saw a new scene on the way to this frame: two witnesses need less certainty each. */
const LEAST_SIMILARITY_WITH_HINT = 0.8;

/**
 * Divides the frames into shots. No frames, no shots.
 * @param sceneHintsMs times at which the encoder may have seen a new scene, ascending
 */
export function findShots(frames: ObservedFrames, sceneHintsMs: readonly number[] = []): Shot[] {
  const starts: number[] = [];
  let nextHint = 0;
  let position = 0;
  for (const { timestampMs, similarityToPrevious } of frames) {
    const hintsBefore = nextHint;
    while ((sceneHintsMs[nextHint] ?? Infinity) <= timestampMs) nextHint++;
    const least = nextHint > hintsBefore ? LEAST_SIMILARITY_WITH_HINT : LEAST_SIMILARITY;
    if (position === 0 || isCut(similarityToPrevious, least)) starts.push(position);
    position++;
  }
  return starts.map((firstFrame, index) => {
    const endFrame = starts[index + 1] ?? frames.length;
    return {
      index,
      startMs: frames.at(firstFrame)?.timestampMs ?? 0,
      endMs: frames.at(endFrame - 1)?.timestampMs ?? 0,
      firstFrame,
      endFrame,
    };
  });
}

function isCut(similarity: FrameSimilarity | null, least: number): boolean {
  return (
    similarity !== null && similarity.histogramIntersection < least && similarity.greyCorrelation < least
  );
}
