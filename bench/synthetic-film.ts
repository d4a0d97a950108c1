/** What a detector would have seen in a long film, drawn from a seed: people with faces, bodies and looks, in shots of a few seconds. */
import type { FaceObservation, FrameObservations, PoseObservation } from '../src/tracking/observations.ts';
import { looksLike, randomDirection } from '../tools/random-looks.ts';
import { seededRandom } from '../tools/seeded-random.ts';

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
const LOOK_NOISE = 0.3;
const LANDMARKS = 33;

/** The film's frames, one at a time; the same for the same film. */
export function* syntheticFrames(film: SyntheticFilm): Generator<FrameObservations> {
  const random = seededRandom(1);
  const cast = Array.from({ length: film.cast }, () => ({
    face: randomDirection(FACE_LOOK_LENGTH, random),
    torso: randomDirection(TORSO_LOOK_LENGTH, random),
  }));
  for (let index = 0; index < film.frames; index++) {
    const shot = Math.floor(index / film.framesPerShot);
    const isCut = index % film.framesPerShot === 0;
    const similarity = isCut ? 0.2 : 0.95;
    const places = Array.from({ length: film.people }, (_, place) => {
      const person = cast[(shot * 7 + place * 3) % film.cast];
      const seat = seatOf(place, film.people, 5 * random());
      return {
        face: faceAt(seat, looksLike(person?.face ?? [], LOOK_NOISE, random), random),
        pose: poseAt(seat, looksLike(person?.torso ?? [], LOOK_NOISE, random), random),
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

/** Where somebody stands: left and top of the face, in pixels, and the size of everything. */
interface Seat {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

const SEAT = { width: 500, height: 1000 };

/** People stand side by side, from four on in rows and the smaller. */
function seatOf(place: number, people: number, sway: number): Seat {
  const rows = people <= 3 ? 1 : Math.ceil(Math.sqrt(people / 3));
  const columns = Math.ceil(people / rows);
  const scale = Math.min(
    1,
    FILM_PICTURE.width / (columns * SEAT.width),
    FILM_PICTURE.height / (rows * SEAT.height),
  );
  const [row, column] = [Math.floor(place / columns), place % columns];
  return {
    x: (column * SEAT.width + 150 + sway) * scale,
    y: (row * SEAT.height + 100) * scale,
    scale,
  };
}

function faceAt({ x, y, scale }: Seat, embedding: Float32Array, random: () => number): FaceObservation {
  const [width, height] = [120 * scale, 150 * scale];
  return {
    box: { x, y, width, height },
    confidence: 0.8 + 0.1 * random(),
    landmarks: Array.from({ length: 5 }, () => ({ x: x + width * random(), y: y + height * random() })),
    embedding,
  };
}

function poseAt({ x, y, scale }: Seat, appearance: Float32Array, random: () => number): PoseObservation {
  const landmarks = Array.from({ length: LANDMARKS }, (_, i) => ({
    x: x + scale * (i < 9 ? 60 + 20 * random() : 120 * random()),
    y: y + scale * (i < 9 ? 75 + 20 * random() : 150 + 500 * random()),
    z: random(),
    visibility: random(),
    presence: random(),
  }));
  return {
    box: { x: x - 60 * scale, y, width: 240 * scale, height: 700 * scale },
    confidence: 0.9,
    landmarks,
    worldLandmarks: landmarks.map((point) => ({ ...point, x: random(), y: random() })),
    appearance,
  };
}
