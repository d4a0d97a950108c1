import { describe, expect, it } from '@jest/globals';
import type { ResultFrame } from '../../src/contract/result.ts';
import { POSE_LANDMARK_NAMES } from '../../src/geometry/landmarks.ts';
import { keypoints, TrackExtents } from '../../src/pipeline/original-fields.ts';

type Face = ResultFrame['faces'][number];

function face(trackId: number | null, x: number, source: Face['source'] = 'detected'): Face {
  return {
    track_id: trackId,
    bbox: { x, y: 10, width: 20, height: 30 },
    confidence: 0.9,
    landmarks: null,
    source,
  };
}

function frame(index: number, faces: Face[], repeatsPrevious = false): ResultFrame {
  return {
    index,
    timestamp_ms: index * 1000,
    faces,
    poses: [],
    repeats_previous: repeatsPrevious,
    equals_previous: repeatsPrevious,
  };
}

describe('the keypoints of a pose', () => {
  const landmarks = POSE_LANDMARK_NAMES.map((_, i) => ({
    x: 10 * i,
    y: 5 * i,
    z: 0,
    visibility: i === 32 ? 0.4 : 0.9,
    presence: 1,
  }));

  it('are the 33 landmarks by name, as fractions of the picture', () => {
    const points = keypoints(landmarks, { width: 300, height: 200 });
    expect(Object.keys(points)).toEqual([...POSE_LANDMARK_NAMES]);
    expect(points.nose).toEqual([0, 0]);
    expect(points.left_shoulder).toEqual([0.3667, 0.275]);
  });

  it('are null where a point is hidden or missing', () => {
    expect(keypoints(landmarks, { width: 300, height: 200 }).right_foot_index).toBeNull();
    expect(keypoints([], { width: 300, height: 200 }).nose).toBeNull();
  });
});

describe('the extent of a track in frames', () => {
  function extentsOf(frames: readonly ResultFrame[]): TrackExtents {
    const extents = new TrackExtents();
    for (const each of frames) extents.add(each, each.faces);
    return extents;
  }

  it('counts sightings, and takes the mean of their boxes', () => {
    const extents = extentsOf([frame(0, [face(1, 10)]), frame(1, []), frame(2, [face(1, 21), face(2, 100)])]);
    expect(extents.of(1)).toEqual({
      first_frame: 0,
      last_frame: 2,
      frame_count: 2,
      avg_bbox: { x: 15.5, y: 10, width: 20, height: 30 },
    });
    expect(extents.of(2)).toEqual({
      first_frame: 2,
      last_frame: 2,
      frame_count: 1,
      avg_bbox: { x: 100, y: 10, width: 20, height: 30 },
    });
    expect(extents.sightings).toBe(3);
  });

  it('leaves out what was not seen, not followed, or is the same picture again', () => {
    const extents = extentsOf([
      frame(0, [face(1, 10), face(null, 50)]),
      frame(1, [face(1, 99, 'interpolated')]),
      frame(2, [face(1, 99)], true),
      frame(3, [face(1, 10)]),
    ]);
    expect(extents.of(1)).toEqual({
      first_frame: 0,
      last_frame: 3,
      frame_count: 2,
      avg_bbox: { x: 10, y: 10, width: 20, height: 30 },
    });
    expect(extents.of(2)).toEqual({ first_frame: 0, last_frame: 0, frame_count: 0, avg_bbox: null });
    expect(extents.sightings).toBe(3);
  });
});
