import { describe, expect, it } from '@jest/globals';
import {
  DEFAULT_TRACKING_OPTIONS,
  followPeople,
  type TrackingOptions,
} from '../../src/tracking/follow-people.ts';
import type { FaceObservation, FrameObservations } from '../../src/tracking/observations.ts';

const PICTURE = { width: 1280, height: 720 };
const SAME_VIEW = { histogramIntersection: 0.95, greyCorrelation: 0.95 };
const CUT = { histogramIntersection: 0.3, greyCorrelation: 0.1 };

/** Each person has a direction of its own, disturbed a little from frame to frame. */
function looksOf(person: number, frame: number): Float32Array {
  const vector = new Float32Array(16);
  vector[person] = 1;
  vector[8 + (frame % 8)] = 0.3;
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function face(person: number, frame: number, x: number, y = 200): FaceObservation {
  return {
    box: { x, y, width: 80, height: 100 },
    confidence: 0.9,
    landmarks: null,
    embedding: looksOf(person, frame),
  };
}

function video(
  intervalMs: number,
  facesOf: (frame: number) => readonly FaceObservation[],
  frameCount: number,
  cuts: readonly number[] = [],
): FrameObservations[] {
  return Array.from({ length: frameCount }, (_, index) => ({
    index,
    timestampMs: index * intervalMs,
    faces: facesOf(index),
    poses: [],
    similarityToPrevious: index === 0 ? null : cuts.includes(index) ? CUT : SAME_VIEW,
  }));
}

function options(frameIntervalMs: number): TrackingOptions {
  return { ...DEFAULT_TRACKING_OPTIONS, picture: PICTURE, frameIntervalMs, maxCosineDistance: 0.5 };
}

describe('followPeople', () => {
  it.each([100, 500, 1000, 2000])(
    'gives one person one id through cuts and absence, a frame every %d ms',
    (intervalMs) => {
      const seen = (frame: number) => {
        if (frame >= 8 && frame < 16) return [face(1, frame, 900)];
        if (frame >= 24 && frame < 32) return [];
        return [face(0, frame, frame < 16 ? 300 : 700)];
      };
      const { tracks, frames, shots } = followPeople(
        video(intervalMs, seen, 40, [8, 16]),
        options(intervalMs),
      );
      expect(tracks.map(({ trackId, personId }) => [trackId, personId])).toEqual([
        [1, 1],
        [2, 2],
      ]);
      expect(frames[0]?.faceTrackIds).toEqual([1]);
      expect(frames[8]?.faceTrackIds).toEqual([2]);
      expect(frames[16]?.faceTrackIds).toEqual([1]);
      expect(frames[39]?.faceTrackIds).toEqual([1]);
      expect(shots.map(({ startMs }) => startMs)).toEqual([0, 8 * intervalMs, 16 * intervalMs]);
    },
  );
});
