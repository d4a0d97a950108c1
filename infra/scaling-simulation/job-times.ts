/** How long jobs take: measured on the worker, spread over videos of many lengths. */
import { normal, type Random } from './random.ts';

/**
 * Measured with `npm run -s detect -- VIDEO --interval 2`, user and system time with the decoder's (Intel Xeon, H.264):
 * six minutes of 1920x1080 20.7 s, one minute 4.4 s, 139 s of 768x432 4.4 s, loading the networks 0.9 s.
 */
export const MEASURED = {
  /** CPU time per second of 1080p video, a frame sampled every two seconds. */
  cpuSecondsPerVideoSecond: 0.055,
  /** A vCPU of Fargate is one of a core's two hyperthreads: with both busy each does about half a core's work. */
  slowdownOnFargate: 2,
  /** Receive, download of some 50 MB, result, callback, delete. */
  overheadSeconds: 3,
} as const;

/** Videos a producer sends: half are shorter than three minutes, one in ten is longer than eleven. */
const MEDIAN_VIDEO_SECONDS = 180;
const SIGMA = 1;
const LONGEST_VIDEO_SECONDS = 7200;

export interface SimulatedJob {
  /** Seconds after the start of the simulation. */
  readonly sentAt: number;
  readonly videoSeconds: number;
  /** Time in a slot of its own. */
  readonly workSeconds: number;
}

export function drawJob(sentAt: number, random: Random): SimulatedJob {
  const videoSeconds = Math.min(
    LONGEST_VIDEO_SECONDS,
    MEDIAN_VIDEO_SECONDS * Math.exp(SIGMA * normal(random)),
  );
  const { cpuSecondsPerVideoSecond, slowdownOnFargate, overheadSeconds } = MEASURED;
  const workSeconds = overheadSeconds + videoSeconds * cpuSecondsPerVideoSecond * slowdownOnFargate;
  return { sentAt, videoSeconds, workSeconds };
}
