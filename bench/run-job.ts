/** Runs one job in a fresh process and brings back what it cost. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { JobCost } from './job-process.ts';

const run = promisify(execFile);

/**
 * @param options --interval SECONDS, --plan auto|all|sparse, --tolerance SECONDS, --detection-threads N, --ffmpeg FILE
 * @param nodeOptions Node's own, for its process
 */
export async function runJob(
  video: string,
  options: readonly string[],
  nodeOptions: readonly string[] = [],
): Promise<JobCost> {
  const program = join(import.meta.dirname, 'job-process.ts');
  const { stdout } = await run(process.execPath, [...nodeOptions, program, video, ...options]);
  return JSON.parse(stdout) as JobCost;
}

/** CPU seconds of the job after its start, its decoder included. */
export function totalCpuSeconds({ ownCpuSeconds, decoderCpuSeconds }: JobCost): number {
  return ownCpuSeconds + decoderCpuSeconds;
}
