/** The fields that results had under the original HTTP API and still have: keypoints by name, and tracks counted in frames. */
import type { ResultFrame, ResultTrack } from '../contract/result.ts';
import type { Tlwh } from '../geometry/box.ts';
import { POSE_LANDMARK_NAMES, type PoseLandmark } from '../geometry/landmarks.ts';
import { roundTo } from './round-to.ts';

type Keypoints = ResultFrame['poses'][number]['keypoints'];

/** A track as frames show it; boxes in pixels. */
export type FrameExtent = Pick<ResultTrack, 'first_frame' | 'last_frame' | 'frame_count' | 'avg_bbox'>;

/** Points less likely in sight than this are reported as null. */
const LEAST_VISIBILITY = 0.5;

/** @param landmarks the 33 of MediaPipe, in pixels of a picture of this size; fractions of it come out, to 1/10,000 */
export function keypoints(
  landmarks: readonly PoseLandmark[],
  { width, height }: { readonly width: number; readonly height: number },
): Keypoints {
  return Object.fromEntries(
    POSE_LANDMARK_NAMES.map((name, i) => {
      const point = landmarks[i];
      const seen = point !== undefined && point.visibility >= LEAST_VISIBILITY;
      return [name, seen ? [roundTo(4, point.x / width), roundTo(4, point.y / height)] : null];
    }),
  );
}

/** The extent of every track of one kind, by id, from sightings alone; a picture that stands for several frames is counted once. */
export function frameExtents(
  frames: readonly ResultFrame[],
  kind: 'faces' | 'poses',
): ReadonlyMap<number, FrameExtent> {
  const sightings = new Map<number, { index: number; bbox: Tlwh }[]>();
  for (const frame of frames) {
    if (frame.repeats_previous) continue;
    for (const { track_id, bbox, source } of frame[kind]) {
      if (track_id === null || source !== 'detected') continue;
      const known = sightings.get(track_id);
      if (known === undefined) sightings.set(track_id, [{ index: frame.index, bbox }]);
      else known.push({ index: frame.index, bbox });
    }
  }
  return new Map([...sightings].map(([trackId, seen]) => [trackId, extentOf(seen)]));
}

/** The extent of a track without a sighting. */
export const NO_EXTENT: FrameExtent = { first_frame: 0, last_frame: 0, frame_count: 0, avg_bbox: null };

function extentOf(seen: readonly { index: number; bbox: Tlwh }[]): FrameExtent {
  const mean = (side: keyof Tlwh) =>
    roundTo(2, seen.reduce((sum, { bbox }) => sum + bbox[side], 0) / seen.length);
  return {
    first_frame: seen[0]?.index ?? 0,
    last_frame: seen.at(-1)?.index ?? 0,
    frame_count: seen.length,
    avg_bbox: { x: mean('x'), y: mean('y'), width: mean('width'), height: mean('height') },
  };
}
