/** `npm run bench -- tracking`: what tracking costs, by people in the frame and by rate. */
import { parseArguments } from '../src/command-line.ts';
import { type Detection, toDetection } from '../src/tracking/detection.ts';
import { DEFAULT_TRACKING_OPTIONS } from '../src/tracking/follow-people.ts';
import { createTracker } from '../src/tracking/follow-shot.ts';
import { FACE_MOTION } from '../src/tracking/motion-priors.ts';
import { timeAwareness } from '../src/tracking/sampling-rate.ts';
import { median } from '../tools/median.ts';
import { looksLike, randomDirection } from '../tools/random-looks.ts';
import { seededRandom } from '../tools/seeded-random.ts';

const PICTURE = { width: 1920, height: 1080 };
const LOOK_LENGTH = 128;

/** Two looks of one person are 0.26 apart in cosine then, as those of an embedder are, and those of two people 1. */
const LOOK_NOISE = 0.6;
const MAX_COSINE_DISTANCE = 0.6;

const random = seededRandom(1);

/** Processor time in milliseconds per frame with a crowd spread over the picture, each person's gallery full. */
function crowdFrameMs(people: number, intervalMs: number): { middle: number; worst: number } {
  const tracker = createTracker(
    {
      ...DEFAULT_TRACKING_OPTIONS,
      frameIntervalMs: intervalMs,
      maxCosineDistance: MAX_COSINE_DISTANCE,
      picture: PICTURE,
      motion: FACE_MOTION,
    },
    timeAwareness(intervalMs),
  );
  const columns = Math.ceil(Math.sqrt(people * 2));
  const crowd = Array.from({ length: people }, (_, i) => ({
    x: ((i % columns) / columns) * PICTURE.width,
    y: (Math.floor(i / columns) / Math.ceil(people / columns)) * PICTURE.height,
    base: randomDirection(LOOK_LENGTH, random),
  }));
  const durations: number[] = [];
  for (let frame = 0; frame < 120; frame++) {
    const detections: Detection[] = crowd.map(({ x, y, base }) =>
      toDetection(
        { x: x + 4 * random(), y: y + 4 * random(), width: 30, height: 75 },
        0.9,
        looksLike(base, LOOK_NOISE, random),
      ),
    );
    const before = process.cpuUsage();
    tracker.update(frame * intervalMs, detections);
    const { user, system } = process.cpuUsage(before);
    if (frame >= 100) durations.push((user + system) / 1000);
  }
  return { middle: median(durations), worst: Math.max(...durations) };
}

/** @param args the command line after `tracking`: there are no options */
export async function measure(args: string[]): Promise<void> {
  parseArguments({ args });
  process.stdout.write(
    'a frame of a crowd of faces, milliseconds of processor time (galleries of 100 vectors of 128, 0.26 apart)\n',
  );
  for (const intervalMs of [1000 / 30, 200, 500, 2000]) {
    for (const people of [25, 50, 100, 200]) {
      const { middle, worst } = crowdFrameMs(people, intervalMs);
      const rate = (1000 / intervalMs).toFixed(1).padStart(5);
      const figures = `median ${middle.toFixed(1)}  worst ${worst.toFixed(1)}`;
      process.stdout.write(`${rate} fps  ${String(people).padStart(4)} people  ${figures}\n`);
    }
  }
}
