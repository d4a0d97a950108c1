/** `npm run bench -- tracking`: what tracking costs, by the kind of crowd, people in the frame and rate. */
import { parseArguments } from '../src/command-line.ts';
import { DEFAULT_TRACKING_OPTIONS } from '../src/tracking/follow-people.ts';
import { createTracker } from '../src/tracking/follow-shot.ts';
import { FACE_MOTION } from '../src/tracking/motion-priors.ts';
import { timeAwareness } from '../src/tracking/sampling-rate.ts';
import { median } from '../tools/median.ts';
import { seededRandom } from '../tools/seeded-random.ts';
import { CROWDS, PICTURE } from './crowds.ts';

const RATES = [0.5, 2, 5, 30];

interface Case {
  readonly crowd: keyof typeof CROWDS;
  readonly people: number;
  readonly maxCosineDistance: number;
  /** The tracker's own by default. */
  readonly maxAgeSeconds?: number;
}

/**
 * The kinds of crowd at 200 people, one of them with a strict embedder; how the cost of a calm one grows, and how it grows with the tracks
 * alone.
 */
const CASES: readonly Case[] = [
  ...[50, 100, 200, 400].map((people) => ({ crowd: 'still' as const, people, maxCosineDistance: 0.6 })),
  { crowd: 'jumping', people: 200, maxCosineDistance: 0.6 },
  { crowd: 'lost', people: 200, maxCosineDistance: 0.6 },
  { crowd: 'lost', people: 200, maxCosineDistance: 0.2 },
  { crowd: 'replaced', people: 200, maxCosineDistance: 0.6 },
  ...[100, 200, 400, 800].map((people) => ({
    crowd: 'gone' as const,
    people,
    maxCosineDistance: 0.6,
    maxAgeSeconds: 3600,
  })),
];

/** The galleries of 100 vectors are full after the first frames, and the code is compiled; who goes has gone. */
const WARM_UP_FRAMES = 102;
const MEASURED_FRAMES = 20;

interface Cost {
  readonly middle: number;
  readonly worst: number;
}

/** Processor time in milliseconds per frame. */
function frameMs({ crowd: kind, people, ...options }: Case, fps: number): Cost {
  const frameIntervalMs = 1000 / fps;
  const tracker = createTracker(
    {
      ...DEFAULT_TRACKING_OPTIONS,
      ...options,
      frameIntervalMs,
      picture: PICTURE,
      motion: FACE_MOTION,
    },
    timeAwareness(frameIntervalMs),
  );
  const crowd = CROWDS[kind](people, seededRandom(1));
  const durations: number[] = [];
  for (let frame = 0; frame < WARM_UP_FRAMES + MEASURED_FRAMES; frame++) {
    const timeMs = frame * frameIntervalMs;
    const detections = crowd(timeMs / 1000);
    const before = process.cpuUsage();
    tracker.update(timeMs, detections);
    const { user, system } = process.cpuUsage(before);
    if (frame >= WARM_UP_FRAMES) durations.push((user + system) / 1000);
  }
  return { middle: median(durations), worst: Math.max(...durations) };
}

/** @param args the command line after `tracking`: there are no options */
export async function measure(args: string[]): Promise<void> {
  parseArguments({ args });
  process.stdout.write(
    `a frame of faces, milliseconds of processor time: median / worst (galleries of 100 vectors of 128, 0.26 apart)
people crowd     embedder's threshold${RATES.map((fps) => `${fps} fps`.padStart(16)).join('')}\n`,
  );
  for (const each of CASES) {
    const { crowd, people, maxCosineDistance } = each;
    const name = `${String(people).padStart(6)} ${crowd.padEnd(9)} ${maxCosineDistance.toFixed(1).padStart(20)}`;
    process.stdout.write(name);
    for (const fps of RATES) {
      const { middle, worst } = frameMs(each, fps);
      process.stdout.write(`${middle.toFixed(1)} / ${worst.toFixed(1)}`.padStart(16));
    }
    process.stdout.write('\n');
  }
}
