/** The fields that results had under the original HTTP API and still have: keypoints by name, and tracks counted in frames. */
import type { ResultFrame, ResultTrack } from '../contract/result.ts';
import type { Size, Tlwh } from '../geometry/box.ts';
import { MIN_VISIBILITY, POSE_LANDMARK_NAMES, type PoseLandmark } from '../geometry/landmarks.ts';
import { roundTo } from './round-to.ts';

type Keypoints = ResultFrame['poses'][number]['keypoints'];

/** A track as frames show it; boxes in pixels. */
export type FrameExtent = Pick<ResultTrack, 'first_frame' | 'last_frame' | 'frame_count' | 'avg_bbox'>;

/** @param landmarks the 33 of MediaPipe, in pixels of a picture of this size; fractions of it come out, to 1/10,000 */
export function keypoints(landmarks: readonly PoseLandmark[], { width, height }: Size): Keypoints {
  return Object.fromEntries(
    POSE_LANDMARK_NAMES.map((name, i) => {
      const point = landmarks[i];
      const seen = point !== undefined && point.visibility >= MIN_VISIBILITY;
      return [name, seen ? [roundTo(4, point.x / width), roundTo(4, point.y / height)] : null];
    }),
  );
}

/** The observations of one kind in a frame. */
type Observations = ReadonlyArray<Pick<ResultFrame['faces'][number], 'track_id' | 'bbox' | 'source'>>;

/** Adds up the sightings of one kind, frame by frame; a picture that stands for several frames is counted once. */
export class TrackExtents {
  #sightings = 0;
  readonly #extents = new Map<number, { first: number; last: number; count: number; boxes: Tlwh }>();

  /** Sightings so far, followed or not. */
  get sightings(): number {
    return this.#sightings;
  }

  /** @param seen the frame's faces, or its poses */
  add(
    { index, repeats_previous }: Pick<ResultFrame, 'index' | 'repeats_previous'>,
    seen: Observations,
  ): void {
    if (repeats_previous) return;
    for (const { track_id, bbox, source } of seen) {
      if (source !== 'detected') continue;
      this.#sightings += 1;
      if (track_id === null) continue;
      const { first, count, boxes } = this.#extents.get(track_id) ?? {
        first: index,
        count: 0,
        boxes: NO_BOX,
      };
      this.#extents.set(track_id, { first, last: index, count: count + 1, boxes: sum(boxes, bbox) });
    }
  }

  /** A track's extent; one without a sighting has none. */
  of(trackId: number): FrameExtent {
    const extent = this.#extents.get(trackId);
    if (extent === undefined) return NO_EXTENT;
    const { first, last, count, boxes } = extent;
    const mean = (side: keyof Tlwh) => roundTo(2, boxes[side] / count);
    return {
      first_frame: first,
      last_frame: last,
      frame_count: count,
      avg_bbox: { x: mean('x'), y: mean('y'), width: mean('width'), height: mean('height') },
    };
  }
}

const NO_EXTENT: FrameExtent = { first_frame: 0, last_frame: 0, frame_count: 0, avg_bbox: null };

const NO_BOX: Tlwh = { x: 0, y: 0, width: 0, height: 0 };

function sum(a: Tlwh, b: Tlwh): Tlwh {
  return { x: a.x + b.x, y: a.y + b.y, width: a.width + b.width, height: a.height + b.height };
}
