/** `npm run bench -- tracking [--long]`: what tracking costs, by people in the frame and by rate; `--long` joins a six-hour video as well. */
import { parseArgs } from 'node:util';
import { type Detection, toDetection } from '../src/tracking/detection.ts';
import { DEFAULT_TRACKING_OPTIONS, followPeople } from '../src/tracking/follow-people.ts';
import { createTracker } from '../src/tracking/follow-shot.ts';
import { WALKER_MOTION } from '../src/tracking/motion-priors.ts';
import type { FrameObservations } from '../src/tracking/observations.ts';
import { timeAwareness } from '../src/tracking/sampling-rate.ts';

const PICTURE = { width: 1920, height: 1080 };
const LOOK_LENGTH = 128;
const SIX_HOURS_SECONDS = 6 * 3600;

const random = seeded(1);

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A person's looks, a little different each time. */
function looks(base: readonly number[], noise: number): Float32Array {
  const vector = Float32Array.from(base, (value) => value + noise * (random() - 0.5));
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function direction(): number[] {
  return Array.from({ length: LOOK_LENGTH }, () => random() - 0.5);
}

/** Processor time in milliseconds per frame with a crowd spread over the picture, each person's gallery full. */
function crowdFrameMs(people: number, intervalMs: number): { median: number; worst: number } {
  const tracker = createTracker(
    {
      ...DEFAULT_TRACKING_OPTIONS,
      frameIntervalMs: intervalMs,
      maxCosineDistance: 0.2,
      picture: PICTURE,
      motion: WALKER_MOTION,
    },
    timeAwareness(intervalMs),
  );
  const columns = Math.ceil(Math.sqrt(people * 2));
  const crowd = Array.from({ length: people }, (_, i) => ({
    x: ((i % columns) / columns) * PICTURE.width,
    y: (Math.floor(i / columns) / Math.ceil(people / columns)) * PICTURE.height,
    base: direction(),
  }));
  const durations: number[] = [];
  for (let frame = 0; frame < 120; frame++) {
    const detections: Detection[] = crowd.map(({ x, y, base }) =>
      toDetection({ x: x + 4 * random(), y: y + 4 * random(), width: 30, height: 75 }, 0.9, looks(base, 0.1)),
    );
    const before = process.cpuUsage();
    tracker.update(frame * intervalMs, detections);
    const { user, system } = process.cpuUsage(before);
    if (frame >= 100) durations.push((user + system) / 1000);
  }
  durations.sort((a, b) => a - b);
  return { median: durations[durations.length >> 1] ?? 0, worst: durations.at(-1) ?? 0 };
}

/** Faces of a cast that changes with every shot of five seconds. */
function longVideo(cast: number, intervalMs: number): FrameObservations[] {
  const people = Array.from({ length: cast }, direction);
  const frames = (SIX_HOURS_SECONDS * 1000) / intervalMs;
  const framesPerShot = Math.max(1, Math.round(5000 / intervalMs));
  return Array.from({ length: frames }, (_, index) => {
    const shot = Math.floor(index / framesPerShot);
    const faces = [0, 1].map((side) => ({
      box: { x: 300 + 900 * side + 5 * random(), y: 300, width: 120, height: 150 },
      confidence: 0.9,
      landmarks: null,
      embedding: looks(people[(shot * 7 + side * 3) % cast] ?? [], 0.3),
    }));
    const isCut = index % framesPerShot === 0;
    return {
      index,
      timestampMs: index * intervalMs,
      faces,
      poses: [],
      similarityToPrevious: {
        histogramIntersection: isCut ? 0.2 : 0.95,
        greyCorrelation: isCut ? 0.1 : 0.95,
      },
    };
  });
}

/** @param args the command line after `tracking` */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { long: { type: 'boolean', default: false } } });
  process.stdout.write(
    'a frame of a crowd, milliseconds of processor time (galleries of 100 vectors of 128)\n',
  );
  for (const intervalMs of [1000 / 30, 200, 500, 2000]) {
    for (const people of [25, 50, 100, 200]) {
      const { median, worst } = crowdFrameMs(people, intervalMs);
      const rate = (1000 / intervalMs).toFixed(1).padStart(5);
      const figures = `median ${median.toFixed(1)}  worst ${worst.toFixed(1)}`;
      process.stdout.write(`${rate} fps  ${String(people).padStart(4)} people  ${figures}\n`);
    }
  }
  if (!values.long) return;
  for (const cast of [20, 5000]) {
    const frames = longVideo(cast, 2000);
    const startMs = performance.now();
    const { tracks, shots } = followPeople(frames, {
      ...DEFAULT_TRACKING_OPTIONS,
      picture: PICTURE,
      frameIntervalMs: 2000,
      maxCosineDistance: 0.55,
    });
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    const megabytes = (process.memoryUsage().rss / 2 ** 20).toFixed(0);
    process.stdout.write(
      `six hours at 0.5 fps, cast of ${cast}: ${shots.length} shots, ${tracks.length} tracks in ${seconds} s, ${megabytes} MB\n`,
    );
  }
}
