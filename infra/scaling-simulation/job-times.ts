/** How long jobs take: measured on the worker, spread over videos of many lengths. */
import { normal, type Random } from './random.ts';

/** CPU time of a job by `npm run bench -- job --videos DIR`, user and system time with the decoder's (AMD EPYC, films in H.264). */
export const MEASURED = {
  /**
   * Per second of 1080p video, a frame sampled every two seconds: 0.033 where keyframes come every two seconds, as from phones and
   * editors, and 0.09 where x264 puts them; six of the first and four of the second.
   */
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
