import { describe, expect, it } from '@jest/globals';
import type { Tlwh } from '../../src/geometry/box.ts';
import { scaleBox } from '../../src/geometry/box.ts';
import {
  DEFAULT_TRACKING_OPTIONS,
  followPeople,
  type TrackingOptions,
} from '../../src/tracking/follow-people.ts';
import type { FrameObservations } from '../../src/tracking/observations.ts';
import { seededRandom } from '../../tools/seeded-random.ts';
import { faceOf, film, PICTURE, poseOf } from './synthetic-video.ts';

const SEEDS = [1, 2, 3, 4];
const RATES_MS = [100, 200, 500, 2000];
const EXAMPLES = SEEDS.flatMap((seed, i) => [{ seed, intervalMs: RATES_MS[i] ?? 500 }]);

/** Four people who walk, jitter, are missed now and then, and are cut away from. */
function randomFilm(seed: number, intervalMs: number): FrameObservations[] {
  const random = seededRandom(seed);
  const people = Array.from({ length: 4 }, (_, person) => ({
    person,
    x: 150 + 300 * person,
    y: 150 + 80 * random(),
    speed: (random() - 0.5) * 80,
  }));
  const seen = Array.from({ length: 40 }, (_, frame) =>
    people.flatMap(({ person, x, y, speed }) => {
      const at = {
        x: Math.min(1200, Math.max(60, x + speed * ((frame * intervalMs) / 1000) + 8 * (random() - 0.5))),
        y: y + 8 * (random() - 0.5),
      };
      return random() < 0.15 ? [] : [{ person, at }];
    }),
  );
  return film({
    frames: seen.length,
    intervalMs,
    cuts: [13, 27],
    faces: (frame) => (seen[frame] ?? []).map(({ person, at }) => faceOf(person, at, random)),
    poses: (frame) => (seen[frame] ?? []).map(({ person, at }) => poseOf(at, person)),
  });
}

function follow(
  frames: readonly FrameObservations[],
  intervalMs: number,
  picture = PICTURE,
  options: Partial<TrackingOptions> = {},
) {
  return followPeople(frames, {
    ...DEFAULT_TRACKING_OPTIONS,
    picture,
    frameIntervalMs: intervalMs,
    maxCosineDistance: 0.5,
    ...options,
  });
}

describe.each(EXAMPLES)(
  'with random people (seed $seed, a frame every $intervalMs ms), followPeople',
  ({ seed, intervalMs }) => {
    const frames = randomFilm(seed, intervalMs);
    const people = follow(frames, intervalMs);

    it('says the same twice', () => {
      expect(JSON.stringify(follow(frames, intervalMs))).toBe(JSON.stringify(people));
    });

    it('does not care in which order detections are listed', () => {
      const reversed = frames.map((frame) => ({
        ...frame,
        faces: frame.faces.toReversed(),
        poses: frame.poses.toReversed(),
      }));
      const again = follow(reversed, intervalMs);
      expect(again.tracks).toEqual(people.tracks);
      expect(again.frames.map(({ faceTrackIds }) => faceTrackIds.toReversed())).toEqual(
        people.frames.map(({ faceTrackIds }) => faceTrackIds),
      );
    });

    it.each([0.5, 3])('does not care how large the picture is in pixels (%d times)', (scale) => {
      const scaled = (box: Tlwh) => scaleBox(box, scale, scale);
      const larger = frames.map((frame) => ({
        ...frame,
        faces: frame.faces.map((face) => ({ ...face, box: scaled(face.box) })),
        poses: frame.poses.map((pose) => ({
          ...pose,
          box: scaled(pose.box),
          landmarks: pose.landmarks.map((point) => ({ ...point, x: point.x * scale, y: point.y * scale })),
        })),
      }));
      const picture = { width: PICTURE.width * scale, height: PICTURE.height * scale };
      expect(follow(larger, intervalMs, picture).frames).toEqual(people.frames);
    });

    it('does not care when the clock started', () => {
      const later = frames.map((frame) => ({ ...frame, timestampMs: frame.timestampMs + 3_600_000 }));
      expect(follow(later, intervalMs).frames).toEqual(people.frames);
    });

    it.each([123.456, 0.1])(
      'does not care either (%d ms) where gaps are just as long as a track lives',
      (offsetMs) => {
        const options = { interpolate: true, maxAgeSeconds: (2 * intervalMs) / 1000 };
        const later = frames.map((frame) => ({ ...frame, timestampMs: frame.timestampMs + offsetMs }));
        const [now, then] = [frames, later].map((film) =>
          follow(film, intervalMs, PICTURE, options).frames.map(
            ({ interpolatedFaces, interpolatedPoses, ...ids }) => ({
              ...ids,
              filled: [interpolatedFaces, interpolatedPoses].map((kind) =>
                kind.map(({ trackId }) => trackId),
              ),
            }),
          ),
        );
        expect(now?.some(({ filled }) => filled.flat().length > 0)).toBe(true);
        expect(then).toEqual(now);
      },
    );

    it('never sees one person twice in a frame', () => {
      for (const { faceTrackIds, poseTrackIds } of people.frames) {
        for (const ids of [faceTrackIds, poseTrackIds]) {
          const given = ids.filter((id) => id !== null);
          expect(new Set(given).size).toBe(given.length);
        }
      }
      const rows = people.tracks.map(({ kind, personId }) => `${kind} ${personId}`);
      expect(new Set(rows).size).toBe(rows.length);
    });

    it('counts in its tracks what it names in its frames', () => {
      const named = people.frames.flatMap(({ faceTrackIds }) => faceTrackIds.filter((id) => id !== null));
      const counted = people.tracks.filter(({ kind }) => kind === 'face');
      expect(counted.reduce((sum, { observations }) => sum + observations, 0)).toBe(named.length);
      expect(counted.map(({ trackId }) => trackId)).toEqual(counted.map((_, i) => i + 1));
    });

    it('finds the four people', () => {
      expect(people.tracks.filter(({ kind }) => kind === 'face')).toHaveLength(4);
    });
  },
);
