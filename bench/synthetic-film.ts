/** What a detector would have seen in a long film, drawn from a seed: people with faces, bodies and looks, in shots of a few seconds. */
import type { FaceObservation, FrameObservations, PoseObservation } from '../src/tracking/observations.ts';

export interface SyntheticFilm {
  readonly frames: number;
  readonly intervalMs: number;
  /** People in each frame, each with a face and a body. */
  readonly people: number;
  /** Everybody who appears. */
  readonly cast: number;
  readonly framesPerShot: number;
}

export const FILM_PICTURE = { width: 1920, height: 1080 };

const FACE_LOOK_LENGTH = 128;
const TORSO_LOOK_LENGTH = 60;
const LANDMARKS = 33;

/** The film's frames, one at a time; the same for the same film. */
export function* syntheticFrames(film: SyntheticFilm): Generator<FrameObservations> {
  const random = seeded(1);
  const direction = (length: number) => Array.from({ length }, () => random() - 0.5);
  const cast = Array.from({ length: film.cast }, () => ({
    face: direction(FACE_LOOK_LENGTH),
    torso: direction(TORSO_LOOK_LENGTH),
  }));
  for (let index = 0; index < film.frames; index++) {
    const shot = Math.floor(index / film.framesPerShot);
    const isCut = index % film.framesPerShot === 0;
    const similarity = isCut ? 0.2 : 0.95;
    const places = Array.from({ length: film.people }, (_, place) => {
      const person = cast[(shot * 7 + place * 3) % film.cast];
      const x = 300 + place * 500 + 5 * random();
      return {
        face: faceAt(x, looks(person?.face ?? [], random), random),
        pose: poseAt(x, looks(person?.torso ?? [], random), random),
      };
    });
    yield {
      index,
      timestampMs: index * film.intervalMs,
      faces: places.map(({ face }) => face),
      poses: places.map(({ pose }) => pose),
      similarityToPrevious: { histogramIntersection: similarity, greyCorrelation: similarity },
    };
  }
}

function faceAt(x: number, embedding: Float32Array, random: () => number): FaceObservation {
  return {
    box: { x, y: 200, width: 120, height: 150 },
    confidence: 0.8 + 0.1 * random(),
    landmarks: Array.from({ length: 5 }, () => ({ x: x + 120 * random(), y: 200 + 150 * random() })),
    embedding,
  };
}

function poseAt(x: number, appearance: Float32Array, random: () => number): PoseObservation {
  const landmarks = Array.from({ length: LANDMARKS }, (_, i) => ({
    x: x + (i < 9 ? 60 + 20 * random() : 120 * random()),
    y: i < 9 ? 275 + 20 * random() : 350 + 500 * random(),
    z: random(),
    visibility: random(),
    presence: random(),
  }));
  return {
    box: { x: x - 60, y: 200, width: 240, height: 700 },
    confidence: 0.9,
    landmarks,
    worldLandmarks: landmarks.map((point) => ({ ...point, x: random(), y: random() })),
    appearance,
  };
}

/** Somebody's looks, a little different each time. */
function looks(base: readonly number[], random: () => number): Float32Array {
  const vector = Float32Array.from(base, (value) => value + 0.3 * (random() - 0.5));
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
